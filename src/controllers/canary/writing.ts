/** Writes of a pass: created once, changed only on the version that was seen, again when that version was old. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { ApiError, WritesStopped } from '#cluster/api-error.ts';
import type { Client, Written } from '#cluster/client.ts';
import { fieldPatch } from '#cluster/field-patch.ts';
import { mergeDiff } from '#cluster/merge-diff.ts';
import { canaries, nameOf, refOf } from '#cluster/resource.ts';
import { ConnectionError } from '#cluster/transport.ts';
import { PassFailed } from '#engine/canary/effects.ts';

/** As the original: five attempts, each on what the API server has by then. */
const attempts = 5;

/** What to change, as such or as it follows from the object at hand. */
type Changes = readonly FieldChange[] | ((live: KubeObject) => readonly FieldChange[]);

export interface Writing {
  /** Creates `object`; one that is there already is the answer. `failure` goes before the API server's text. */
  create(resource: Resource, object: KubeObject, failure: string): Promise<KubeObject>;
  /** Gives the object these fields, or those that follow from it; `live` is the version that the change was decided on. */
  change(
    resource: Resource,
    ref: Ref,
    live: KubeObject | undefined,
    changes: Changes,
    failure: string,
  ): Promise<KubeObject>;
  /** Makes `status` the status of `live`'s object; other fields of it are left alone. */
  status(resource: Resource, live: KubeObject, status: object): Promise<KubeObject>;
}

/**
 * Writes of one pass over `canary`. A conflict with anybody is solved on what that one wrote, unless the status of the Canary has changed as well:
 * then another process works on it, and the pass ends with `WritesStopped`.
 */
export function writingTo(client: Client, canary: KubeObject, signal: AbortSignal): Writing {
  let status = canary['status'];
  const requireOwn = (live: KubeObject | undefined): void => {
    // One that was deleted or made anew is told when its status is written.
    if (live === undefined || live.metadata.uid !== canary.metadata.uid) return;
    if (mergeDiff(live['status'], status) === undefined) return;
    const { name, namespace } = canary.metadata;
    throw new WritesStopped(
      `Cannot go on with the pass over ${name}.${namespace}: another process has written its status`,
    );
  };

  /** Reads anew after a conflict: this is the only GET, and it happens when somebody else has just written. */
  const fresh = async (resource: Resource, ref: Ref, failure: string): Promise<KubeObject> => {
    const object = await reaching(() => client.get(resource, ref, signal), failure);
    if (object === undefined) throw new PassFailed(`${failure}: ${nameOf(resource)} "${ref.name}" not found`);
    return object;
  };

  const retried = async (
    resource: Resource,
    seen: KubeObject,
    failure: string,
    write: (live: KubeObject) => Promise<Written> | undefined,
  ): Promise<KubeObject> => {
    let live = seen;
    for (let attempt = 1; ; attempt++) {
      const answer = await reaching(async () => write(live) ?? { ok: true as const, object: live }, failure);
      if (answer.ok) return answer.object;
      if (answer.why !== 'stale' || attempt === attempts) throw new PassFailed(`${failure}: ${answer.message}`);
      live = await fresh(resource, refOf(seen), failure);
      const isCanary = live.metadata.uid === canary.metadata.uid;
      requireOwn(isCanary ? live : await reaching(() => client.get(canaries, refOf(canary), signal), failure));
      if (live.metadata.uid !== seen.metadata.uid)
        throw new PassFailed(`${failure}: ${nameOf(resource)} "${seen.metadata.name}" was replaced`);
    }
  };

  return {
    async create(resource, object, failure) {
      const answer = await reaching(() => client.create(resource, object, { signal }), failure);
      if (answer.ok) return answer.object;
      if (answer.why === 'exists') return fresh(resource, refOf(object), failure);
      throw new PassFailed(`${failure}: ${answer.message}`);
    },
    async change(resource, ref, live, changes, failure) {
      const seen = live ?? (await fresh(resource, ref, failure));
      return retried(resource, seen, failure, (object) => {
        const patch = fieldPatch(object, typeof changes === 'function' ? changes(object) : changes);
        return patch === undefined ? undefined : client.patch(resource, ref, patch, { signal });
      });
    },
    async status(resource, live, wanted) {
      requireOwn(live);
      const written = await retried(
        resource,
        live,
        `updating the status of ${live.metadata.name}.${live.metadata.namespace} failed`,
        (object) => {
          const diff = mergeDiff(object['status'], wanted);
          if (diff === undefined) return undefined;
          const body = { metadata: { resourceVersion: object.metadata.resourceVersion }, status: diff };
          return client.patch(resource, refOf(object), { type: 'merge', body }, { subresource: 'status', signal });
        },
      );
      status = written['status'];
      return written;
    },
  };
}

/** What the API server or the network refuses is the user's to know; that writes are stopped is not. */
async function reaching<T>(call: () => Promise<T>, failure: string): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ApiError || error instanceof ConnectionError)
      throw new PassFailed(`${failure}: ${error.message}`);
    throw error;
  }
}
