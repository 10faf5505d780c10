import { describe, expect, it } from 'vitest';
import { deployments, horizontalPodAutoscalers } from '#cluster/resource.ts';

import { aDeployment, testWorld, type TestWorld, web } from '../test-world.ts';

function start(replicas: number): TestWorld {
  const world = testWorld();
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  world.apply(aDeployment('web:1', { replicas }));
  world.apply(
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...web },
      spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 4 },
    },
    horizontalPodAutoscalers,
  );
  return world;
}

const replicas = (world: TestWorld): unknown => Object(world.objects.get(deployments, web)?.['spec']).replicas;

describe('an autoscaler', () => {
  it('brings its target within bounds when it looks for the first time, after 15 s', async () => {
    const world = start(1);
    await world.pass(14_900);
    expect(replicas(world)).toBe(1);
    await world.pass(200);
    expect(replicas(world)).toBe(2);
    await world.pass(15_000);
    expect(world.status(horizontalPodAutoscalers, web)).toMatchObject({ currentReplicas: 2, desiredReplicas: 2 });
  });

  it('follows what its metrics want, up to the maximum', async () => {
    const world = start(2);
    world.hpaWants(web, 3);
    await world.pass(1000);
    expect(world.status(deployments, web)).toMatchObject({ availableReplicas: 3 });
    world.hpaWants(web, 9);
    await world.pass(1000);
    expect(replicas(world)).toBe(4);
  });

  it('is disabled while its target has no replicas', async () => {
    const world = start(0);
    world.hpaWants(web, 3);
    await world.pass(16_000);
    expect(replicas(world)).toBe(0);
    expect(world.condition(horizontalPodAutoscalers, web, 'ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'ScalingDisabled',
    });
  });
});
