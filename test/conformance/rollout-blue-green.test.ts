/** Blue/Green Rollouts, as the acceptance scenarios have them. */
import { describe, expect, it } from 'vitest';
import { analysisRuns } from '#cluster/resource.ts';
import { healthyRollout } from './rollout-beginnings.ts';
import { analysisTemplate, blueGreen, type Json, type RolloutFixture } from './rollout-fixture.ts';
import type { RolloutWorld } from './rollout-world.ts';

const good = [analysisTemplate('good', { count: 1 })];
const templates = { templates: [{ templateName: 'good' }] };

/** A world in which the first version is Healthy. */
async function healthy(strategy: Json, fixture?: RolloutFixture): Promise<RolloutWorld> {
  return healthyRollout(blueGreen(strategy, fixture));
}

async function update(world: RolloutWorld, image: string): Promise<void> {
  world.setImage(image);
  await world.promoted(image);
}

const texts = (world: RolloutWorld): readonly string[] => world.events().map(({ text }) => text);

describe('promotion after some seconds', () => {
  it('[rollout-9] comes by itself', async () => {
    const world = await healthy({ autoPromotionSeconds: 10 });
    world.setImage('web:2');
    await world.paused();
    expect(world.status().message).toBe('BlueGreenPause');
    const since = world.clock.elapsed;
    await world.until('switched', () => world.selected('web-active') === 'web:2');
    expect(world.clock.elapsed - since).toBeGreaterThanOrEqual(9_000);
    expect(world.clock.elapsed - since).toBeLessThan(12_000);
  });

  it('[rollout-9] never comes where promotion is by hand', async () => {
    const world = await healthy({ autoPromotionSeconds: 10, autoPromotionEnabled: false });
    world.setImage('web:2');
    await world.paused();
    await world.pass(600_000);
    expect(world.status().phase).toBe('Paused');
    expect(world.selected('web-active')).toBe('web:1');
  });
});

describe('the delay of the old version', () => {
  it('[rollout-10] makes the way back a fast one', async () => {
    const world = await healthy(
      { scaleDownDelaySeconds: 300, autoPromotionEnabled: false, prePromotionAnalysis: templates },
      { objects: good },
    );
    world.setImage('web:2');
    await world.paused();
    world.editStatus({ pauseConditions: null });
    await world.promoted('web:2');
    const runs = world.list(analysisRuns).length;
    await world.pass(60_000);
    world.setImage('web:1');
    await world.promoted('web:1', 10);
    expect(world.selected('web-active')).toBe('web:1');
    expect(world.list(analysisRuns)).toHaveLength(runs);
    expect(texts(world).at(-1)).toMatch(
      /^RolloutCompleted: Rollout completed update to revision 3 \(.*\): Fast rollback$/,
    );
    await world.pass(1_000);
    expect(world.sets().map(({ image, hasDeadline }) => [image, hasDeadline])).toEqual([
      ['web:1', false],
      ['web:2', true],
    ]);
  });

  it('[rollout-11] holds for as many revisions as are allowed', async () => {
    const world = await healthy(
      { scaleDownDelaySeconds: 86_400, scaleDownDelayRevisionLimit: 2 },
      { spec: { replicas: 1 } },
    );
    for (const image of ['web:2', 'web:3', 'web:4']) await update(world, image);
    await world.pass(5_000);
    expect(world.sets().map(({ revision, size }) => `${revision}:${size}`)).toEqual(['4:1', '3:1', '2:1', '1:0']);
    expect(world.tuple()).toBe('1,3,1,1,1');
    world.edit({ strategy: { blueGreen: { scaleDownDelayRevisionLimit: 1 } } });
    await world.pass(5_000);
    expect(world.sets().map(({ revision, size }) => `${revision}:${size}`)).toEqual(['4:1', '3:1', '2:0', '1:0']);
    expect(world.tuple()).toBe('1,2,1,1,1');
  });
});

describe('an analysis that fails', () => {
  it('[rollout-12] before the switch prevents it', async () => {
    const world = await healthy({ prePromotionAnalysis: templates }, { objects: good });
    world.metric(0.1);
    world.setImage('web:2');
    await world.phase('Degraded');
    expect(world.status().message).toMatch(/: Blue\/green pre-promotion analysis phase error\/failed/);
    const [set] = world.sets();
    expect(world.list(analysisRuns).map(({ metadata }) => metadata.name)).toEqual([`web-${set?.hash}-2-pre`]);
    expect(texts(world).filter((text) => text.startsWith('[W] AnalysisRunFailed'))).toHaveLength(1);
    expect(texts(world).filter((text) => text.includes("Switched selector for service 'web-active'"))).toHaveLength(1);
    expect(world.selected('web-active')).toBe('web:1');
  });

  it('[rollout-13] after the switch takes it back, to pods that never went', async () => {
    const world = await healthy({ postPromotionAnalysis: templates }, { objects: good });
    world.metric(0.1);
    let least = Infinity;
    world.setImage('web:2');
    await world.until('given up', () => {
      least = Math.min(least, world.sets().find(({ image }) => image === 'web:1')?.available ?? 0);
      return world.status().phase === 'Degraded' && world.selected('web-active') === 'web:1';
    });
    expect(texts(world).filter((text) => text.includes("Switched selector for service 'web-active'"))).toHaveLength(3);
    expect(world.list(analysisRuns)[0]?.metadata.name).toMatch(/-2-post$/);
    expect(least).toBe(2);
  });
});

it.each([false, true])(
  '[rollout-14] a deadline is missed, and aborts the update: %s',
  async (progressDeadlineAbort) => {
    const spec = { replicas: 1, progressDeadlineSeconds: 1, progressDeadlineAbort };
    const world = await healthy({ abortScaleDownDelaySeconds: 2 }, { spec });
    world.setImage('web:bad');
    await world.phase('Degraded', 30);
    const [set] = world.sets();
    const text = `ReplicaSet "web-${set?.hash}" has timed out progressing.`;
    await world.pass(5_000);
    expect(world.status().abort ?? false).toBe(progressDeadlineAbort);
    expect(world.sets()[0]?.size).toBe(progressDeadlineAbort ? 0 : 1);
    expect(world.status().message).toBe(
      progressDeadlineAbort
        ? `RolloutAborted: Rollout aborted update to revision 2: ${text}`
        : `ProgressDeadlineExceeded: ${text}`,
    );
  },
);
