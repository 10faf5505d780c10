/** A user aborts what was to go ahead without a stop. */
import { describe, expect, it } from 'vitest';
import { healthyRollout } from './rollout-beginnings.ts';
import { blueGreen, canary } from './rollout-fixture.ts';

const steps = [{ setWeight: 50 }, { pause: {} }];

describe.each([
  ['a canary', canary({ steps }, { spec: { replicas: 4 } })],
  ['a canary with a router', canary({ steps }, { behind: 'gatewayApi', spec: { replicas: 4 } })],
  ['Blue/Green', blueGreen({ autoPromotionEnabled: false }, { spec: { replicas: 4 } })],
])('%s', (_name, fixture) => {
  it('is aborted though it was to be promoted in full', async () => {
    const world = await healthyRollout(fixture);
    world.setImage('web:bad');
    await world.pass(1_000);
    world.editStatus({ promoteFull: true });
    await world.pass(5_000);
    world.editStatus({ abort: true });
    await world.pass(60_000);
    expect([world.status().phase, world.status().promoteFull, world.sizes()]).toEqual([
      'Degraded',
      undefined,
      'web:1=4',
    ]);
  });

  it('is promoted in full though it was aborted', async () => {
    const world = await healthyRollout(fixture);
    world.setImage('web:2');
    await world.paused();
    world.editStatus({ abort: true });
    await world.phase('Degraded');
    world.editStatus({ promoteFull: true });
    await world.promoted('web:2');
    expect([world.status().abort, world.status().promoteFull]).toEqual([undefined, undefined]);
  });

  it('is aborted though it goes back within the rollback window', async () => {
    const broken = { image: '' };
    const spec = { rollbackWindow: { revisions: 5 }, ...fixture.spec };
    const world = await healthyRollout({
      ...fixture,
      spec,
      behaviour: ({ spec: { containers = [] } }) =>
        containers[0]?.image === broken.image ? { readyAfter: 'never' } : {},
    });
    world.setImage('web:2');
    await world.paused();
    world.editStatus({ pauseConditions: null });
    await world.promoted('web:2');
    await world.pass(60_000);
    broken.image = 'web:1';
    world.setImage('web:1');
    await world.pass(5_000);
    world.editStatus({ abort: true });
    await world.pass(60_000);
    expect([world.status().phase, world.sizes()]).toEqual(['Degraded', 'web:2=4']);
  });
});
