/** Reads and writes of single objects on an API server; every expected outcome of a write is a value. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';

/** How a write ended. `stale`: the resourceVersion that it was decided on is no longer the newest (HTTP 409 Conflict). */
export type Written =
  | { readonly ok: true; readonly object: KubeObject }
  | {
      readonly ok: false;
      readonly why: 'stale' | 'exists' | 'not-found' | 'invalid' | 'forbidden';
      readonly message: string;
    };

/** One operation of a JSON patch (RFC 6902). */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

export type Patch =
  | { readonly type: 'merge'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] };

export interface WriteOptions {
  readonly subresource?: 'status' | 'scale' | 'eviction';
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  /** Default `Background`. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  /** Delete only this incarnation. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly signal?: AbortSignal;
}

/**
 * Throws `ApiError` for answers that nobody expects (5xx, 401, …) and `ConnectionError` when there is no answer.
 * Retries nothing but 429 and 503 with `Retry-After`, and waits its turn in the client-side rate limit.
 * A write sends the field manager of the client, and only while writes are allowed (leader election): else it throws `WritesStopped`.
 */
export interface Client {
  get(resource: Resource, ref: Ref, signal?: AbortSignal): Promise<KubeObject | undefined>;
  /** All objects, read in pages. */
  list(
    resource: Resource,
    options?: { namespace?: string; labelSelector?: string; signal?: AbortSignal },
  ): Promise<KubeObject[]>;
  create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<Written>;
  /**
   * A merge patch whose body holds `metadata.resourceVersion`, or a JSON patch that replaces it, is conditional on it.
   * Where a role lets us update and not patch (those of the original controllers do, for some kinds), the object is read and updated.
   */
  patch(resource: Resource, ref: Ref, patch: Patch, options?: WriteOptions): Promise<Written>;
  /** Server-side apply of exactly the fields in `object`, taking over conflicting ones; conditional when it has a resourceVersion. */
  apply(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<Written>;
  delete(resource: Resource, ref: Ref, options?: DeleteOptions): Promise<Written>;
}
