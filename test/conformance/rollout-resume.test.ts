/** A user ends a pause at a moment when the update cannot go on at once: it goes on as soon as it can, without being told again. */
import { describe, expect, it } from 'vitest';
import { pods } from '#cluster/resource.ts';
import { pausedRollout } from './rollout-beginnings.ts';
import { blueGreen, canary, type RolloutFixture } from './rollout-fixture.ts';
import type { RolloutWorld } from './rollout-world.ts';

/** Paused on the way from `web:1` to `web:2`. */
async function paused(fixture: RolloutFixture): Promise<RolloutWorld> {
  const world = await pausedRollout(fixture);
  await world.pass(2_000);
  return world;
}

const promote = (world: RolloutWorld): void => world.editStatus({ pauseConditions: null });

/** Takes one pod of `web:2` away. */
async function loseOnePod(world: RolloutWorld): Promise<void> {
  const pod = world.list(pods).find(({ spec }) => JSON.stringify(spec).includes('web:2'));
  world.delete(pods, pod?.metadata.name ?? '');
  await world.pass(60);
}

describe('Blue/Green', () => {
  const byHand = { autoPromotionEnabled: false };
  const spec = { replicas: 3 };

  it.each([
    ['all of its pods', byHand],
    ['a preview', { ...byHand, previewReplicaCount: 1 }],
  ])('switches once a pod is back that was missing, with %s', async (_name, strategy) => {
    const world = await paused(blueGreen(strategy, { spec }));
    await loseOnePod(world);
    promote(world);
    await world.promoted('web:2');
    expect(world.selected('web-active')).toBe('web:2');
    expect(world.status().controllerPause).toBeUndefined();
  });

  it('switches once it is scaled', async () => {
    const world = await paused(blueGreen(byHand, { spec }));
    promote(world);
    world.edit({ replicas: 4 });
    await world.promoted('web:2');
    expect(world.sizes()).toContain('web:2=4');
  });

  it('pauses again for another version', async () => {
    const world = await paused(blueGreen(byHand, { spec }));
    await loseOnePod(world);
    promote(world);
    world.setImage('web:3');
    await world.paused();
    await world.pass(10_000);
    expect([world.status().phase, world.selected('web-active')]).toEqual(['Paused', 'web:1']);
  });
});

it('a canary completes its step also when somebody scales it at that moment', async () => {
  const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }, { pause: {} }];
  const world = await paused(canary({ steps }, { spec: { replicas: 4 } }));
  promote(world);
  world.edit({ replicas: 8 });
  await world.until('at the next pause', () => world.status().currentStepIndex === 3);
  expect(world.tuple()).toMatch(/^8,/);
});
