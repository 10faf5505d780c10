/** Many processes share the work: one Lease a shard, held by who may write for it, and handed on until all hold about as many. */
import type { Clock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Client } from './client.ts';
import { kubeClient } from './kube-client.ts';
import {
  electLeader,
  type LeaderElection,
  type LeaderElectionOptions,
  type SeenLease,
  termsOf,
  wantedByAnnotation,
} from './leader-election.ts';
import { leases } from './resource.ts';
import type { Transport } from './transport.ts';

export interface ShardingOptions extends Pick<
  LeaderElectionOptions,
  'transport' | 'random' | 'identity' | 'fieldManager' | 'leaseDuration' | 'log'
> {
  readonly clock: Clock;
  /** Where the Leases are. */
  readonly namespace: string;
  /** The same for every process that takes part. */
  readonly shards: number;
}

/** Whoever does the work of shards. */
export interface ShardWorker {
  /** Writes for the shard are ours from now on. */
  taken(shard: number): void;
  /** Another process will have it: no new work, please. Resolves when the last write has ended; until then the shard stays ours. */
  given(shard: number): Promise<void>;
}

/** What a worker sees of the sharing. */
export interface Shards {
  readonly count: number;
  /** Whether a write for the shard that is sent now ends before anybody else may write for it. */
  canWrite(shard: number): boolean;
  /** Begins to take shards; called once. */
  begin(worker: ShardWorker): void;
}

export interface Sharding extends Shards {
  /** Resolves when a shard was lost to somebody whom we did not give it to, or on `stop`: then nothing can be written any more. */
  readonly over: Promise<'lost' | 'stopped'>;
  /** Releases all shards, so that other processes take them at once; call it after the last write has ended. */
  stop(): Promise<void>;
}

/** A shard that was given up is left to who asked for it, for so many retry periods: more than two of its looks are apart. */
const reservation = 3;

/**
 * Every process stands for election for every shard, so a lost one's shards are taken when their leases end. Who holds at least two fewer than
 * another asks that one, by an annotation on the Lease, and gets a shard when its passes have ended: in the end all hold the same number or one more.
 * A process that loses a shard in any other way loses all: it has to end, as a leader has.
 */
export function shareWork(options: ShardingOptions): Sharding {
  return new Sharing(options);
}

/** The Lease of one shard as this process sees it. */
interface Shard {
  election?: LeaderElection;
  seen?: SeenLease;
  /** Set while we hold it: makes us give it up. */
  giveUp?: () => void;
}

class Sharing implements Sharding {
  readonly #options: ShardingOptions;
  readonly #terms: ReturnType<typeof termsOf>;
  readonly #client: Client;
  readonly #shards: readonly Shard[];
  readonly #over = Promise.withResolvers<'lost' | 'stopped'>();
  #lost = false;
  #stopping = false;
  #cancel: () => void = () => {};
  #running: readonly Promise<void>[] = [];

  constructor(options: ShardingOptions) {
    this.#options = options;
    this.#terms = termsOf(options.leaseDuration ?? 60_000);
    this.#client = kubeClient(options);
    this.#shards = Array.from({ length: options.shards }, () => ({}));
  }

  get count(): number {
    return this.#shards.length;
  }

  get over(): Promise<'lost' | 'stopped'> {
    return this.#over.promise;
  }

  canWrite(shard: number): boolean {
    return !this.#lost && this.#shards[shard]?.election?.canWrite() === true;
  }

