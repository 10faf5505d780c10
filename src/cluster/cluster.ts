/** One cluster as controllers see it: a client, shared stores and Events over one transport. */
import type { Registry } from 'prom-client';
import type { Resource } from '#api/kubernetes.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Log } from '#runtime/log.ts';
import type { Client } from './client.ts';
import { type ClusterMetrics, clusterMetrics } from './cluster-metrics.ts';
import { servedPlurals } from './discovery.ts';
import { type EventRecorder, createEventRecorder } from './event-recorder.ts';
import { kubeClient } from './kube-client.ts';
import { RateLimit } from './rate-limit.ts';
import { nameOf } from './resource.ts';
import { type Stores, createStores } from './stores.ts';
import type { Transport } from './transport.ts';

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
  /** Requests a second to each API group, and saved up. Defaults 100 and 250, as Flagger's flags. */
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
  const rateLimit = limitByGroup(() => new RateLimit({ clock, qps: options.qps ?? 100, burst: options.burst ?? 250 }));
  const recorders: EventRecorder[] = [];
  const writers = (mayWrite: (() => boolean) | undefined, name?: string): Pick<Cluster, 'client' | 'events'> => {
    const client = kubeClient({
      transport,
      clock,
      fieldManager: name ?? fieldManager,
      rateLimit,
      onWritten: (resource, object) => stores.learn(resource, object),
      onDropped: (resource) => metrics.writeDropped(nameOf(resource)),
      ...(mayWrite === undefined ? {} : { canWrite: mayWrite }),
    });
    const events = createEventRecorder({
      client,
      clock,
      random,
      component: name ?? options.component ?? fieldManager,
      log,
      onRecorded: (object, spec) => metrics.eventRecorded(object, spec),
      onDropped: (reason) => metrics.eventDropped(reason),
    });
    recorders.push(events);
    return { client, events };
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
 * Each API group has a limit of its own, as the original has one for each of its clients: with a single one, the Events of many runs would
 * take the turns of what the runs themselves write.
 */
function limitByGroup(make: () => RateLimit): (resource: Resource) => RateLimit {
  const limits = new Map<string, RateLimit>();
  return ({ group }) => {
    const limit = limits.get(group) ?? make();
    limits.set(group, limit);
    return limit;
  };
}
