/** What the routers of Rollouts share: finding their objects, and writing what differs from what is wanted. */
import type { KubeObject, OwnerReference, Resource } from '#api/kubernetes.ts';
import type { Rollout, TrafficRouting } from '#api/rollout.ts';
import { fieldChanges } from '#cluster/field-diff.ts';
import { ingresses, nameOf } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import type { LiveRoutes, RolloutRouteWrite, RolloutTraffic } from './router.ts';

export function trafficRoutingOf(rollout: Rollout): TrafficRouting | undefined {
  return rollout.spec.strategy?.canary?.trafficRouting;
}

/** Names the ingress controller of an object that has no field for it. */
export const classAnnotation = 'kubernetes.io/ingress.class';

/** What the weights of a Rollout add up to. */
export function totalWeight(rollout: Rollout): number {
  return trafficRoutingOf(rollout)?.maxTrafficWeight ?? 100;
}

/** What is left for stable of the total weight. */
export function stableWeight({ rollout, additional }: RolloutTraffic, canaryWeight: number): number {
  const others = additional.reduce((sum, { weight }) => sum + weight, 0);
  return Math.max(0, totalWeight(rollout) - canaryWeight - others);
}

export function namespaceOf(rollout: Rollout): string {
  return rollout.metadata.namespace ?? 'default';
}

/** Names of the routes that the Rollout may add, the one that goes before all others first. */
export function managedRouteNames(rollout: Rollout): readonly string[] {
  return (trafficRoutingOf(rollout)?.managedRoutes ?? []).map(({ name }) => name);
}

/** The object, or the words of client-go's caches for one that is not there. */
export function existing(live: LiveRoutes, resource: Resource, name: string, namespace: string): KubeObject {
  const object = live.get(resource, name, namespace);
  if (object === undefined) throw new RouteError(notFoundText(resource, name));
  return object;
}

/** Those of Kubernetes' own kinds say the kind, those of custom resources the plural. */
export function notFoundText(resource: Resource, name: string): string {
  return `${resource === ingresses ? 'ingress.networking.k8s.io' : nameOf(resource)} "${name}" not found`;
}

/** The write that makes one object out of the other; none when they mean the same. */
export function writeOf(
  rollout: Rollout,
  resource: Resource,
  before: KubeObject,
  after: KubeObject,
): readonly RolloutRouteWrite[] {
  const changes = fieldChanges(before, after);
  if (changes.length === 0) return [];
  const { name, namespace = namespaceOf(rollout), resourceVersion } = before.metadata;
  const place = namespace === namespaceOf(rollout) ? {} : { namespace };
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  return [{ do: 'change', resource, name, ...place, ...version, changes }];
}

/** What makes an object go with its Rollout. */
export function ownedBy(rollout: Rollout): OwnerReference {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name: rollout.metadata.name,
    uid: rollout.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isControlledBy(object: KubeObject, rollout: Rollout): boolean {
  const controller = object.metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller !== undefined && controller.uid === rollout.metadata.uid;
}
