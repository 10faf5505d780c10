/** Tells recorders what changes on the bed, each in its own namespace; the order between kinds is that of arrival. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { ObjectChange } from '#sandbox/objects.ts';
import type { BedApi } from '../../bed/bed-api.ts';

export type ChangeListener = (change: ObjectChange) => void;

export interface BedChanges {
  /** Answers with the function that ends it. */
  subscribe(namespace: string, listener: ChangeListener): () => void;
  stop(): void;
}

export function watchBed(api: BedApi, kinds: readonly Resource[]): BedChanges {
  const listeners = new Map<string, Set<ChangeListener>>();
  const known = new Map<string, KubeObject>();
  const abort = new AbortController();
  for (const resource of kinds) {
    const tell = (type: ObjectChange['type'], given: KubeObject): void => {
      const object = { ...given, kind: resource.kind };
      const { namespace = '', name } = object.metadata;
      const key = `${resource.kind} ${namespace}/${name}`;
      const before = known.get(key);
      if (type === 'DELETED') known.delete(key);
      else known.set(key, object);
      for (const listener of listeners.get(namespace) ?? [])
        listener({ type, resource, object, ...(before === undefined ? {} : { before }) });
    };
    api.watch(resource, ({ type, object }) => tell(type, object), abort.signal);
  }
  return {
    subscribe(namespace, listener) {
      const own = listeners.get(namespace) ?? new Set();
      listeners.set(namespace, own.add(listener));
      return () => own.delete(listener);
    },
    stop: () => abort.abort(),
  };
}
