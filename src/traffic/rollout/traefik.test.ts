import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { traefikServices } from '#cluster/resource.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';
import { traefik } from './traefik.ts';

const router = traefik('traefik.io', 'traefik.io/v1alpha1');
const kind = traefikServices('traefik.io', 'v1alpha1');
const traffic = aTraffic({ traefik: { weightedTraefikServiceName: 'ts' } });

interface Service {
  readonly name: string;
  readonly weight?: number;
  readonly port?: number;
}

function aService(services: readonly Service[] | undefined): KubeObject {
  const metadata = { name: 'ts', namespace: 'test' };
  return { apiVersion: 'traefik.io/v1alpha1', kind: 'TraefikService', metadata, spec: { weighted: { services } } };
}

function servicesIn(world: RolloutObjects): readonly Service[] {
  const object = world.get(kind, 'ts', 'test') as { spec?: { weighted?: { services?: readonly Service[] } } }; // of that kind
  return object.spec?.weighted?.services ?? [];
}

rolloutRouterContract({
  name: 'traefik',
  router,
  traffic,
  objects: [
    [
      kind,
      aService([
        { name: 'stable', port: 80 },
        { name: 'canary', port: 80 },
        { name: 'other', weight: 3 },
      ]),
    ],
  ],
  split(world) {
    const [stable, canary] = servicesIn(world);
    return { canary: canary?.weight ?? 0, stable: stable?.weight ?? 0 };
  },
});

it('leaves other services alone', () => {
  const services = [{ name: 'stable', port: 80 }, { name: 'canary' }, { name: 'other', weight: 3 }];
  const there = new RolloutObjects([[kind, aService(services)]]);
  there.perform(router.setWeight(traffic, there, 20));
  expect(servicesIn(there)).toEqual([
    { name: 'stable', port: 80, weight: 80 },
    { name: 'canary', weight: 20 },
    { name: 'other', weight: 3 },
  ]);
});

it.each<[string, readonly Service[] | undefined]>([
  ['spec.weighted.services was not found in traefik service manifest', undefined],
  ['traefik canary service was not found', [{ name: 'stable' }]],
  ['traefik stable service was not found', [{ name: 'canary' }]],
])('says that %s', (text, services) => {
  const there = new RolloutObjects([[kind, aService(services)]]);
  expect(() => router.setWeight(traffic, there, 20)).toThrow(text);
});

it('takes the version of a group of its own', () => {
  expect(traefik('traefik.containo.us', 'v1alpha1').resources(traffic.rollout)).toMatchObject([
    { group: 'traefik.containo.us', version: 'v1alpha1', plural: 'traefikservices' },
  ]);
});
