/** Canaries of Rollouts, as the acceptance scenarios have them. */
import { describe, expect, it } from 'vitest';
import { rfc3339 } from '#api/time.ts';
import { analysisRuns, httpRoutes, pods, rollouts } from '#cluster/resource.ts';
import { healthyRollout } from './rollout-beginnings.ts';
import { analysisTemplate, canary, type Json } from './rollout-fixture.ts';
import { namespace, type RolloutWorld } from './rollout-world.ts';

/** A world in which the first version is Healthy. */
async function healthy(strategy: Json, fixture?: Parameters<typeof canary>[1]): Promise<RolloutWorld> {
  return healthyRollout(canary(strategy, fixture));
}

async function atPause(world: RolloutWorld, image = 'web:2'): Promise<void> {
  world.setImage(image);
  await world.paused();
}

const promote = (world: RolloutWorld): void => world.editStatus({ pauseConditions: null });
const texts = (world: RolloutWorld): readonly string[] => world.events().map(({ text }) => text);
const behind = 'gatewayApi' as const;
const four = { replicas: 4 };

describe('by replica counts', () => {
  it('[rollout-17] is aborted and retried', async () => {
    const world = await healthy({ steps: [{ setWeight: 50 }, { pause: {} }] }, { spec: { replicas: 1 } });
    await atPause(world);
    world.editStatus({ abort: true });
    await world.phase('Degraded');
    await world.until('drained', () => world.sizes() === 'web:1=1');
    world.editStatus({ abort: false });
    await world.until('started again', () => world.status().abortedAt === undefined);
    await world.paused();
    expect(world.status().currentStepIndex).toBe(1);
    expect(texts(world).some((text) => text === '[W] RolloutAborted: Rollout aborted update to revision 2')).toBe(true);
  });

  it('[rollout-18] never takes more pods away than may be missing', async () => {
    const steps = [{ setWeight: 100 }, { pause: {} }, { setWeight: 0 }, { pause: {} }];
    const world = await healthy({ maxSurge: 2, maxUnavailable: 0, steps }, { spec: { replicas: 3 } });
    await atPause(world);
    promote(world);
    let least = Infinity;
    const states = new Set<string>();
    await world.until('at the second pause', () => {
      least = Math.min(
        least,
        world.sets().reduce((sum, { available }) => sum + available, 0),
      );
      states.add(world.sizes());
      return world.status().currentStepIndex === 3;
    });
    expect([...states]).toContain('web:2=3 web:1=2');
    expect(least).toBeGreaterThanOrEqual(3);
  });

  it('[rollout-19] is scaled while it is paused', async () => {
    const world = await healthy({ steps: [{ setWeight: 25 }, { pause: {} }] }, { spec: four });
    await atPause(world);
    const { currentStepIndex, pauseConditions } = world.status();
    expect(world.sizes()).toBe('web:2=1 web:1=3');
    for (const [replicas, sizes] of [
      [8, 'web:2=2 web:1=6'],
      [4, 'web:2=1 web:1=3'],
    ] as const) {
      world.edit({ replicas });
      await world.pass(20_000);
      expect(world.sizes()).toBe(sizes);
    }
    expect(world.status()).toMatchObject({ currentStepIndex, pauseConditions });
  });

  it('[rollout-20] is overtaken by a newer template', async () => {
    const world = await healthy({ steps: [{ setWeight: 20 }, { pause: {} }] }, { spec: { replicas: 3 } });
    await atPause(world);
    expect(world.sizes()).toBe('web:2=1 web:1=3');
    await atPause(world, 'web:3');
    await world.pass(20_000);
    expect(world.sizes()).toBe('web:3=1 web:1=3');
    expect(world.status()).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('[rollout-21] goes back to the stable version without a pause', async () => {
    const world = await healthy({ steps: [{ setWeight: 25 }, { pause: {} }] }, { spec: four });
    await atPause(world);
    world.setImage('web:1');
    await world.promoted('web:1');
    expect(texts(world)).toContain('SkipSteps: Rollback to stable ReplicaSets');
    expect(world.status().currentStepIndex).toBe(2);
    expect(world.sets()[0]).toMatchObject({ image: 'web:1', revision: 3, size: 4 });
  });

  it('[rollout-22] restarts its pods, as many at once as may be missing', async () => {
    const steps = [{ setWeight: 25 }, { pause: {} }];
    const world = await healthy({ maxUnavailable: '75%', steps }, { spec: four });
    await atPause(world);
    await world.pass(10_000);
    const evictions = (): number => world.writes.filter(({ path }) => path.endsWith('/eviction')).length;
    const restartAt = rfc3339(world.clock.as('player').now());
    world.edit({ restartAt });
    await world.until('restarting', () => evictions() > 0);
    expect(evictions()).toBe(3);
    await world.until('restarted', () => world.status().restartedAt === restartAt);
    expect(evictions()).toBe(4);
    const oldest = world.list(pods).map(({ metadata }) => metadata.creationTimestamp ?? '');
    expect(oldest.every((made) => made >= restartAt)).toBe(true);
  });
});

describe('behind a router', () => {
  it('[rollout-28] sends a header to the canary while the update lasts', async () => {
    const match = [{ headerName: 'X-Canary', headerValue: { exact: 'yes' } }];
    const steps = [{ setWeight: 20 }, { setHeaderRoute: { name: 'h', match } }, { pause: {} }];
    const trafficRouting = { managedRoutes: [{ name: 'h' }] };
    const world = await healthy({ steps, trafficRouting }, { behind, spec: four });
    const rules = (): readonly Json[] => {
      const route = world.get(httpRoutes, 'web') as { spec?: { rules?: readonly Json[] } } | undefined; // the kind says so
      return route?.spec?.rules ?? [];
    };
    expect(rules()).toHaveLength(1);
    await atPause(world);
    expect(rules()).toHaveLength(2);
    const added = rules().find((rule) => rule['name'] === 'h');
    expect(JSON.stringify(added)).toContain('"headers":[{"name":"X-Canary","type":"Exact","value":"yes"}]');
    expect(JSON.stringify(added?.['backendRefs'])).not.toContain('web-stable');
    world.editStatus({ abort: true });
    await world.phase('Degraded');
    expect(rules()).toHaveLength(1);
  });

  it('sends no header to a version that has no pods yet, and writes nothing while they are awaited', async () => {
    const setHeaderRoute = { name: 'h', match: [{ headerName: 'X-Canary', headerValue: { exact: 'yes' } }] };
    const steps = [{ setCanaryScale: { replicas: 1 }, setHeaderRoute, pause: {} }];
    const trafficRouting = { managedRoutes: [{ name: 'h' }] };
    const world = await healthy({ steps, trafficRouting }, { behind, spec: four });
    const route = (): string => JSON.stringify(world.get(httpRoutes, 'web')?.['spec']);
    world.setImage('web:slow');
    await world.pass(2_000);
    const before = world.writes.length;
    await world.pass(5_000);
    expect(world.writes.length).toBe(before);
    expect(route()).not.toContain('X-Canary');
    await world.pass(5_000);
    expect(route()).toContain('X-Canary');
  });

  it('[rollout-32] takes the pods that setCanaryScale says', async () => {
    const steps = [
      { setCanaryScale: { replicas: 3 } },
      { pause: {} },
      { setCanaryScale: { matchTrafficWeight: true } },
      { setWeight: 25 },
      { pause: {} },
      { setCanaryScale: { weight: 200 } },
      { pause: {} },
    ];
    const world = await healthy({ steps }, { behind, spec: four });
    await atPause(world);
    expect([world.sizes(), world.weights()]).toEqual(['web:2=3 web:1=4', { stable: 100, canary: 0 }]);
    promote(world);
    await world.until('at the second pause', () => world.status().currentStepIndex === 4);
    await world.pass(5_000);
    expect([world.sizes(), world.weights()]).toEqual(['web:2=1 web:1=4', { stable: 75, canary: 25 }]);
    promote(world);
    await world.until('at the third pause', () => world.status().currentStepIndex === 6);
    expect(world.sizes()).toBe('web:2=8 web:1=4');
  });

  it('[rollout-33] gives traffic back as fast as the stable version grows', async () => {
    const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 75 }, { pause: {} }];
    const world = await healthy({ dynamicStableScale: true, steps }, { behind, spec: four });
    await atPause(world);
    await world.pass(5_000);
    expect(world.sizes()).toBe('web:2=1 web:1=3');
    promote(world);
    await world.until('at the second pause', () => world.status().currentStepIndex === 3);
    await world.pass(5_000);
    expect(world.sizes()).toBe('web:2=3 web:1=1');
    const weights = new Set<number>();
    world.editStatus({ abort: true });
    await world.until('given back', () => {
      weights.add(world.weights()?.canary ?? -1);
      return world.sizes() === 'web:1=4' && world.weights()?.canary === 0;
    });
    expect([...weights]).toEqual([75, 25, 0]);
    expect(world.selected('web-canary')).toBe('web:1');
    expect(world.broken).toEqual([]);
  });

  it('[rollout-33] keeps its pods until it has no traffic, and for the delay that was asked for', async () => {
    const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 75 }, { pause: {} }];
    const strategy = { dynamicStableScale: true, abortScaleDownDelaySeconds: 5, steps };
    const world = await healthy(strategy, { behind, spec: four });
    await atPause(world);
    promote(world);
    await world.until('at the second pause', () => world.status().currentStepIndex === 3);
    await world.pass(5_000);
    world.editStatus({ abort: true });
    const early: string[] = [];
    await world.until('without traffic', () => {
      const [set] = world.sets();
      const weight = world.weights()?.canary ?? 0;
      if (weight > 0 && (set?.hasDeadline === true || set?.size !== 3)) early.push(`${set?.size} at ${weight}%`);
      return weight === 0;
    });
    expect(early).toEqual([]);
    await world.until('in its delay', () => world.sets()[0]?.hasDeadline === true, 5);
    expect(world.sizes()).toBe('web:2=3 web:1=4');
    await world.until('gone', () => world.sizes() === 'web:1=4', 10);
  });

  it('[rollout-33] is undone when the stable version has all its pods again', async () => {
    const steps = [{ setWeight: 25 }, { pause: {} }];
    const world = await healthy({ dynamicStableScale: true, steps }, { behind, spec: four });
    await atPause(world);
    await world.pass(5_000);
    world.setImage('web:1');
    const early: string[] = [];
    await world.until('undone', () => {
      const stable = world.sets().find(({ image }) => image === 'web:1');
      if (world.weights()?.canary === 0 && (stable?.available ?? 0) < 4) early.push(`${stable?.available}`);
      return world.status().phase === 'Healthy';
    });
    await world.until('scaled down', () => world.sizes() === 'web:1=4');
    expect(early).toEqual([]);
    expect([world.weights()?.canary, world.selected('web-canary'), world.selected('web-stable')]).toEqual([
      0,
      'web:1',
      'web:1',
    ]);
  });

  it('[rollout-35] is promoted in full', async () => {
    const analysis = { templates: [{ templateName: 'good' }] };
    const objects = [analysisTemplate('good', { count: null })];
    const world = await healthy(
      { analysis, steps: [{ setWeight: 25 }, { pause: {} }] },
      { behind, spec: four, objects },
    );
    await atPause(world);
    const weights = new Set<number>();
    world.editStatus({ promoteFull: true });
    await world.until('promoted', () => {
      if (world.status().phase !== 'Healthy') weights.add(world.weights()?.canary ?? -1);
      return world.status().phase === 'Healthy';
    });
    await world.pass(1_000);
    expect([...weights][0]).toBe(25);
    expect(texts(world).some((text) => text.endsWith(': Full promotion requested'))).toBe(true);
    expect(world.status()).not.toHaveProperty('promoteFull');
    expect(world.status().duration?.completionStatus).toBe('FastPromoted');
    expect(world.list(analysisRuns).map((run) => (run['status'] as { phase?: string }).phase)).toEqual(['Successful']); // an AnalysisRun
  });
});

