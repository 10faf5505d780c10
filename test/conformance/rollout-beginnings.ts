/** Where most scenarios of a Rollout begin. The world ends with the test, and what never may be must not have been. */
import { expect, onTestFinished } from 'vitest';
import type { RolloutFixture } from './rollout-fixture.ts';
import { type RolloutWorld, rolloutWorld } from './rollout-world.ts';

/** The first version is Healthy. */
export async function healthyRollout(fixture: RolloutFixture): Promise<RolloutWorld> {
  const world = await rolloutWorld(fixture);
  onTestFinished(async () => {
    await world.stop();
    expect(world.broken).toEqual([]);
  });
  await world.promoted('web:1');
  return world;
}

/** Paused on the way from `web:1` to `web:2`. */
export async function pausedRollout(fixture: RolloutFixture): Promise<RolloutWorld> {
  const world = await healthyRollout(fixture);
  world.setImage('web:2');
  await world.paused();
  return world;
}
