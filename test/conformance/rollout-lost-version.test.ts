/** Somebody deletes the ReplicaSet that users have while an update is under way: nothing can go back any more, and nothing may be lost on the way on. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { replicaSets } from '#cluster/resource.ts';
import { blueGreen, canary, type RolloutFixture } from './rollout-fixture.ts';
import { rolloutWorld, type RolloutWorld } from './rollout-world.ts';

async function start(fixture: RolloutFixture): Promise<RolloutWorld> {
  const world = await rolloutWorld(fixture);
  onTestFinished(async () => {
    await world.stop();
    expect(world.broken).toEqual([]);
  });
  return world;
}

/** Paused halfway from `web:1` to `web:2`. */
async function halfway(fixture: RolloutFixture): Promise<RolloutWorld> {
  const world = await start(fixture);
  await world.promoted('web:1');
  world.setImage('web:2');
  await world.paused();
  return world;
}

function deleteStable(world: RolloutWorld): void {
  const stable = world.sets().find(({ image }) => image === 'web:1');
  world.delete(replicaSets, `web-${stable?.hash}`);
}

const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }, { pause: {} }];
const spec = { replicas: 4 };

const routed = { service: 'web:2', weights: { stable: 100, canary: 0 } };

describe.each([
  ['none', undefined],
  ['gatewayApi', routed],
] as const)('a canary with the router "%s"', (behind, traffic) => {
  it.each([false, true])(
    'takes over with all its pods, and is promoted once they are available (aborted: %s)',
    async (abort) => {
      const world = await halfway(canary({ steps }, { behind, spec }));
      let promotedWith: number | undefined;
      world.world.objects.subscribe(() => {
        const [latest] = world.sets();
        if (promotedWith === undefined && world.status().stableRS === latest?.hash) promotedWith = latest?.available;
      });
      if (abort) world.editStatus({ abort: true });
      deleteStable(world);
      await world.promoted('web:2');
      expect(promotedWith).toBe(4);
      expect(world.sizes()).toBe('web:2=4');
      await world.pass(1_000);
      const isRouted = behind !== 'none';
      expect(isRouted ? { service: world.selected('web-stable'), weights: world.weights() } : undefined).toEqual(
        traffic,
      );
    },
  );
});

describe('Blue/Green', () => {
  it.each([false, true])(
    'switches to the new version, which is promoted once users have it (aborted: %s)',
    async (abort) => {
      const world = await halfway(blueGreen({ autoPromotionEnabled: false, previewReplicaCount: 1 }, { spec }));
      if (abort) {
        world.editStatus({ abort: true });
        await world.phase('Degraded');
      }
      let promotedWith: string | undefined;
      world.world.objects.subscribe(() => {
        const [latest] = world.sets();
        if (world.status().stableRS === latest?.hash) promotedWith ??= world.selected('web-active');
      });
      deleteStable(world);
      await world.promoted('web:2');
      expect(promotedWith).toBe('web:2');
      expect(world.sizes()).toBe('web:2=4');
    },
  );
});
