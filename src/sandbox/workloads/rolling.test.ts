import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deployments } from '#cluster/resource.ts';

import { aDeployment, podTemplate, testWorld, type TestWorld, web } from '../test-world.ts';

import { ceilingOf, limitsOf, replicasOf } from './deployment-size.ts';
import { isActive, isReady } from './pods.ts';
import { shaped } from './shapes.ts';

const limit = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('0%', '25%', '50%', '100%'));

/** What happens to a Deployment, and how many milliseconds later the next thing does. */
const edits = fc.array(
  fc.record({
    wait: fc.integer({ min: 0, max: 500 }),
    spec: fc.oneof(
      fc.integer({ min: 1, max: 6 }).map((version) => ({ template: podTemplate(`web:${version}`) })),
      fc.integer({ min: 0, max: 7 }).map((replicas) => ({ replicas })),
      fc.boolean().map((paused) => ({ paused })),
    ),
  }),
  { maxLength: 8 },
);

function counts(world: TestWorld): { readonly ready: number; readonly active: number } {
  const active = world
    .pods()
    .map((pod) => shaped('Pod', pod))
    .filter(isActive);
  return { ready: active.filter(isReady).length, active: active.length };
}

describe('rolling updates', () => {
  it('end where the spec wants it, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(limit, limit, edits, async (maxSurge, maxUnavailable, happens) => {
        const world = testWorld();
        world.apply(
          aDeployment('web:1', { strategy: { rollingUpdate: { maxSurge, maxUnavailable: maxUnavailable || 1 } } }),
        );
        for (const { wait, spec } of happens) {
          await world.pass(wait);
          world.edit(deployments, web, spec);
        }
        world.edit(deployments, web, { paused: false });
        await world.pass(30_000);
        const deployment = shaped('Deployment', world.objects.get(deployments, web) ?? aDeployment(''));
        const wanted = replicasOf(deployment);
        expect(counts(world)).toEqual({ ready: wanted, active: wanted });
        const counted = wanted === 0 ? {} : { updatedReplicas: wanted, availableReplicas: wanted };
        expect(deployment.status).toMatchObject({ observedGeneration: deployment.metadata.generation, ...counted });
        const image = deployment.spec.template?.spec?.containers?.[0]?.image;
        for (const pod of world.pods()) expect(shaped('Pod', pod).spec.containers?.[0]?.image).toBe(image);
      }),
      { numRuns: 60, seed: 20 },
    );
  });

  it('keep to maxSurge and maxUnavailable at every moment', async () => {
    const replicas = fc.integer({ min: 1, max: 8 });
    await fc.assert(
      fc.asyncProperty(replicas, limit, limit, async (replicas, maxSurge, maxUnavailable) => {
        const world = testWorld();
        world.apply(
          aDeployment('web:1', {
            replicas,
            strategy: { rollingUpdate: { maxSurge, maxUnavailable: maxUnavailable || 1 } },
          }),
        );
        await world.pass(1000);
        world.edit(deployments, web, { template: podTemplate('web:2') });
        const deployment = shaped('Deployment', world.objects.get(deployments, web) ?? aDeployment(''));
        for (let moment = 0; moment < 100; moment += 1) {
          await world.pass(20);
          const { ready, active } = counts(world);
          expect(ready).toBeGreaterThanOrEqual(replicas - limitsOf(deployment).unavailable);
          expect(active).toBeLessThanOrEqual(ceilingOf(deployment));
        }
      }),
      { numRuns: 30, seed: 20 },
    );
  });
});
