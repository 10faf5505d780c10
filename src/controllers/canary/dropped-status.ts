/** What the API server does not keep of a status: a CRD that lacks fields drops them without a word. */
import type { CanaryStatus } from '#api/canary-status.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { canaries, nameOf } from '#cluster/resource.ts';
import type { ReadCanary } from './observing.ts';

/** Tells which fields of `wanted` the answer lacks; `undefined` when all are there. */
export function droppedStatus(wanted: object, { metadata, status }: KubeObject): string | undefined {
  const kept = isRecord(status) ? status : {};
  const dropped = Object.entries(wanted).filter(
    ([key, value]) => value !== undefined && value !== null && kept[key] === undefined,
  );
  if (dropped.length === 0) return undefined;
  const fields = dropped.map(([key]) => `"${key}"`).join(', ');
  return `Cannot keep ${fields} in the status of ${metadata.name}.${metadata.namespace}: the CRD ${nameOf(canaries)} lacks them, apply deploy/crds`;
}

/** As much of a status as its waits need: the rest of it, with all its decisions, would be kept for nothing. */
export type Waits = Pick<CanaryStatus, 'phase' | 'draining' | 'held'>;

export function waitsOf({ phase, draining, held }: CanaryStatus): Waits {
  return {
    ...(phase === undefined ? {} : { phase }),
    ...(draining === undefined ? {} : { draining }),
    ...(held === undefined ? {} : { held }),
  };
}

/**
 * The Canary with the waits that were written last, where its CRD did not keep them: without them a rollback would begin anew with each
 * pass. A wait belongs to its phase; after a restart it is forgotten, and begins once more.
 */
export function withOwnFields(read: ReadCanary, written: Waits | undefined): ReadCanary {
  const { status } = read.canary;
  if (written === undefined || status === undefined || status.phase !== written.phase) return read;
  const { draining, held } = written;
  const lost = {
    ...(draining !== undefined && status.draining === undefined ? { draining } : {}),
    ...(held !== undefined && status.held === undefined ? { held } : {}),
  };
  return Object.keys(lost).length === 0
    ? read
    : { ...read, canary: { ...read.canary, status: { ...status, ...lost } } };
}