  begin(worker: ShardWorker): void {
    this.#running = this.#shards.map((shard, index) => this.#contend(shard, index, worker));
    this.#balance();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancel();
    await Promise.all(this.#shards.map(async ({ election }) => election?.stop()));
    await Promise.all(this.#running);
    this.#over.resolve('stopped');
    await this.#options.transport.close();
  }

  /** Stands for election until it is lost or stopped; stands again after it was given up. */
  async #contend(shard: Shard, index: number, worker: ShardWorker): Promise<void> {
    while (!this.#stopping && !this.#lost) {
      const election = electLeader(this.#electionOf(shard, index));
      shard.election = election;
      const ended = await Promise.race([election.acquired, election.over]);
      if (ended !== undefined) return;
      const asked = new Promise<'asked'>((resolve) => (shard.giveUp = () => resolve('asked')));
      worker.taken(index);
      if ((await Promise.race([election.over, asked])) === 'asked') {
        await Promise.race([election.over, worker.given(index)]);
        await election.stop();
      }
      delete shard.giveUp;
      if ((await election.over) === 'lost') this.#lose();
    }
  }

  #electionOf(shard: Shard, index: number): LeaderElectionOptions {
    const { namespace, clock } = this.#options;
    return {
      ...this.#options,
      transport: keptOpen(this.#options.transport),
      lease: { namespace, name: `serin-shard-${index}` },
      onSeen: (seen) => (shard.seen = seen),
      mayTake: ({ wantedBy, at }) =>
        wantedBy === undefined ||
        wantedBy === this.#options.identity ||
        clock.monotonic() >= at + reservation * this.#terms.retryPeriod,
    };
  }

  #lose(): void {
    this.#lost = true;
    this.#cancel();
    this.#over.resolve('lost');
  }

  /** Once a retry period: gives up one shard that is rightly asked for, asks for one that we should have. */
  #balance(): void {
    this.#cancel = this.#options.clock.after(this.#terms.retryPeriod, () => {
      this.#balance();
      const held = this.#counts();
      const mine = held.get(this.#options.identity) ?? 0;
      const asked = this.#shards.find(
        ({ giveUp, seen }) => giveUp !== undefined && this.#isPoorer(seen?.wantedBy, held, mine),
      );
      asked?.giveUp?.();
      if (asked === undefined) void this.#ask(held, mine);
    });
  }

  #isPoorer(wantedBy: string | undefined, held: ReadonlyMap<string, number>, mine: number): boolean {
    return wantedBy !== undefined && wantedBy !== this.#options.identity && (held.get(wantedBy) ?? 0) + 2 <= mine;
  }

  /** How many shards each process holds, as far as we have seen. */
  #counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { seen } of this.#shards) {
      if (seen === undefined || !this.#isHeld(seen)) continue;
      counts.set(seen.holder, (counts.get(seen.holder) ?? 0) + 1);
    }
    return counts;
  }

  #isHeld({ holder, at, duration }: SeenLease): boolean {
    return holder !== '' && this.#options.clock.monotonic() < at + duration;
  }

  async #ask(held: ReadonlyMap<string, number>, mine: number): Promise<void> {
    const { identity, namespace, log } = this.#options;
    const [richest, most] = [...held].toSorted(([, a], [, b]) => b - a)[0] ?? ['', 0];
    if (richest === identity || most < mine + 2) return;
    const theirs = this.#shards.flatMap(({ seen }, index) => (seen?.holder === richest ? [{ seen, index }] : []));
    // One at a time; and rather one that nobody asks for, although who has asked may be gone.
    if (theirs.some(({ seen }) => seen.wantedBy === identity)) return;
    const wanted = theirs.find(({ seen }) => seen.wantedBy === undefined) ?? theirs[0];
    if (wanted === undefined) return;
    // Without a condition: a wish is no claim, whoever holds the shard decides.
    const body = { metadata: { annotations: { [wantedByAnnotation]: identity } } };
    try {
      await this.#client.patch(leases, { namespace, name: `serin-shard-${wanted.index}` }, { type: 'merge', body });
    } catch (error) {
      log?.warn(`Cannot ask for a shard: ${errorText(error)}`);
    }
  }
}

/** An election closes its connection at the end; this one serves them all. */
function keptOpen(transport: Transport): Transport {
  return {
    send: (request) => transport.send(request),
    watch: (request) => transport.watch(request),
    close: async () => {},
  };
}
