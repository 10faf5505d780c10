/** The sandbox's objects as its own controllers see them: the API server's storage without the HTTP in between. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';

export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: KubeObject;
  /** The object before the change; absent for `ADDED`. */
  readonly before?: KubeObject;
}

/** Writes go through the same admission, defaulting, validation and watch as those that come by HTTP, synchronously; objects are never mutated. */
export interface Objects {
  get(resource: Resource, ref: Ref): KubeObject | undefined;
  list(resource: Resource, namespace?: string): readonly KubeObject[];
  /** Throws `StatusError` (409 AlreadyExists, 422 Invalid, …). */
  create(resource: Resource, object: KubeObject): KubeObject;
  /** Replaces the object; throws 409 Conflict when its resourceVersion is set and old. A replacement that changes nothing writes nothing. */
  update(resource: Resource, object: KubeObject, subresource?: 'status'): KubeObject;
  /**
   * Sets deletionTimestamp when finalizers remain, else removes. Without effect when the object is gone.
   * A Pod is only marked (deletionTimestamp, deletionGracePeriodSeconds) as on a real API server: the node removes it with `gracePeriodSeconds: 0`.
   */
  delete(
    resource: Resource,
    ref: Ref,
    options?: { propagation?: 'Background' | 'Foreground' | 'Orphan'; gracePeriodSeconds?: number },
  ): void;
  /** Every change of every kind, in the order of resourceVersions, after it is visible; returns the unsubscribe function. */
  subscribe(handler: (change: ObjectChange) => void): () => void;
  /** The kinds that are served, custom resources included. */
  resources(): readonly Resource[];
}
