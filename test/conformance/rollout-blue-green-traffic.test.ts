/** What users of a Blue/Green Rollout get, whatever happens to its Service, its pods and its spec on the way. */
import { describe, expect, it } from 'vitest';
import { pods, services } from '#cluster/resource.ts';
import { pausedRollout } from './rollout-beginnings.ts';
import { analysisTemplate, blueGreen } from './rollout-fixture.ts';
import type { RolloutWorld } from './rollout-world.ts';

const byHand = { autoPromotionEnabled: false };
const spec = { replicas: 3 };

const promote = (world: RolloutWorld): void => world.editStatus({ pauseConditions: null });

function openActiveService(world: RolloutWorld): void {
  world.change(services, 'web-active', { spec: { selector: { 'rollouts-pod-template-hash': null } } });
}

/** Users have `web:2`, which is measured before it is promoted. */
async function measured(strategy: object = {}): Promise<RolloutWorld> {
  const postPromotionAnalysis = { templates: [{ templateName: 'success' }] };
  const world = await pausedRollout(
    blueGreen(
      { ...byHand, postPromotionAnalysis, ...strategy },
      { spec, objects: [analysisTemplate('success', { count: 100 })] },
    ),
  );
  promote(world);
  await world.until('switched', () => world.selected('web-active') === 'web:2');
  await world.pass(2_000);
  return world;
}

describe('an active Service that loses its hash is put back on the version that users have', () => {
  it('during the pause, before the new version has its full size', async () => {
    const world = await pausedRollout(blueGreen({ ...byHand, previewReplicaCount: 1 }, { spec }));
    openActiveService(world);
    await world.pass(1_000);
    expect(world.selected('web-active')).toBe('web:1');
  });

  it('while the Rollout is paused by hand', async () => {
    const world = await pausedRollout(blueGreen(byHand, { spec }));
    world.edit({ paused: true });
    await world.pass(1_000);
    openActiveService(world);
    await world.pass(1_000);
    expect(world.selected('web-active')).toBe('web:1');
  });

  it('after an abort', async () => {
    const world = await pausedRollout(blueGreen(byHand, { spec }));
    world.editStatus({ abort: true });
    await world.phase('Degraded');
    openActiveService(world);
    await world.pass(1_000);
    expect(world.selected('web-active')).toBe('web:1');
  });
});

describe('an abort after the switch', () => {
  it('takes users back while the Rollout is paused by hand', async () => {
    const world = await measured();
    world.edit({ paused: true });
    await world.pass(1_000);
    world.editStatus({ abort: true });
    await world.pass(1_000);
    expect(world.selected('web-active')).toBe('web:1');
  });

  it('waits for the pods of the stable version while the new one has all of its own', async () => {
    const world = await measured();
    const [pod] = world.list(pods).filter((one) => JSON.stringify(one['spec']).includes('web:1'));
    world.delete(pods, pod?.metadata.name ?? '');
    await world.pass(40);
    world.editStatus({ abort: true });
    const at: (number | undefined)[] = [];
    const forget = world.world.objects.subscribe(() => {
      if (world.selected('web-active') === 'web:1')
        at.push(world.sets().find(({ image }) => image === 'web:1')?.available);
    });
    await world.pass(1_000);
    forget();
    expect([world.selected('web-active'), at[0]]).toEqual(['web:1', 3]);
  });
});

it('scales the version that users have, also when it is neither the new nor the stable one', async () => {
  const world = await measured();
  world.setImage('web:3');
  await world.paused();
  world.edit({ replicas: 5 });
  await world.pass(2_000);
  expect(world.selected('web-active')).toBe('web:2');
  expect(world.sizes()).toBe('web:3=5 web:2=5 web:1=5');
});
