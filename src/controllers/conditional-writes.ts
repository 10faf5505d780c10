/** Writes that hold only on the version that they were decided on: a pass ends where that is not the newest. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Client, Written } from '#cluster/client.ts';
import { fieldPatch } from '#cluster/field-patch.ts';
import { mergeDiff } from '#cluster/merge-diff.ts';
import { nameOf, refOf } from '#cluster/resource.ts';
import { ConnectionError } from '#cluster/transport.ts';
import { PassFailed } from '#engine/pass-failed.ts';

/** Somebody else has written in between: the pass is reckoned anew from what the watch brings. */
export class OutdatedPass extends Error {
  override readonly name = 'OutdatedPass';
}

/** Gives the object these fields; nothing is sent where it has them already. */
export async function change(
  client: Client,
  resource: Resource,
  live: KubeObject,
  changes: readonly FieldChange[],
  signal: AbortSignal,
): Promise<KubeObject> {
  const patch = fieldPatch(live, changes);
  if (patch === undefined) return live;
  return accepted(await reaching(() => client.patch(resource, refOf(live), patch, { signal })));
}

/**
 * Makes `status` the status of the object, by its difference to what was seen; `undefined` when there is none.
 * `subresource`: whether the kind keeps its status apart.
 */
export async function writeStatus(
  client: Client,
  {
    resource,
    live,
    subresource = true,
  }: { readonly resource: Resource; readonly live: KubeObject; readonly subresource?: boolean },
  status: object,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const diff = mergeDiff(live['status'], status);
  if (diff === undefined) return undefined;
  const body = { metadata: { resourceVersion: live.metadata.resourceVersion }, status: diff };
  const patch = { type: 'merge', body } as const;
  return accepted(
    await reaching(() =>
      client.patch(resource, refOf(live), patch, { signal, ...(subresource ? { subresource: 'status' } : {}) }),
    ),
  );
}

export async function remove(client: Client, resource: Resource, live: KubeObject, signal: AbortSignal): Promise<void> {
  const { uid } = live.metadata;
  const answer = await reaching(() =>
    client.delete(resource, refOf(live), { signal, ...(uid === undefined ? {} : { uid }) }),
  );
  if (!answer.ok && answer.why !== 'not-found') accepted(answer);
}

export function accepted(answer: Written): KubeObject {
  if (answer.ok) return answer.object;
  if (answer.why === 'stale') throw new OutdatedPass(answer.message);
  throw new PassFailed(answer.message);
}

/** No answer is something that the user may have to know; what else goes wrong is the queue's business. */
export async function reaching<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ConnectionError) throw new PassFailed(error.message);
    throw error;
  }
}

export const missing = (resource: Resource, name: string): PassFailed =>
  new PassFailed(`${nameOf(resource)} "${name}" not found`);
