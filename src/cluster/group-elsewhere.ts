/** A cluster that keeps one API group in another cluster: whoever reads and writes need not know, and need not wait until that is found. */
import type { Resource } from '#api/kubernetes.ts';
import { ApiError } from './api-error.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { ChangeHandler, Store } from './store.ts';
import { ConnectionError } from './transport.ts';

/** The cluster that has the group. */
export interface Found {
  readonly cluster: Cluster;
  /** How errors call it; absent for the own one. */
  readonly place?: string;
}

/**
 * `found` is asked for each call that is about the group, and answers with the cluster that has it, which may be `own`; what it throws
 * is thrown to the caller, and is what `ready` of a store rejects with, until it is asked again and has an answer. Who opens the other
 * cluster stops it. The result cannot be shared further.
 */
export function withGroupElsewhere(own: Cluster, group: string, found: () => Promise<Found>): Cluster {
  const at = async <T>(resource: Pick<Resource, 'group'>, call: (cluster: Cluster) => Promise<T>): Promise<T> => {
    if (resource.group !== group) return call(own);
    const { cluster, place } = await found();
    try {
      return await call(cluster);
    } catch (error) {
      // Made for this call alone; whoever catches it asks for its class.
      if (place !== undefined && (error instanceof ApiError || error instanceof ConnectionError))
        error.message = `In ${place}: ${error.message}`;
      throw error;
    }
  };
  const client: Client = {
    get: (resource, ...rest) => at(resource, ({ client }) => client.get(resource, ...rest)),
    list: (resource, ...rest) => at(resource, ({ client }) => client.list(resource, ...rest)),
    create: (resource, ...rest) => at(resource, ({ client }) => client.create(resource, ...rest)),
    patch: (resource, ...rest) => at(resource, ({ client }) => client.patch(resource, ...rest)),
    apply: (resource, ...rest) => at(resource, ({ client }) => client.apply(resource, ...rest)),
    delete: (resource, ...rest) => at(resource, ({ client }) => client.delete(resource, ...rest)),
  };
  return {
    ...own,
    client,
    stores: {
      ...own.stores,
      of: (resource, options) =>
        resource.group === group
          ? lateStore(async () => {
              const { cluster, place } = await found();
              return { store: cluster.stores.of(resource, options), place };
            })
          : own.stores.of(resource, options),
    },
    served: (of, signal) => at(of, (cluster) => cluster.served(of, signal)),
    share() {
      throw new Error(`Cannot share a cluster whose ${group} is elsewhere: share it before`);
    },
  };
}

/** Empty until it is found: at once, or when somebody waits for it. */
function lateStore(find: () => Promise<{ readonly store: Store; readonly place: string | undefined }>): Store {
  let store: Store | undefined;
  let place: string | undefined;
  const waiting = new Map<ChangeHandler, () => void>();
  const open = async (): Promise<Store> => {
    const found = await find();
    if (store !== undefined) return store;
    ({ store, place } = found);
    for (const handler of waiting.keys()) waiting.set(handler, found.store.onChange(handler));
    return found.store;
  };
  // Who needs it waits for `ready`, and learns why there is none.
  open().catch(() => {});
  return {
    get place() {
      return place;
    },
    get ready() {
      return (store === undefined ? open() : Promise.resolve(store)).then(({ ready }) => ready);
    },
    get: (ref) => store?.get(ref),
    list: (namespace) => store?.list(namespace) ?? [],
    byIndex: (index, value) => store?.byIndex(index, value) ?? [],
    onChange(handler) {
      if (store !== undefined) return store.onChange(handler);
      waiting.set(handler, () => {});
      return () => {
        waiting.get(handler)?.();
        waiting.delete(handler);
      };
    },
    learn: (object) => store?.learn(object),
  };
}
