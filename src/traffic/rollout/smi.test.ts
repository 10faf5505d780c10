import { expect, it } from 'vitest';
import { trafficSplits } from '#cluster/resource.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';
import { smi } from './smi.ts';

const traffic = aTraffic({ smi: {} });

for (const version of ['v1alpha1', 'v1alpha3']) {
  rolloutRouterContract({
    name: `smi ${version}`,
    router: smi(version),
    traffic,
    objects: [],
    split(world) {
      const object = world.get(trafficSplits(version), 'web', 'test');
      const { backends } = Object(object?.['spec']) as { backends: readonly { weight: number | string }[] }; // of that kind
      return { canary: Number(backends[0]?.weight), stable: Number(backends[1]?.weight) };
    },
  });
}

it.each<[string, (weight: number) => number | string]>([
  ['v1alpha1', String],
  ['v1alpha2', Number],
  ['v1alpha3', Number],
])('makes a TrafficSplit %s that goes with the Rollout', (version, weight) => {
  const there = new RolloutObjects([]);
  const named = aTraffic(
    { smi: { rootService: 'root', trafficSplitName: 'split' } },
    {},
    {
      additional: [{ serviceName: 'exp', weight: 5 }],
    },
  );
  const changes = smi(version).setWeight(named, there, 20);
  expect(changes.events).toEqual([
    { type: 'Normal', reason: 'TrafficSplitCreated', message: 'TrafficSplit `split` created' },
  ]);
  expect(changes.writes).toMatchObject([
    {
      do: 'create',
      object: {
        apiVersion: `split.smi-spec.io/${version}`,
        kind: 'TrafficSplit',
        metadata: { name: 'split', namespace: 'test', ownerReferences: [{ kind: 'Rollout', uid: 'u1' }] },
        spec: {
          service: 'root',
          backends: [
            { service: 'canary', weight: weight(20) },
            { service: 'exp', weight: weight(5) },
            { service: 'stable', weight: weight(75) },
          ],
        },
      },
      refused: {
        type: 'Warning',
        reason: 'TrafficSplitNotCreated',
        message: 'TrafficSplit `split` failed creation: ',
      },
    },
  ]);
});

it('takes no TrafficSplit from somebody else', () => {
  const foreign = {
    apiVersion: 'split.smi-spec.io/v1alpha2',
    kind: 'TrafficSplit',
    metadata: { name: 'web', namespace: 'test' },
  };
  const there = new RolloutObjects([[trafficSplits('v1alpha2'), foreign]]);
  expect(() => smi('v1alpha2').setWeight(traffic, there, 20)).toThrow('Rollout does not own TrafficSplit `web`');
});

it('knows its versions', () => {
  expect(() => smi('v1')).toThrow('Unsupported TrafficSplit API version `v1`');
});
