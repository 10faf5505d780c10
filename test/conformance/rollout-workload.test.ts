/** Rollouts that take the pods of a Deployment over, and what becomes of the Deployment's own. */
import { afterEach, expect, it } from 'vitest';
import { deployments } from '#cluster/resource.ts';
import { blueGreen, canary, deployment, type RolloutFixture } from './rollout-fixture.ts';
import { type RolloutWorld, rolloutWorld } from './rollout-world.ts';

const spec = {
  workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'progressively' },
};

let world: RolloutWorld | undefined;
afterEach(() => world?.stop());

const sizeOfDeployment = (there: RolloutWorld): unknown =>
  (there.get(deployments, 'web')?.['spec'] as { replicas?: number } | undefined)?.replicas; // of that kind

const strategies: Readonly<Record<string, RolloutFixture>> = {
  canary: canary({}, { spec, objects: [deployment()] }),
  'Blue/Green': blueGreen({}, { spec, objects: [deployment()] }),
};

for (const [name, fixture] of Object.entries(strategies)) {
  it(`[rollout-1] a ${name} takes over progressively, down to the last pod of the Deployment`, async () => {
    const there = (world = await rolloutWorld(fixture));
    await there.phase('Healthy');
    await there.until('without pods of the Deployment', () => sizeOfDeployment(there) === 0, 30);
    there.change(deployments, 'web', { spec: { replicas: 3 } });
    await there.until('without them again', () => sizeOfDeployment(there) === 0, 30);
    expect(there.status().availableReplicas).toBe(2);
  });
}
