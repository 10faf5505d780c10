import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { customResourceDefinitions, httpRoutes } from '#cluster/resource.ts';

import type { Gateway } from './gateway-status.ts';
import { testWorld, type TestWorld } from './test-world.ts';
import type { Condition } from './workloads/shapes.ts';

const route = { namespace: 'default', name: 'web' };

/** Enough of the Gateway API for routes with a status. */
const crd: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: customResourceDefinitions.kind,
  metadata: { name: 'httproutes.gateway.networking.k8s.io' },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { plural: 'httproutes', singular: 'httproute', kind: 'HTTPRoute', listKind: 'HTTPRouteList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

function start(gateway?: 'silent' | 'rejects'): TestWorld {
  const world = testWorld({ crds: [crd], ...(gateway !== undefined && { gateway }) });
  const spec = { parentRefs: [{ name: 'gw' }], rules: [] };
  const apiVersion = 'gateway.networking.k8s.io/v1';
  world.apply({ apiVersion, kind: 'HTTPRoute', metadata: { ...route }, spec }, httpRoutes);
  return world;
}

function accepted(world: TestWorld): Condition | undefined {
  const [parent] = Object(world.status(httpRoutes, route))['parents'] ?? [];
  return parent?.conditions.find(({ type }: Condition) => type === 'Accepted');
}

describe('the gateway', () => {
  it('accepts each generation of a route 20 ms later', async () => {
    const world = start();
    await world.pass(19);
    expect(accepted(world)).toBeUndefined();
    await world.pass(1);
    expect(accepted(world)).toMatchObject({ status: 'True', observedGeneration: 1 });
    world.edit(httpRoutes, route, { hostnames: ['a.example'] });
    await world.pass(20);
    expect(accepted(world)).toMatchObject({ status: 'True', observedGeneration: 2 });
  });

  it('writes nothing again for a generation that it has reported', async () => {
    const world = start();
    await world.pass(5000);
    expect(world.changes.filter(({ object }) => object.kind === 'HTTPRoute')).toHaveLength(2);
  });

  it.each([
    ['rejects', 'False'],
    ['silent', undefined],
  ] as const)('%s when it is told so', async (mode, status) => {
    const world = start(mode);
    await world.pass(1000);
    expect(accepted(world)?.status).toBe(status);
  });

  it('looks at routes again when its mode changes', async () => {
    const world = start('rejects');
    await world.pass(1000);
    const gateway: Gateway = world.gateway;
    gateway.setMode('accepts');
    await world.pass(20);
    expect(accepted(world)?.status).toBe('True');
  });
});
