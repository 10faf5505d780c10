/** What the CRD lets through and Kubernetes cannot hold: the Rollout is delivered without it. */
import { afterEach, expect, it } from 'vitest';
import { rollouts } from '#cluster/resource.ts';
import { canary } from './rollout-fixture.ts';
import { type RolloutWorld, rolloutWorld } from './rollout-world.ts';

let world: RolloutWorld | undefined;
afterEach(() => world?.stop());

const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', resources: { requests: { cpu: '1', memory: 'invalid' } } }] },
};

const requestsOf = (there: RolloutWorld): unknown => there.rollout().spec.template?.spec.containers[0]?.['resources'];

it('delivers pods without an amount that is no quantity, and leaves the spec alone', async () => {
  const there = (world = await rolloutWorld(canary({}, { spec: { template } })));
  await there.promoted('web:1');
  expect(requestsOf(there)).toEqual({ requests: { cpu: '1', memory: 'invalid' } });
});

it('leaves it out where it writes the spec anyway', async () => {
  const there = (world = await rolloutWorld(canary({}, { spec: { template } })));
  await there.promoted('web:1');
  there.change(rollouts, 'web', { spec: { replicas: null } });
  await there.until('with replicas', () => there.rollout().spec.replicas === 1, 10);
  expect(requestsOf(there)).toEqual({ requests: { cpu: '1' } });
  expect(there.sets()).toHaveLength(1);
});
