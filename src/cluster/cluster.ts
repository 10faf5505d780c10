/** One cluster as controllers see it: a client, shared stores and Events over one transport. */
import type { Registry } from 'prom-client';
import type { Resource } from '#api/kubernetes.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Log } from '#runtime/log.ts';
import { Turns } from '#runtime/turns.ts';
import type { Client } from './client.ts';
import { type ClusterMetrics, clusterMetrics } from './cluster-metrics.ts';
import { servedPlurals } from './discovery.ts';
import { type EventRecorder, createEventRecorder, eventsAtOnce } from './event-recorder.ts';
import { kubeClient } from './kube-client.ts';
import { RateLimit } from './rate-limit.ts';
import { events } from './resource.ts';
import { type Stores, createStores } from './stores.ts';
import type { Transport } from './transport.ts';

/** Where nothing else is limited. */
const eventsASecond = 100;

export interface ClusterOptions {
  /** The real API server's or the sandbox's. The cluster closes it when it stops. */
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1); jitter and the names of Events come from it. */
  readonly random: () => number;
  readonly log?: Log;
  readonly registry: Registry;
  /** Owner of written fields, and component of Events unless `component` says otherwise. */
  readonly fieldManager: string;
  readonly component?: string;
  /** Requests a second to each API group, a negative number for no limit (the default), and how many may be saved up: 250. */
  readonly qps?: number;
  readonly burst?: number;
  /** Leader election's word on whether this process may write now. Default: always. */
  readonly canWrite?: () => boolean;
}

export interface Cluster {
  readonly client: Client;
  readonly stores: Stores;
  readonly events: EventRecorder;
  readonly metrics: ClusterMetrics;
  /** Plurals of the kinds that the API server serves under a group and version. Throws `ApiError` when it does not say. */
  served(of: Pick<Resource, 'group' | 'version'>, signal?: AbortSignal): Promise<ReadonlySet<string>>;
  /** Whether writes are allowed now. What reaches others than the API server has to ask by itself. */
  canWrite(): boolean;
  /**
   * The same cluster for a part of the work, whose client and Events write only while `canWrite` says so, and under its own name
   * where one is given. Stores are shared; stop the whole.
   */
  share(canWrite: () => boolean, name?: string): Cluster;
  /** Ends watches, writes the Events that wait (at most `grace` milliseconds, default 2 s) and closes the connections. */
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** Own writes are learned by the stores at once: the next read sees them. */
export function connectCluster(options: ClusterOptions): Cluster {
  const { clock, random, log, canWrite, fieldManager } = options;
  const metrics = clusterMetrics(options.registry);
  const transport = metrics.metered(options.transport, clock);
  const stores = createStores({ transport, clock, random, log, metrics });
  const rateLimit = rateLimits(options);
  const recorders: EventRecorder[] = [];
  const turns = new Turns(eventsAtOnce);
  const writers = (mayWrite: (() => boolean) | undefined, name?: string): Pick<Cluster, 'client' | 'events'> => {
    const client = kubeClient({
      transport,
      clock,
      fieldManager: name ?? fieldManager,
      rateLimit,
      onWritten: (resource, object) => stores.learn(resource, object),
      ...(mayWrite === undefined ? {} : { canWrite: mayWrite }),
    });
    const recorder = createEventRecorder({
      client,
      clock,
      random,
      component: name ?? options.component ?? fieldManager,
      turns,
      log,
      onRecorded: (object, spec) => metrics.eventRecorded(object, spec),
      onDropped: (reason) => metrics.eventDropped(reason),
    });
    recorders.push(recorder);
    return { client, events: recorder };
  };
  const cluster: Cluster = {
    ...writers(canWrite),
    canWrite: () => canWrite?.() ?? true,
    stores,
    metrics,
    served: (of, signal) => servedPlurals(transport, of, signal),
    share: (mayWrite, name) => ({ ...cluster, ...writers(mayWrite, name), canWrite: mayWrite }),
    async stop({ grace = 2_000 } = {}) {
      stores.stop();
      const end = (): void => recorders.forEach((recorder) => recorder.stop());
      const cancel = clock.after(grace, end);
      await Promise.all(recorders.map((recorder) => recorder.idle()));
      cancel();
      end();
      await transport.close();
    },
  };
  return cluster;
}

/**
 * Each API group has a limit of its own, as the original has one for each of its clients, and so have Events, which are never without one:
 * they can wait, and what runs write must not.
 */
function rateLimits({
  clock,
  qps = -1,
  burst = 250,
}: Pick<ClusterOptions, 'clock' | 'qps' | 'burst'>): (resource: Resource) => RateLimit {
  const ofEvents = new RateLimit({ clock, qps: qps < 0 ? eventsASecond : qps, burst });
  const limits = new Map<string, RateLimit>();
  return (resource) => {
    if (resource === events) return ofEvents;
    const { group } = resource;
    const limit = limits.get(group) ?? new RateLimit({ clock, qps, burst });
    limits.set(group, limit);
    return limit;
  };
}
