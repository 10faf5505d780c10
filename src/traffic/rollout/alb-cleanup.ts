/** What is left of Rollouts in the Ingress of an AWS load balancer when they have gone, or do not name it any more. */
import type { FieldChange } from '#api/field-change.ts';
import type { Rollout } from '#api/rollout.ts';
import { fieldChanges } from '#cluster/field-diff.ts';
import {
  backendOf,
  forwardAction,
  managedIn,
  targetGroupsIn,
  withManaged,
  withPaths,
  type Annotations,
  type Ingress,
} from './alb-annotations.ts';
import { albIngresses } from './alb-config.ts';
import { classAnnotation } from './routing-object.ts';

/** Whether the Ingress is of one of the classes that the AWS load balancer controller serves. */
export function isAlbIngress(ingress: Ingress, classes: readonly string[]): boolean {
  const name = ingress.metadata.annotations?.[classAnnotation] ?? ingress.spec?.['ingressClassName'];
  return typeof name === 'string' && classes.includes(name);
}

/**
 * Each action of such a Rollout becomes one target group with all of the traffic: the Service that the action is named after.
 * `rollouts` are those of the Ingress's namespace, at least.
 */
export function cleanupAlbIngress(ingress: Ingress, rollouts: readonly Rollout[]): readonly FieldChange[] {
  const { name, namespace, annotations: before = {} } = ingress.metadata;
  const isUsed = (owner: string): boolean =>
    rollouts.some(
      (rollout) =>
        rollout.metadata.name === owner &&
        rollout.metadata.namespace === namespace &&
        albIngresses(rollout).includes(name),
    );
  const left = Object.entries(managedIn(before)).filter(([owner]) => !isUsed(owner));
  if (left.length === 0) return [];
  const keys = left.flatMap(([, theirs]) => theirs);
  const headerRoutes = new Set(keys.flatMap((key) => /\/conditions\.(.+)$/.exec(key)?.[1] ?? []));
  const reset = keys.reduce((after, key) => withReset(after, key, headerRoutes), before);
  const annotations = left.reduce((after, [owner]) => withManaged(after, owner, []), reset);
  const cleaned = withPaths(ingress, (paths) => paths.filter((path) => !headerRoutes.has(backendOf(path) ?? '')));
  return fieldChanges(ingress, { ...cleaned, metadata: { ...ingress.metadata, annotations } });
}

/** The annotations without those of header routes, where the others are as if there were one version. */
function withReset(annotations: Annotations, key: string, headerRoutes: ReadonlySet<string>): Annotations {
  const [, what, backend = ''] = /\/(actions|conditions)\.(.+)$/.exec(key) ?? [];
  if (headerRoutes.has(backend)) {
    const { [key]: _, ...others } = annotations;
    return others;
  }
  const groups = targetGroupsIn(annotations[key]);
  const port = (groups.find(({ ServiceName }) => ServiceName === backend) ?? groups[0])?.ServicePort;
  if (what !== 'actions' || port === undefined) return annotations;
  return { ...annotations, [key]: forwardAction([{ ServiceName: backend, ServicePort: port, Weight: 100 }]) };
}