describe('[rollout-34] the rollback window', () => {
  const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'good' }] } }];

  /** Four versions, each of which was promoted. */
  async function afterFour(): Promise<RolloutWorld> {
    const objects = [analysisTemplate('good', { count: 1 })];
    const world = await healthy({ steps }, { spec: { rollbackWindow: { revisions: 2 } }, objects });
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await world.pass(2_000);
      world.setImage(image);
      await world.promoted(image);
    }
    expect(world.list(analysisRuns)).toHaveLength(3);
    return world;
  }

  it('lets a version within it skip the steps', async () => {
    const world = await afterFour();
    world.setImage('web:2');
    await world.promoted('web:2');
    expect(world.list(analysisRuns)).toHaveLength(3);
    expect(texts(world).some((text) => /revision 5 .*: Rollback within window$/.test(text))).toBe(true);
  });

  it('has no older version skip any', async () => {
    const world = await afterFour();
    world.setImage('web:1');
    await world.promoted('web:1');
    expect(world.list(analysisRuns)).toHaveLength(4);
  });
});

it('[rollout-37] is scaled through its subresource, also without replicas of its own', async () => {
  const world = await healthy({}, { spec: { replicas: null } });
  expect(world.rollout().spec.replicas).toBe(1);
  await world.world.transport.send({
    method: 'PATCH',
    path: `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/web/scale`,
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas: 3 } },
  });
  await world.until('scaled', () => world.status().availableReplicas === 3);
  expect(world.status()).toMatchObject({ HPAReplicas: 3, selector: 'app=web' });
});

