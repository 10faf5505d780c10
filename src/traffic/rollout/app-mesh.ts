/** AWS App Mesh for Rollouts: weights in the VirtualRouter of a VirtualService, versions as VirtualNodes. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { AppMeshRouting } from '#api/rollout.ts';
import { hashLabel, managedByAnnotation } from '#api/rollout-keys.ts';
import { appMeshVirtualNodes, appMeshVirtualRouters, appMeshVirtualServices } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import {
  noChanges,
  ToldRouteError,
  type LiveRoutes,
  type RolloutRouter,
  type RolloutTraffic,
  type RouteChanges,
} from './router.ts';
import { namespaceOf, notFoundText, totalWeight, trafficRoutingOf, writeOf } from './routing-object.ts';

interface WeightedTarget {
  readonly virtualNodeRef?: { readonly name: string; readonly namespace?: string };
  readonly weight?: number;
}

interface ProtocolRoute {
  readonly action?: { readonly weightedTargets?: readonly WeightedTarget[] };
}

/** In the order in which they are looked for. */
const protocols = ['httpRoute', 'tcpRoute', 'http2Route', 'grpcRoute'] as const;

type Route = { readonly name: string } & { readonly [protocol in (typeof protocols)[number]]?: ProtocolRoute };

interface VirtualRouter extends KubeObject {
  readonly spec?: { readonly routes?: readonly Route[] };
}

interface VirtualService extends KubeObject {
  readonly spec?: {
    readonly provider?: { readonly virtualRouter?: { readonly virtualRouterRef?: { readonly name: string } } };
  };
}

interface VirtualNode extends KubeObject {
  readonly spec?: {
    readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

interface AppMeshKinds {
  readonly service: Resource;
  readonly router: Resource;
  readonly node: Resource;
}

export function appMesh(version: string): RolloutRouter {
  const kinds: AppMeshKinds = {
    service: appMeshVirtualServices(version),
    router: appMeshVirtualRouters(version),
    node: appMeshVirtualNodes(version),
  };
  return {
    resources: () => Object.values(kinds),
    updateHash: (traffic, live) => hashChanges(kinds, traffic, live),
    setWeight(traffic, live, weight) {
      const router = routerOf(kinds, traffic, live);
      const { routes: names = [] } = appMeshOf(traffic).virtualService ?? {};
      const routes = (router.spec?.routes ?? []).map((route) =>
        names.length === 0 || names.includes(route.name) ? weightedRoute(router, route, traffic, weight) : route,
      );
      const wanted = { ...router, spec: { ...router.spec, routes } };
      return { writes: writeOf(traffic.rollout, kinds.router, router, wanted), events: [] };
    },
    setHeaderRoute: () => noChanges,
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: () => noChanges,
    verifyWeight: () => undefined,
  };
}

function appMeshOf({ rollout }: RolloutTraffic): AppMeshRouting {
  return trafficRoutingOf(rollout)?.appMesh ?? {};
}

function routerOf(kinds: AppMeshKinds, traffic: RolloutTraffic, live: LiveRoutes): VirtualRouter {
  const { name: serviceName } = appMeshOf(traffic).virtualService ?? {};
  if (!serviceName) throw new RouteError('must provide virtual-service');
  const service: VirtualService = found(kinds.service, traffic, live, serviceName);
  const { name } = service.spec?.provider?.virtualRouter?.virtualRouterRef ?? {};
  if (!name) throw new RouteError(`AppMesh virtual-service ${serviceName} has no virtual-router`);
  return found(kinds.router, traffic, live, name);
}

function found(kind: Resource, { rollout }: RolloutTraffic, live: LiveRoutes, name: string): KubeObject {
  const object = live.get(kind, name, namespaceOf(rollout));
  if (object !== undefined) return object;
  throw new ToldRouteError(notFoundText(kind, name), `${kind.kind}NotFound`, `${kind.kind} \`${name}\` not found`);
}

function weightedRoute(router: VirtualRouter, route: Route, traffic: RolloutTraffic, weight: number): Route {
  const protocol = protocols.find((name) => route[name] !== undefined);
  const inner = protocol === undefined ? undefined : route[protocol];
  const targets = inner?.action?.weightedTargets ?? [];
  if (protocol === undefined || targets.length !== 2) {
    throw new RouteError(
      `Invalid number of weightedTargets (${targets.length}) for AppMesh virtual-router ${router.metadata.name} and route ${route.name}, expected 2`,
    );
  }
  const { canaryVirtualNodeRef, stableVirtualNodeRef } = appMeshOf(traffic).virtualNodeGroup ?? {};
  const weights = new Map([
    [canaryVirtualNodeRef?.name, weight],
    [stableVirtualNodeRef?.name, totalWeight(traffic.rollout) - weight],
  ]);
  const namespace = namespaceOf(traffic.rollout);
  const weightedTargets = targets.map((target) => {
    const { name, namespace: home = namespace } = target.virtualNodeRef ?? {};
    const share = home === namespace && name !== undefined ? weights.get(name) : undefined;
    return share === undefined ? target : { ...target, weight: share };
  });
  return { ...route, [protocol]: { ...inner, action: { ...inner?.action, weightedTargets } } };
}

function hashChanges(kinds: AppMeshKinds, traffic: RolloutTraffic, live: LiveRoutes): RouteChanges {
  const { virtualNodeGroup: group } = appMeshOf(traffic);
  if (group === undefined) return noChanges;
  const { canaryHash, stableHash } = traffic;
  // While there is one version alone, the canary's node must select no pod at all.
  const canary = canaryHash === '' || canaryHash === stableHash ? 'canary-hash' : canaryHash;
  const hashes = [
    [group.canaryVirtualNodeRef.name, canary],
    [group.stableVirtualNodeRef.name, stableHash || 'stable-hash'],
  ] as const;
  const writes = hashes.flatMap(([name, hash]) => {
    const node: VirtualNode = found(kinds.node, traffic, live, name);
    return writeOf(traffic.rollout, kinds.node, node, withHash(node, hash, traffic.rollout.metadata.name));
  });
  return { writes, events: [] };
}

function withHash(node: VirtualNode, hash: string, rollout: string): VirtualNode {
  const matchLabels = { ...node.spec?.podSelector?.matchLabels, [hashLabel]: hash };
  return {
    ...node,
    metadata: { ...node.metadata, annotations: { ...node.metadata.annotations, [managedByAnnotation]: rollout } },
    spec: { ...node.spec, podSelector: { ...node.spec?.podSelector, matchLabels } },
  };
}
