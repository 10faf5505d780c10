/** What a Service loses when no Rollout points it at its versions any more: it selects all matching pods then, as before. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { annotationKeys, hashLabel } from './replica-sets/replica-set.ts';
import { selectedHash } from './services.ts';
import { servicesOf } from './validation/references.ts';

/** The Rollout that the Service says it is managed by. */
export function managerOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[annotationKeys.managedBy];
}

/** Whether the Service selects one version. One that is controlled by another object, such as an Experiment, is that one's business. */
export function selectsVersion(service: KubeObject): boolean {
  const isOwned = (service.metadata.ownerReferences ?? []).some(({ controller }) => controller === true);
  return !isOwned && selectedHash(service) !== undefined;
}

/** `rollouts` are the one that the Service says it is managed by, or all of its namespace where it says nothing. */
export function cleanupService(service: KubeObject, rollouts: readonly Rollout[]): readonly FieldChange[] {
  const manager = managerOf(service);
  const isUsed = rollouts.some(
    (rollout) =>
      (manager === undefined || rollout.metadata.name === manager) &&
      rollout.metadata.namespace === service.metadata.namespace &&
      servicesOf(rollout).some(({ name }) => name === service.metadata.name),
  );
  if (isUsed || !selectsVersion(service)) return [];
  const selector = { path: ['spec', 'selector', hashLabel], value: undefined };
  if (manager === undefined) return [selector];
  return [{ path: ['metadata', 'annotations', annotationKeys.managedBy], value: undefined }, selector];
}
