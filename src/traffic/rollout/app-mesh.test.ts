import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { appMeshVirtualNodes, appMeshVirtualRouters, appMeshVirtualServices } from '#cluster/resource.ts';
import { appMesh } from './app-mesh.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract, type RoutedObject } from './rollout-router-contract.ts';

const router = appMesh('v1beta2');
const [services, routers, nodes] = [
  appMeshVirtualServices('v1beta2'),
  appMeshVirtualRouters('v1beta2'),
  appMeshVirtualNodes('v1beta2'),
];

const object = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion: 'appmesh.k8s.aws/v1beta2',
  kind,
  metadata: { name, namespace: 'test' },
  spec,
});
const service = object('VirtualService', 'vs', { provider: { virtualRouter: { virtualRouterRef: { name: 'vr' } } } });
const target = (name: string, weight: number) => ({ virtualNodeRef: { name }, weight });
const action = { action: { weightedTargets: [target('s', 100), target('c', 0)] } };
const vrouter = (...routes: readonly object[]): KubeObject => object('VirtualRouter', 'vr', { listeners: [], routes });
const node = (name: string): KubeObject =>
  object('VirtualNode', name, { podSelector: { matchLabels: { app: 'web' } } });

const config = {
  virtualService: { name: 'vs' },
  virtualNodeGroup: { canaryVirtualNodeRef: { name: 'c' }, stableVirtualNodeRef: { name: 's' } },
};
const traffic = aTraffic({ appMesh: config });

function world(...routes: readonly object[]): RolloutObjects {
  const objects: readonly RoutedObject[] = [
    [services, service],
    [routers, vrouter(...routes)],
    [nodes, node('c')],
    [nodes, node('s')],
  ];
  return new RolloutObjects(objects);
}

function weightsIn(there: RolloutObjects): readonly unknown[] {
  const { routes } = Object(there.get(routers, 'vr', 'test')?.['spec']) as { routes: readonly object[] }; // of that kind
  return routes.flatMap((route) =>
    Object.values(route).flatMap((part) =>
      typeof part === 'object' ? [(part as typeof action).action.weightedTargets.map(({ weight }) => weight)] : [],
    ),
  );
}

rolloutRouterContract({
  name: 'app mesh',
  router,
  traffic: aTraffic({ appMesh: { virtualService: { name: 'vs' }, virtualNodeGroup: config.virtualNodeGroup } }),
  objects: [
    [services, service],
    [routers, vrouter({ name: 'a', httpRoute: action })],
  ],
  unrouted: [
    [nodes, node('c')],
    [nodes, node('s')],
  ],
  split(there) {
    const [[stable = 0, canary = 0] = []] = weightsIn(there) as readonly (readonly number[])[]; // one list a route
    return { canary, stable };
  },
});

it('sets the weights of all routes, or of the named ones, whatever their protocol', () => {
  const routes = [
    { name: 'a', http2Route: action },
    { name: 'b', grpcRoute: action },
  ];
  const there = world(...routes);
  there.perform(router.setWeight(traffic, there, 20));
  expect(weightsIn(there)).toEqual([
    [80, 20],
    [80, 20],
  ]);
  const other = world(...routes);
  const named = aTraffic({ appMesh: { ...config, virtualService: { name: 'vs', routes: ['b'] } } });
  other.perform(router.setWeight(named, other, 20));
  expect(weightsIn(other)).toEqual([
    [100, 0],
    [80, 20],
  ]);
});

it.each<[string, object]>([
  ['must provide virtual-service', { appMesh: {} }],
  ['Invalid number of weightedTargets (1) for AppMesh virtual-router vr and route a, expected 2', { appMesh: config }],
])('says: %s', (text, routing) => {
  const there = world({ name: 'a', tcpRoute: { action: { weightedTargets: [target('s', 1)] } } });
  expect(() => router.setWeight(aTraffic(routing), there, 20)).toThrow(text);
});

it('tells of what is missing by an event', () => {
  const empty = new RolloutObjects([[services, service]]);
  const event = (reason: string, message: string): object =>
    expect.objectContaining({ event: { type: 'Warning', reason, message } }) as object;
  expect(() => router.setWeight(traffic, new RolloutObjects([]), 20)).toThrow(
    event('VirtualServiceNotFound', 'VirtualService `vs` not found'),
  );
  expect(() => router.setWeight(traffic, empty, 20)).toThrow(
    event('VirtualRouterNotFound', 'VirtualRouter `vr` not found'),
  );
  expect(() => router.updateHash(traffic, empty)).toThrow(event('VirtualNodeNotFound', 'VirtualNode `c` not found'));
});

describe('the nodes', () => {
  it.each([
    ['hash2', 'hash1', 'hash2', 'hash1'],
    ['hash1', 'hash1', 'canary-hash', 'hash1'],
    ['', '', 'canary-hash', 'stable-hash'],
  ])('of canary "%s" and stable "%s" select %s and %s', (canaryHash, stableHash, canary, stable) => {
    const there = world();
    there.perform(router.updateHash({ ...traffic, canaryHash, stableHash }, there));
    for (const [name, hash] of [
      ['c', canary],
      ['s', stable],
    ] as const) {
      expect(there.get(nodes, name, 'test')).toMatchObject({
        metadata: { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'web' } },
        spec: { podSelector: { matchLabels: { app: 'web', 'rollouts-pod-template-hash': hash } } },
      });
    }
  });
});
