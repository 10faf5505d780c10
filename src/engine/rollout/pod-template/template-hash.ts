/** The hash of a pod template that names its ReplicaSet: the one that Argo Rollouts computes, so that both agree on names. */
import type { PodTemplate } from '#api/workload.ts';
import { fnv1a, safeDigits } from '#engine/safe-hash.ts';
import { goJson, structsOf } from './go-json.ts';
import { podFieldOrder } from './pod-field-order.ts';

/**
 * Releases of Argo Rollouts that were built with Kubernetes libraries before 0.34 write `creationTimestamp: null`
 * into each metadata, and have other hashes.
 */
export type HashForm = 'current' | 'with-creation-timestamp';

const current = structsOf(podFieldOrder);
const structs = {
  current,
  'with-creation-timestamp': new Map(current).set(
    'ObjectMeta',
    (current.get('ObjectMeta') ?? []).map((field) =>
      field.name === 'creationTimestamp' ? { ...field, absent: 'null' } : field,
    ),
  ),
};

/** `template` without the hash label and without anything that the controller itself has added. */
export function templateHash(template: PodTemplate, collisionCount?: number, form: HashForm = 'current'): string {
  return safeDigits(fnv1a(templateJson(template, form), collisionBytes(collisionCount)));
}

/** The template as Go writes it: without zeros that say nothing, quantities in one form, only what Kubernetes 1.34 knows. */
export function templateJson(template: PodTemplate, form: HashForm = 'current'): string {
  return goJson(structs[form], 'PodTemplateSpec', template);
}

/** 8 bytes, of which the number takes the first four, lowest first. */
function collisionBytes(count: number | undefined): readonly number[] {
  if (count === undefined) return [];
  return [count & 0xff, (count >> 8) & 0xff, (count >> 16) & 0xff, (count >> 24) & 0xff, 0, 0, 0, 0];
}
