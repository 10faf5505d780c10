/** Analyses within Rollouts, as the acceptance scenarios have them. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { analysisRuns, rollouts } from '#cluster/resource.ts';
import { hashLabel } from '#engine/rollout/replica-sets/replica-set.ts';
import { healthyRollout } from './rollout-beginnings.ts';
import { analysisTemplate, blueGreen, canary, type Placed } from './rollout-fixture.ts';
import { namespace, type RolloutWorld } from './rollout-world.ts';

/** Good with the answer 1, bad with 0; measures once, five seconds after it begins. */
const good = analysisTemplate('good', { count: 1, initialDelay: '5s' });
/** Neither good nor bad with the answer 1. */
const unclear = analysisTemplate('unclear', {
  count: 1,
  failureCondition: 'result[0] < 0',
  successCondition: 'result[0] > 9',
});
/** Takes the arguments `weight` and `app`. */
const asked: Placed = [
  good[0],
  mergePatch(good[1], {
    metadata: { name: 'asked' },
    spec: { args: [{ name: 'weight' }, { name: 'app' }] },
  }) as KubeObject, // merged over one
];
const endless = analysisTemplate('endless', { count: null });
const unpullable = analysisTemplate('unpullable', {
  count: 1,
  interval: null,
  successCondition: null,
  provider: {
    prometheus: null,
    job: {
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'test', image: 'test:unpullable' }] } },
      },
    },
  },
});

const analysisOf = (templateName: string) => ({ templates: [{ templateName }] });
const pause = { pause: {} };

/** Name and phase of every AnalysisRun, by name. */
function runs(world: RolloutWorld): Record<string, unknown> {
  const entries = world.list(analysisRuns).map((run) => {
    const { phase } = (run['status'] ?? {}) as { phase?: string }; // of an AnalysisRun
    return [run.metadata.name, phase] as const;
  });
  return Object.fromEntries(entries);
}

const said = (world: RolloutWorld): string =>
  world
    .events()
    .map(({ text }) => text)
    .join('\n');

const hashOf = (world: RolloutWorld, image: string): string =>
  world.sets().find((set) => set.image === image)?.hash ?? '';

/** An AnalysisRun of the version `web:2` that has ended. */
function addFinished(world: RolloutWorld, { name, phase }: { name: string; phase: string }): void {
  const { apiVersion, kind, metadata } = world.rollout();
  const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }];
  const labels = { [hashLabel]: hashOf(world, 'web:2') };
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name, namespace, labels, ownerReferences },
    spec: { metrics: [{ name: 'success', provider: { prometheus: { query: 'success' } } }] },
  };
  const { objects } = world.world;
  objects.update(analysisRuns, { ...objects.create(analysisRuns, object), status: { phase } }, 'status');
}

describe('an analysis in the background', () => {
  it('[analysis-31] lasts as long as the steps, and ends well when it is no longer needed', async () => {
    const steps = [{ setWeight: 50 }, pause];
    const world = await healthyRollout(canary({ steps, analysis: analysisOf('endless') }, { objects: [endless] }));
    expect(runs(world)).toEqual({});
    world.setImage('web:2');
    await world.paused();
    await world.pass(30_000);
    const name = `web-${hashOf(world, 'web:2')}-2`;
    expect(runs(world)).toEqual({ [name]: 'Running' });
    expect(world.get(analysisRuns, name)?.metadata.labels).toMatchObject({ 'rollout-type': 'Background' });
    world.editStatus({ pauseConditions: null });
    await world.promoted('web:2');
    await world.until('ended', () => runs(world)[name] === 'Successful');
    expect(world.get(analysisRuns, name)?.['spec']).toMatchObject({ terminate: true });
  });

  it('[analysis-32] holds the Rollout when it cannot be judged, and is done again when a person goes on', async () => {
    const steps = [{ setWeight: 50 }, pause, { setWeight: 80 }, pause];
    const world = await healthyRollout(canary({ steps, analysis: analysisOf('unclear') }, { objects: [unclear] }));
    world.setImage('web:2');
    await world.until('held', () => world.status().message === 'InconclusiveAnalysisRun');
    expect(world.status().phase).toBe('Paused');
    const name = `web-${hashOf(world, 'web:2')}-2`;
    world.editStatus({ pauseConditions: null });
    await world.until('measured again', () => `${name}.1` in runs(world));
    expect(runs(world)[name]).toBe('Inconclusive');
  });

  it('[analysis-37] ends when the stable version comes back, and none is begun for it', async () => {
    const steps = [{ setWeight: 50 }, pause];
    const world = await healthyRollout(canary({ steps, analysis: analysisOf('endless') }, { objects: [endless] }));
    world.setImage('web:2');
    await world.paused();
    const name = `web-${hashOf(world, 'web:2')}-2`;
    await world.until('measuring', () => runs(world)[name] === 'Running');
    world.setImage('web:1');
    await world.promoted('web:1');
    await world.until('ended', () => runs(world)[name] === 'Successful');
    expect(Object.keys(runs(world))).toEqual([name]);
  });

  it('[analysis-23] is asked with values of the Rollout itself', async () => {
    const value = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const args = [value('weight', 'spec.strategy.canary.steps[0].setWeight'), value('app', "metadata.labels['app']")];
    const steps = [{ setWeight: 20 }, pause];
    const world = await healthyRollout(
      canary({ steps, analysis: { ...analysisOf('asked'), args } }, { objects: [asked] }),
    );
    world.change(rollouts, 'web', { metadata: { labels: { app: 'web' } } });
    world.setImage('web:2');
    await world.until('measured', () => world.list(analysisRuns).length === 1);
    expect(world.list(analysisRuns)[0]?.['spec']).toMatchObject({
      args: [
        { name: 'weight', value: '20' },
        { name: 'app', value: 'web' },
      ],
    });
  });

  it('[analysis-23] is not begun when the Rollout has no such field', async () => {
    const args = [{ name: 'foo', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } }];
    const steps = [{ setWeight: 20 }, pause];
    const world = await healthyRollout(
      canary({ steps, analysis: { ...analysisOf('good'), args } }, { objects: [good] }),
    );
    world.setImage('web:2');
    await world.until('told', () => said(world).includes('invalid path spec.foo in rollout'));
    expect(runs(world)).toEqual({});
  });
});

