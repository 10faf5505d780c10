/** What most histories of Rollouts do, once the first version runs. */
import type { RolloutWorld } from '../conformance/rollout-world.ts';

async function atPause(world: RolloutWorld, image = 'web:2'): Promise<void> {
  world.setImage(image);
  await world.paused();
}

export async function promoted(world: RolloutWorld): Promise<void> {
  await atPause(world);
  world.editStatus({ pauseConditions: null });
  await world.promoted('web:2');
}

export async function updated(world: RolloutWorld): Promise<void> {
  world.setImage('web:2');
  await world.promoted('web:2');
}

export async function abortedAndRetried(world: RolloutWorld): Promise<void> {
  await atPause(world);
  world.editStatus({ abort: true });
  await world.phase('Degraded');
  await world.until('without pods of its own', () => world.sets()[0]?.size === 0);
  world.editStatus({ abort: false });
  await world.paused();
  world.editStatus({ pauseConditions: null });
  await world.promoted('web:2');
}

export async function promotedInFull(world: RolloutWorld): Promise<void> {
  await atPause(world);
  world.editStatus({ promoteFull: true });
  await world.promoted('web:2');
}

export async function undone(world: RolloutWorld): Promise<void> {
  await atPause(world);
  world.setImage('web:1');
  await world.promoted('web:1');
}

export async function overtaken(world: RolloutWorld): Promise<void> {
  await atPause(world);
  world.setImage('web:3');
  await world.until(
    'observed',
    () => world.sets()[0]?.image === 'web:3' && world.status().pauseConditions === undefined,
  );
  await world.paused();
  world.editStatus({ promoteFull: true });
  await world.promoted('web:3');
}

export async function failedByAnalysis(world: RolloutWorld): Promise<void> {
  world.metric(0.5);
  world.setImage('web:2');
  await world.phase('Degraded');
}
