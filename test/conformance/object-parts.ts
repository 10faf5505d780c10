/** The parts that many kinds of objects have, as a trace shows them. */
import type { KubeObject } from '#api/kubernetes.ts';
import { dig, digList, digText, isRecord, type Json } from './json.ts';

export function pick(state: Json, keep: (field: string) => boolean): Json {
  return Object.fromEntries(Object.entries(state).filter(([field]) => keep(field)));
}

/** `Kind/name` of every owner; those that do not control the object say so. */
export function owners(object: KubeObject): readonly string[] {
  return (object.metadata.ownerReferences ?? []).map(
    (owner) => `${owner.kind}/${owner.name}${owner.controller === true ? '' : ' (not controller)'}`,
  );
}

export function firstImage(template: unknown): unknown {
  return dig(digList(template, 'spec', 'containers')[0], 'image');
}

/** `condition.TYPE` for each condition of the status. */
export function conditions(object: KubeObject, show: (condition: unknown) => string): Json {
  return Object.fromEntries(
    digList(object, 'status', 'conditions').map((condition) => [
      `condition.${digText(condition, 'type')}`,
      show(condition),
    ]),
  );
}

const toolAnnotations =
  /^(deployment\.kubernetes\.io\/|kubectl\.kubernetes\.io\/|autoscaling\.alpha|rollout\.argoproj\.io\/(revision|desired|workload))/;

/** Annotations without those that tools and other controllers keep for themselves. */
export function ownAnnotations(annotations: unknown): Json {
  return isRecord(annotations) ? pick(annotations, (key) => !toolAnnotations.test(key)) : {};
}