describe('an analysis as a step', () => {
  const steps = (templateName: string) => [{ setWeight: 50 }, { analysis: analysisOf(templateName) }, pause];

  it('[analysis-33] that could not be made holds the Rollout, and going on skips it', async () => {
    const world = await healthyRollout(canary({ steps: steps('unpullable') }, { objects: [unpullable] }));
    world.setImage('web:2');
    await world.until('held', () => world.status().message === 'InconclusiveAnalysisRun');
    const name = `web-${hashOf(world, 'web:2')}-2-1`;
    expect(runs(world)).toEqual({ [name]: 'Inconclusive' });
    // What `promote` sends.
    world.editStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: 2 });
    await world.until('at the next step', () => world.status().pauseConditions?.[0]?.reason === 'CanaryPauseStep');
    expect(Object.keys(runs(world))).toEqual([name]);
  });

  it('[analysis-34] that fails aborts the update, and a retry measures anew', async () => {
    const world = await healthyRollout(canary({ steps: steps('good') }, { behind: 'gatewayApi', objects: [good] }));
    world.metric(0);
    world.setImage('web:2');
    await world.phase('Degraded');
    expect(world.status().message).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error\/failed: Metric "success" assessed Failed/,
    );
    expect(world.weights()).toEqual({ stable: 100, canary: 0 });
    const name = `web-${hashOf(world, 'web:2')}-2-1`;
    expect(runs(world)).toEqual({ [name]: 'Failed' });
    world.metric(1);
    world.editStatus({ abort: false });
    await world.until('measured again', () => runs(world)[`${name}.1`] === 'Successful');
  });

  it('[analysis-38] leaves five runs of each outcome, the newest', async () => {
    const world = await healthyRollout(canary({ steps: steps('good') }, { objects: [good] }));
    world.setImage('web:2');
    await world.paused();
    const name = (phase: string, nth: number): string => `${phase.toLowerCase()}-${nth}`;
    for (const phase of ['Successful', 'Failed']) {
      for (let nth = 1; nth <= 8; nth++) {
        addFinished(world, { name: name(phase, nth), phase });
        await world.pass(1_000);
      }
    }
    world.editStatus({ pauseConditions: null });
    await world.promoted('web:2');
    const left = Object.keys(runs(world));
    for (const phase of ['Successful', 'Failed']) {
      expect(left.filter((run) => run.startsWith(phase.toLowerCase())).toSorted()).toEqual(
        [4, 5, 6, 7, 8].map((nth) => name(phase, nth)),
      );
    }
  });
});

describe('Blue/Green', () => {
  it('[analysis-35] moves no user before the first analysis is good, and begins the second after it', async () => {
    const world = await healthyRollout(
      blueGreen(
        { prePromotionAnalysis: analysisOf('good'), postPromotionAnalysis: analysisOf('good') },
        { objects: [good] },
      ),
    );
    world.metric(0);
    world.setImage('web:2');
    await world.phase('Degraded');
    const name = `web-${hashOf(world, 'web:2')}-2`;
    expect(world.selected('web-active')).toBe('web:1');
    expect(runs(world)).toEqual({ [`${name}-pre`]: 'Failed' });
    const seen = world.writes.length;
    world.metric(1);
    world.editStatus({ abort: false });
    await world.until('switched', () => world.selected('web-active') === 'web:2');
    expect(runs(world)[`${name}-pre.1`]).toBe('Successful');
    await world.promoted('web:2');
    expect(runs(world)[`${name}-post`]).toBe('Successful');
    const order = world.writes.slice(seen).flatMap(({ method, path, body }) => {
      if (path.endsWith('/services/web-active')) return ['switch'];
      if (method !== 'POST' || !path.endsWith('/analysisruns')) return [];
      return [(body as KubeObject).metadata.name]; // an AnalysisRun
    });
    // The first name is taken already.
    expect(order).toEqual([`${name}-pre.1`, 'switch', `${name}-post`]);
  });

  it('[analysis-36] takes its users back when the second analysis fails', async () => {
    const world = await healthyRollout(blueGreen({ postPromotionAnalysis: analysisOf('good') }, { objects: [good] }));
    world.metric(0);
    world.setImage('web:2');
    await world.until('switched', () => world.selected('web-active') === 'web:2');
    await world.phase('Degraded');
    expect(world.selected('web-active')).toBe('web:1');
    expect(world.status().message).toMatch(/Metric "success" assessed Failed/);
  });
});
