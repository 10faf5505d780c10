/** What the API server does not keep of a status: a CRD that lacks fields drops them without a word. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { canaries, nameOf } from '#cluster/resource.ts';

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
