/** Leader election by a Lease, compatible with client-go's: one of many processes may write. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { type Clock, sleep } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Log } from '#runtime/log.ts';
import type { Client, Written } from './client.ts';
import { kubeClient } from './kube-client.ts';
import { isRecord } from './kube-object.ts';
import { keyOf, leases } from './resource.ts';
import type { Transport } from './transport.ts';

export interface LeaderElectionOptions {
  /** A connection of its own, so that no slow list or full pool can cost the lease. Closed at the end. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lease: Ref;
  /** Who we are: unique for each process, also after a restart. */
  readonly identity: string;
  readonly fieldManager: string;
  /** All in milliseconds. Default 60 s, as Flagger's; the others follow from it (`termsOf`), and are Flagger's then. */
  readonly leaseDuration?: number;
  /** A leader that could not renew for so long gives up. */
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
  /** Limit of one request for the lease. */
  readonly requestTimeout?: number;
  /** Limit of one write by whoever asks `canWrite`: writes stop this long before others may lead. */
  readonly writeTimeout?: number;
  readonly log?: Log | undefined;
  readonly onHeld?: (held: boolean) => void;
  /** Every look at the lease, own writes included. */
  readonly onSeen?: (seen: SeenLease) => void;
  /** Asked before a free lease is taken. Default: always. */
  readonly mayTake?: (seen: SeenLease) => boolean;
}

export interface LeaderElection {
  /** Resolves when this process leads; never, when it is stopped before. */
  readonly acquired: Promise<void>;
  /** Resolves when this process leads no longer, or is stopped; it does not try again. */
  readonly over: Promise<'lost' | 'stopped'>;
  /** Whether a write that is sent now ends before anybody else may lead. By the monotonic clock: the wall clock may jump. */
  canWrite(): boolean;
  /** Releases the lease, so that another process takes over at once; call it after the last write has ended. */
  stop(): Promise<void>;
}

/** What a Lease said and when we first saw it say so: the clocks of others are not to be trusted. */
export interface SeenLease {
  /** Empty: nobody's. */
  readonly holder: string;
  readonly renewTime: string;
  readonly duration: number;
  readonly at: number;
  /** Who has asked the holder for it (see `sharding.ts`). */
  readonly wantedBy: string | undefined;
}

/** On the Lease: identity of a process that would like to have it. Whoever takes the lease takes it off. */
export const wantedByAnnotation = 'serin.dev/wanted-by';

/** The longest write: the transport's limit of a request. */
const longestWrite = 30_000;

/** What follows from the duration of a lease, in the proportions of Flagger's 60 s, 15 s and 5 s. */
export function termsOf(leaseDuration: number) {
  return {
    leaseDuration,
    renewDeadline: leaseDuration / 4,
    retryPeriod: leaseDuration / 12,
    requestTimeout: leaseDuration / 12,
    writeTimeout: Math.min(longestWrite, leaseDuration / 2),
  };
}

const unwanted = { [wantedByAnnotation]: null };

/** client-go's jitter: processes that start together do not ask together. */
const jitter = 1.2;

/** Begins at once. Semantics of client-go: a lease is free when nobody was seen to renew it for its whole duration, by our own clock. */
export function electLeader(options: LeaderElectionOptions): LeaderElection {
  return new Election(options);
}

