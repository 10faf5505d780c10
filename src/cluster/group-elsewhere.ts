/** A cluster that keeps one API group in another cluster: whoever reads and writes need not know, and need not wait until that is found. */
import type { Resource } from '#api/kubernetes.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { ChangeHandler, Store } from './store.ts';

/**
 * `found` is asked for each call that is about the group, and answers with the cluster that has it, which may be `own`; what it throws
 * is thrown to the caller, and is what `ready` of a store rejects with, until it is asked again and has an answer. Who opens the other
 * cluster stops it. The result cannot be shared further.
 */
export function withGroupElsewhere(own: Cluster, group: string, found: () => Promise<Cluster>): Cluster {
  const at = <T>(resource: Pick<Resource, 'group'>, call: (cluster: Cluster) => Promise<T>): Promise<T> =>
    resource.group === group ? found().then(call) : call(own);
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
          ? lateStore(async () => (await found()).stores.of(resource, options))
          : own.stores.of(resource, options),
    },
    served: (of, signal) => at(of, (cluster) => cluster.served(of, signal)),
    share() {
      throw new Error(`Cannot share a cluster whose ${group} is elsewhere: share it before`);
    },
  };
}

/** Empty until it is found: at once, or when somebody waits for it. */
function lateStore(find: () => Promise<Store>): Store {
  let store: Store | undefined;
  const waiting = new Map<ChangeHandler, () => void>();
  const open = async (): Promise<Store> => {
    const opened = await find();
    if (store !== undefined) return store;
    store = opened;
    for (const handler of waiting.keys()) waiting.set(handler, opened.onChange(handler));
    return opened;
  };
  // Who needs it waits for `ready`, and learns why there is none.
  open().catch(() => {});
  return {
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
