import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { ambassadorMappings } from '#cluster/resource.ts';
import { ambassador, canaryMappingName } from './ambassador.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';

const router = ambassador('getambassador.io/v2');
const kind = ambassadorMappings('getambassador.io', 'v2');
const traffic = aTraffic({ ambassador: { mappings: ['m'] } });

function aMapping(spec: object = {}, name = 'm'): KubeObject {
  const metadata = { name, namespace: 'test', labels: { a: 'b' } };
  const service = { prefix: '/', service: 'http://stable.test:8080' };
  return { apiVersion: 'getambassador.io/v2', kind: 'Mapping', metadata, spec: { ...service, ...spec } };
}

const canary = (world: RolloutObjects, name = 'm-canary'): KubeObject | undefined => world.get(kind, name, 'test');

function weightIn(world: RolloutObjects): number {
  const { weight = 0 } = Object(canary(world)?.['spec']) as { weight?: number }; // of that kind
  return weight;
}

it('makes a Mapping for the canary, changes it, and removes it after it had nothing for a while', () => {
  const there = new RolloutObjects([[kind, aMapping()]]);
  expect(router.setWeight(traffic, there, 0)).toEqual({ writes: [], events: [] });

  const made = router.setWeight(traffic, there, 20);
  there.perform(made);
  expect(canary(there)).toEqual({
    apiVersion: 'getambassador.io/v2',
    kind: 'Mapping',
    metadata: {
      name: 'm-canary',
      namespace: 'test',
      ownerReferences: [expect.objectContaining({ kind: 'Rollout', uid: 'u1', controller: true })],
    },
    spec: { prefix: '/', service: 'http://canary.test:8080', weight: 20 },
  });
  expect(made.events).toEqual([
    {
      type: 'Normal',
      reason: 'CanaryMappingWeightUpdate',
      message: "Canary mapping `m-canary` set to weight '20'",
    },
  ]);
  expect(router.setWeight(traffic, there, 20)).toEqual({ writes: [], events: [] });

  there.perform(router.setWeight(traffic, there, 50));
  expect(weightIn(there)).toBe(50);

  const emptied = router.setWeight(traffic, there, 0);
  expect(emptied.wakeIn).toBe(5000);
  there.perform(emptied);
  expect(weightIn(there)).toBe(0);
  expect(canary(there)).toBeDefined();
  there.perform(router.setWeight(traffic, there, 0));
  expect(canary(there)).toBeUndefined();
  expect(router.setWeight(traffic, there, 0)).toEqual({ writes: [], events: [] });
});

it('says what is wrong with one Mapping, or with several', () => {
  const there = new RolloutObjects([[kind, aMapping({ weight: 5 })]]);
  expect(() => router.setWeight(traffic, there, 20)).toThrow(
    expect.objectContaining({
      message: 'Ambassador mapping "m" can not define weight',
      event: expect.objectContaining({ reason: 'AmbassadorMappingConfigError' }) as unknown,
    }),
  );
  const both = aTraffic({ ambassador: { mappings: ['m', 'gone'] } });
  expect(() => router.setWeight(both, there, 20)).toThrow(
    '2 errors found: [Ambassador mapping "m" can not define weight][mappings.getambassador.io "gone" not found]',
  );
});

it('works on AmbassadorMappings of another group', () => {
  expect(ambassador('x.getambassador.io/v3alpha1').resources(traffic.rollout)).toMatchObject([
    { group: 'x.getambassador.io', version: 'v3alpha1', plural: 'ambassadormappings', kind: 'AmbassadorMapping' },
  ]);
});

it('has names that are not too long', () => {
  expect(canaryMappingName('m'.repeat(250))).toBe(`${'m'.repeat(246)}-canary`);
});

rolloutRouterContract({
  name: 'ambassador',
  router,
  traffic,
  objects: [[kind, aMapping()]],
  split: (world) => ({ canary: weightIn(world), stable: 100 - weightIn(world) }),
  settles: true,
});