class Election implements LeaderElection {
  readonly #options: ReturnType<typeof termsOf> & LeaderElectionOptions;
  readonly #client: Client;
  readonly #acquired = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  readonly #run: Promise<'lost' | 'stopped'>;
  #observed: SeenLease | undefined;
  #held = false;
  /** When the request of the last successful renewal was sent. */
  #renewedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LeaderElectionOptions) {
    this.#options = { ...termsOf(options.leaseDuration ?? 60_000), ...options };
    this.#client = kubeClient(options);
    this.#run = this.#lead();
  }

  get acquired(): Promise<void> {
    return this.#acquired.promise;
  }

  get over(): Promise<'lost' | 'stopped'> {
    return this.#run;
  }

  canWrite(): boolean {
    const { clock, leaseDuration, writeTimeout } = this.#options;
    return this.#held && clock.monotonic() < this.#renewedAt + leaseDuration - writeTimeout;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Leader election stops'));
    await this.#run;
    await this.#options.transport.close();
  }

  async #lead(): Promise<'lost' | 'stopped'> {
    const { retryPeriod, random } = this.#options;
    while (!(await this.#attempt())) {
      if (await this.#rest(retryPeriod * (1 + random() * jitter))) return 'stopped';
    }
    this.#setHeld(true);
    this.#acquired.resolve();
    const end = await this.#renew();
    if (end === 'stopped') await this.#release();
    this.#setHeld(false);
    return end;
  }

  async #renew(): Promise<'lost' | 'stopped'> {
    const { clock, retryPeriod, renewDeadline } = this.#options;
    for (;;) {
      if (await this.#rest(retryPeriod)) return 'stopped';
      if (await this.#attempt()) continue;
      const other = this.#observed !== undefined && this.#observed.holder !== this.#options.identity;
      if (other || clock.monotonic() - this.#renewedAt >= renewDeadline)
        return this.#stopping.signal.aborted ? 'stopped' : 'lost';
    }
  }

  /** True when it was cut short by `stop`. */
  async #rest(wait: number): Promise<boolean> {
    const { signal } = this.#stopping;
    await sleep(this.#options.clock, wait, signal).catch(() => {});
    return signal.aborted;
  }

  /** Takes or renews the lease if it may; false when it did not work, for whatever reason. */
  async #attempt(): Promise<boolean> {
    const sentAt = this.#options.clock.monotonic();
    const done = await this.#bounded((signal) => this.#tryLease(signal));
    if (done) this.#renewedAt = sentAt;
    return done;
  }

  async #tryLease(signal: AbortSignal, again = true): Promise<boolean> {
    const { lease, identity, clock, mayTake } = this.#options;
    const live = await this.#client.get(leases, lease, signal);
    if (live === undefined) {
      const created = await this.#client.create(leases, this.#newLease(), { signal });
      return this.#written(created);
    }
    const seen = this.#observe(live);
    const mine = seen.holder === identity;
    if (!mine && seen.holder !== '' && clock.monotonic() < seen.at + seen.duration) return false;
    if (!mine && mayTake?.(seen) === false) return false;
    const { resourceVersion } = live.metadata;
    const body = mine
      ? { metadata: { resourceVersion }, spec: this.#terms() }
      : {
          metadata: { resourceVersion, ...(seen.wantedBy === undefined ? {} : { annotations: unwanted }) },
          spec: { ...this.#terms(), acquireTime: this.#now(), leaseTransitions: transitionsOf(live) + 1 },
        };
    const written = await this.#client.patch(leases, lease, { type: 'merge', body }, { signal });
    // Somebody else has just written it: who holds it now must be known at once, not a retry period later.
    if (!written.ok && written.why === 'stale' && again) return this.#tryLease(signal, false);
    return this.#written(written);
  }

  /** False when another process was faster; throws for what waiting does not mend, such as a missing namespace or role. */
  #written(answer: Written): boolean {
    if (answer.ok) this.#observe(answer.object);
    else if (answer.why !== 'stale' && answer.why !== 'exists') throw new Error(answer.message);
    return answer.ok;
  }

  /** Gives the lease up as client-go does: nobody's, and soon over. */
  async #release(): Promise<void> {
    const { lease, identity } = this.#options;
    this.#setHeld(false);
    await this.#bounded(async (signal) => {
      const live = await this.#client.get(leases, lease, signal);
      if (live === undefined || this.#observe(live).holder !== identity) return false;
      const { resourceVersion } = live.metadata;
      const spec = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: this.#now(), acquireTime: this.#now() };
      const written = await this.#client.patch(
        leases,
        lease,
        { type: 'merge', body: { metadata: { resourceVersion }, spec } },
        { signal },
      );
      return written.ok;
    });
  }

  async #bounded(run: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const { clock, requestTimeout, log, lease } = this.#options;
    const abort = new AbortController();
    const cancel = clock.after(requestTimeout, () => abort.abort(new Error('the API server did not answer in time')));
    try {
      return await run(abort.signal);
    } catch (error) {
      log?.warn(`Cannot use the lease: ${errorText(error)}`, {
        lease: keyOf(lease),
      });
      return false;
    } finally {
      cancel();
    }
  }

  #observe(live: KubeObject): SeenLease {
    const spec = isRecord(live['spec']) ? live['spec'] : {};
    const holder = textOf(spec['holderIdentity']);
    const renewTime = textOf(spec['renewTime']);
    const seconds = Number(spec['leaseDurationSeconds'] ?? this.#options.leaseDuration / 1_000);
    const before = this.#observed;
    if (before?.holder !== holder && holder !== '')
      this.#options.log?.info(`The new leader is ${holder}`, { lease: keyOf(this.#options.lease) });
    const known = before?.holder === holder && before.renewTime === renewTime;
    const seen: SeenLease = {
      holder,
      renewTime,
      duration: seconds * 1_000,
      at: known ? before.at : this.#options.clock.monotonic(),
      wantedBy: live.metadata.annotations?.[wantedByAnnotation],
    };
    this.#observed = seen;
    this.#options.onSeen?.(seen);
    return seen;
  }

  #newLease(): KubeObject {
    const metadata = { ...this.#options.lease };
    const spec = { ...this.#terms(), acquireTime: this.#now(), leaseTransitions: 0 };
    return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  }

  #terms() {
    const { identity, leaseDuration } = this.#options;
    return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseDuration / 1_000), renewTime: this.#now() };
  }

  /** A MicroTime: six decimals, always. */
  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z');
  }

  #setHeld(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#options.onHeld?.(held);
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function transitionsOf(lease: KubeObject): number {
  const spec = lease['spec'];
  return isRecord(spec) && typeof spec['leaseTransitions'] === 'number' ? spec['leaseTransitions'] : 0;
}