describe('[rollout-38] a controller that comes back', () => {
  it('ends a pause that is over meanwhile at once', async () => {
    const world = await healthy({ steps: [{ setWeight: 50 }, { pause: { duration: 60 } }] });
    await atPause(world);
    await world.pass(30_000);
    world.crash(30_000);
    await world.pass(29_000);
    expect(world.status().phase).toBe('Paused');
    await world.promoted('web:2', 5);
  });

  it('scales down what a deadline has passed for', async () => {
    const world = await healthy({ steps: [{ setWeight: 50 }] }, { behind });
    world.setImage('web:2');
    await world.promoted('web:2');
    await world.pass(5_000);
    expect(world.sizes()).toBe('web:2=2 web:1=2');
    world.crash(60_000);
    await world.pass(59_000);
    expect(world.sizes()).toBe('web:2=2 web:1=2');
    await world.until('scaled down', () => world.sizes() === 'web:2=2', 5);
  });

  it('makes no AnalysisRun twice', async () => {
    const analysis = { templates: [{ templateName: 'good' }] };
    const objects = [analysisTemplate('good', { count: 4 })];
    const world = await healthy({ steps: [{ setWeight: 50 }, { analysis }] }, { objects });
    world.setImage('web:2');
    await world.until('measuring', () => world.list(analysisRuns).length > 0);
    world.crash(15_000);
    await world.promoted('web:2');
    expect(world.list(analysisRuns)).toHaveLength(1);
    expect(world.get(rollouts, 'web')).toBeDefined();
  });
});
