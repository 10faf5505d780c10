/** The shared stores of a process: one watch for each selection, however many ask for it. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { type Clock, sleep } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Log } from '#runtime/log.ts';
import { holdsSecrets } from './api-error.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import { selectorMatches } from './label-selector.ts';
import { type IndexFunction, MemoryStore } from './memory-store.ts';
import { nameOf } from './resource.ts';
import type { Store } from './store.ts';
import type { Transport } from './transport.ts';
import { type WatchEvent, watch } from './watcher.ts';

export interface StoreOptions {
  /** Default: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** Keep nothing of the objects but their metadata: enough to see that they changed. */
  readonly metadataOnly?: boolean;
  /** Indexes by name; a shared store has those of all who asked for it. */
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
}

export interface Stores {
  /** The store of a selection; the first call starts its watch. Throws for Secrets unless only their metadata is kept. */
  of(resource: Resource, options?: StoreOptions): Store;
  /** Puts the answer of an own write into every store that it belongs to. */
  learn(resource: Resource, object: KubeObject): void;
  /** Ends all watches. A store that was not ready will not be: its `ready` rejects. */
  stop(): void;
}

export interface StoresOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log?: Log | undefined;
  readonly metrics?: ClusterMetrics | undefined;
}

interface Shared {
  readonly resource: Resource;
  readonly store: MemoryStore;
  readonly metadataOnly: boolean;
  /** Monotonic time of the last sign of life. */
  heardAt: number;
  /** What was last complained about: the same again is counted, not told. */
  complaint?: string | undefined;
}

/** A watcher that threw has a bug; it is started again, but not in a tight loop. */
const restAfterBug = 30_000;

export function createStores(options: StoresOptions): Stores {
  const { clock, log, metrics } = options;
  const shared = new Map<string, Shared>();
  const abort = new AbortController();

  const forget = metrics?.observeStores(() =>
    [...shared.values()].map(({ resource, store, heardAt }) => ({
      kind: nameOf(resource),
      objects: store.size,
      silence: clock.monotonic() - heardAt,
    })),
  );

  const start = (resource: Resource, { namespace, labelSelector, metadataOnly = false }: StoreOptions): Shared => {
    const store = new MemoryStore({
      // The annotation holds the whole object as it was applied.
      dropLastApplied: metadataOnly,
      holds: (object) => belongs(object, namespace, labelSelector),
      onHandlerError: (error) => log?.error(`A change handler failed: ${errorText(error)}`, { kind: nameOf(resource) }),
    });
    const entry: Shared = { resource, store, metadataOnly, heardAt: clock.monotonic() };
    const selection = { resource, namespace, labelSelector, metadataOnly };
    void fill(entry, { ...options, selection, signal: abort.signal });
    return entry;
  };

  return {
    of(resource, wanted = {}) {
      if (holdsSecrets(resource) && wanted.metadataOnly !== true)
        throw new Error('Cannot keep a store of secrets: they are read one by one and never cached');
      if (abort.signal.aborted)
        throw new Error(`Cannot open a store of ${nameOf(resource)}: the cluster connection is stopped`);
      const form = wanted.metadataOnly === true ? 'metadata' : 'whole';
      const key = [nameOf(resource), resource.version, form, wanted.namespace ?? '', wanted.labelSelector ?? ''].join(
        ' ',
      );
      const entry = shared.get(key) ?? start(resource, wanted);
      shared.set(key, entry);
      for (const [name, make] of Object.entries(wanted.indexes ?? {})) entry.store.addIndex(name, make);
      return entry.store;
    },
    learn(resource, object) {
      for (const entry of shared.values()) {
        if (nameOf(entry.resource) !== nameOf(resource)) continue;
        const { apiVersion, kind, metadata } = object;
        entry.store.learn(entry.metadataOnly ? { apiVersion, kind, metadata } : object);
      }
    },
    stop() {
      const reason = new Error('The cluster connection is stopped');
      abort.abort(reason);
      for (const { store } of shared.values()) store.close(reason);
      forget?.();
    },
  };
}

/** Carries what the watcher tells into the store, until the signal is aborted. */
async function fill(entry: Shared, options: StoresOptions & Parameters<typeof watch>[0]): Promise<void> {
  const { clock, log, signal } = options;
  while (!signal.aborted) {
    try {
      for await (const event of watch(options)) take(entry, event, options);
    } catch (error) {
      log?.error(`A watcher failed: ${errorText(error)}`, { kind: nameOf(entry.resource) });
      await sleep(clock, restAfterBug, signal).catch(() => {});
    }
  }
}

function take(entry: Shared, event: WatchEvent, { clock, log, metrics }: StoresOptions): void {
  const { store } = entry;
  if (event.type !== 'trouble') {
    entry.heardAt = clock.monotonic();
    entry.complaint = undefined;
  }
  switch (event.type) {
    case 'swap':
      return store.swap(event.objects, event.version);
    case 'put':
      return store.put(event.object);
    case 'drop':
      return store.drop(event.object);
    case 'mark':
      return store.mark(event.version);
    case 'trouble':
      return complain(entry, event, { log, metrics });
    default:
      return event satisfies never;
  }
}

function complain(
  entry: Shared,
  { error, trouble, wakeIn }: Extract<WatchEvent, { type: 'trouble' }>,
  { log, metrics }: Pick<StoresOptions, 'log' | 'metrics'>,
): void {
  const kind = nameOf(entry.resource);
  metrics?.watchRestarted(kind, trouble);
  if (entry.complaint === error.message) return;
  entry.complaint = error.message;
  log?.warn(error.message, { kind, trouble, wakeIn });
}

function belongs(object: KubeObject, namespace: string | undefined, labelSelector: string | undefined): boolean {
  const { metadata } = object;
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  return labelSelector === undefined || selectorMatches(labelSelector, metadata.labels ?? {});
}
