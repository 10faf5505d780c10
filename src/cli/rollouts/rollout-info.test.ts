/** What is told of Rollouts in states that no walk-through shows: weights, tags, delays, Experiments, analyses, colours. */
import { describe, expect, it } from 'vitest';
import { stripVTControlCharacters } from 'node:util';
import type { KubeObject } from '#api/kubernetes.ts';
import { annotationKeys } from '#engine/rollout/replica-sets/replica-set.ts';
import { asExperiment } from './collect.ts';
import { experimentInfo } from './experiment-info.ts';
import { coloured, type Paint, paintFor, plain } from './paint.ts';
import { rolloutInfo } from './rollout-info.ts';
import type { AnalysisRun, Belongings, ReplicaSet, Rollout } from './rollout-objects.ts';
import { experimentText, rolloutText } from './rollout-text.ts';
import { seedBelongings, seedRollout } from './seeds/seed-objects.ts';
import { type SeedState, seedStates } from './seeds/states.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

interface Changes {
  readonly spec?: object;
  readonly status?: object;
  readonly sets?: (set: ReplicaSet) => ReplicaSet;
  readonly more?: Partial<Belongings>;
}

function seed(id: string): SeedState {
  const state = seedStates[id];
  if (state === undefined) throw new Error(`There is no state ${id}`);
  return state;
}

function objects(id: string, { spec = {}, status = {}, sets = (set) => set, more = {} }: Changes) {
  const rollout = seedRollout(seed(id), now);
  const belongings = seedBelongings(seed(id), now);
  const changed: Rollout = { ...rollout, spec: { ...rollout.spec, ...spec }, status: { ...rollout.status, ...status } };
  return { rollout: changed, belongings: { ...belongings, replicaSets: belongings.replicaSets.map(sets), ...more } };
}

function printed(id: string, changes: Changes = {}, paint: Paint = plain): string {
  const { rollout, belongings } = objects(id, changes);
  return rolloutText(rolloutInfo(rollout, belongings), { paint, now });
}

const lineOf = (text: string, start: string): string | undefined =>
  text.split('\n').find((line) => line.trimStart().startsWith(start));

const weights = (text: string): readonly (string | undefined)[] =>
  ['SetWeight:', 'ActualWeight:', 'Step:'].map((label) => lineOf(text, label)?.replace(/^\s*\S+\s*/, ''));

describe('the tree', () => {
  it.each([
    [28_900, 'delay:28s'],
    [400, 'delay:0s'],
    [0, 'delay:0s'],
    [-1_000, 'delay:passed'],
    [4 * 3_600_000 - 1, 'delay:3h59m'],
    ['garbage', 'delay:'],
  ])('[cli-2] tells how long an old ReplicaSet stays: %s', (deadline, text) => {
    const value = typeof deadline === 'number' ? new Date(now + deadline).toISOString() : deadline;
    const annotated = (set: ReplicaSet): ReplicaSet => ({
      ...set,
      metadata: {
        ...set.metadata,
        annotations: { ...set.metadata.annotations, [annotationKeys.scaleDownDeadline]: value },
      },
    });
    const row = lineOf(printed('001-340', { sets: annotated }), '└──⧉ bluegreen-rollout-69dc9f5f56');
    expect(row?.split(/ {2,}/).at(-1)).toBe(text);
  });

  it('[cli-7] has no images and two lines for a Rollout without ReplicaSets', () => {
    const text = printed('002-503');
    expect(text).not.toContain('Images:');
    expect(text).not.toContain('Step:');
    expect(text.split('\n\n')[1]?.trimEnd().split('\n')).toHaveLength(2);
    const canary = printed('002-503', { spec: { strategy: { canary: {} } } });
    expect(canary).toContain('\n  Step:          \n  SetWeight:     100\n  ActualWeight:  100\n');
  });

  it('[cli-8] tells ping from pong', () => {
    const text = printed('003-657', {
      spec: { strategy: { canary: { pingPong: { pingService: 'a', pongService: 'b' } } } },
      status: { canary: { stablePingPong: 'pong' } },
    });
    expect(text).toContain('  canary,ping\n');
    expect(text).toContain('  stable,pong\n');
    expect(text).toContain('hello:1.23.2 (canary, ping)\n');
    expect(text).toContain('hello:1.23.1 (stable, pong)\n');
  });

  it.each<[string, object, string]>([
    ['is not observed', { metadata: { generation: 5 }, status: { observedGeneration: 4 } }, '◌ Progressing'],
    ['cannot make pods', { status: { conditions: [{ type: 'ReplicaFailure', status: 'True' }] } }, '✖ ReplicaFailure'],
    ['is scaled down but not yet gone', { spec: { replicas: 0 }, status: { replicas: 1 } }, '• ScaledDown'],
    ['has no number of replicas', { spec: { replicas: undefined }, status: { availableReplicas: 0 } }, '✔ Healthy'],
  ])('[cli-12] tells of a ReplicaSet that %s', (_name, change, text) => {
    const { metadata = {}, spec = {}, status = {} } = change as Readonly<Record<string, object>>;
    const changed = (set: ReplicaSet): ReplicaSet => ({
      ...set,
      metadata: { ...set.metadata, ...metadata },
      spec: { ...set.spec, ...spec },
      status: { ...set.status, ...status },
    });
    const out = printed('000-1116', { sets: changed });
    expect(lineOf(out, '└──⧉')).toContain(`ReplicaSet  ${text}`);
    expect(out).toContain('hello:1.23.1 (stable, active)');
  });
});

describe('weights', () => {
  it('[cli-4] follow the pods without a router', () => {
    expect(weights(printed('002-214'))).toEqual(['80', '25', '2/4']);
    expect(weights(printed('002-283'))).toEqual(['100', '100', '4/4']);
  });

  it('[cli-5] follow the router when there is one', () => {
    expect(weights(printed('003-657'))).toEqual(['50', '50', '1/3']);
    expect(weights(printed('003-657', { status: { canary: {} } }))[1]).toBe('50');
    expect(weights(printed('003-657', { status: { canary: { weights: { canary: { weight: 7 } } } } }))[1]).toBe('7');
    expect(weights(printed('003-657', { status: { availableReplicas: 0 } }))[1]).toBe('0');
    const spec = { strategy: { canary: { trafficRouting: { maxTrafficWeight: 1_000, nginx: {} } } } };
    expect(weights(printed('003-657', { spec }))).toEqual(['1000', '1000', '']);
  });

  it('[cli-6] are none after an abort', () => {
    expect(weights(printed('003-746'))).toEqual(['0', '0', '0/3']);
  });
});

const owned = (owner: KubeObject, kind: string, name: string, age: number): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    creationTimestamp: new Date(now - age * 1_000).toISOString(),
    annotations: { [annotationKeys.revision]: '2' },
    ownerReferences: [{ ...owner, name: owner.metadata.name, uid: owner.metadata.uid ?? '' }],
  },
});

function setOfExperiment(experiment: KubeObject, template: string, image: string): ReplicaSet {
  const { metadata } = owned(experiment, 'ReplicaSet', `${experiment.metadata.name}-${template}`, 30);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { ...metadata, annotations: { 'experiment.argoproj.io/template-name': template } },
    spec: { replicas: 1, selector: {}, template: { spec: { containers: [{ name: 'c', image }] } } },
    status: { replicas: 1, availableReplicas: 1 },
  };
}

function analysisRun(owner: KubeObject): AnalysisRun {
  const measurement = (phase: string, name: string) => ({
    phase,
    startedAt: new Date(now - 60_000).toISOString(),
    metadata: { 'job-name': name },
  });
  const object: KubeObject = {
    ...owned(owner, 'AnalysisRun', 'run', 90),
    status: {
      phase: 'Inconclusive',
      metricResults: [
        { name: 'a', phase: 'Error', error: 1, failed: 4, measurements: [measurement('Error', 'job-a')] },
        {
          name: 'b',
          phase: 'Successful',
          successful: 4,
          inconclusive: 1,
          measurements: [
            measurement('Successful', 'job-b'),
            { phase: 'Successful', value: '1' },
            { phase: 'Successful', metadata: { other: 'x' } },
          ],
        },
      ],
    },
  };
  // It has the fields that are printed.
  return object as AnalysisRun;
}

describe('Experiments and AnalysisRuns', () => {
  const { rollout } = objects('003-657', {});
  const experiment = asExperiment({ ...owned(rollout, 'Experiment', 'test', 40), status: { phase: 'Running' } });

  it('[cli-9] stand below the ReplicaSets of their revision, with their own and the Jobs', () => {
    const { replicaSets } = objects('003-657', {}).belongings;
    const sets = [
      ...replicaSets,
      setOfExperiment(experiment, 'canary', 'x:2'),
      setOfExperiment(experiment, 'base', 'x:1'),
    ];
    const text = printed('003-657', {
      more: { experiments: [experiment], analysisRuns: [analysisRun(rollout)], replicaSets: sets },
    });
    const [, tree = ''] = text.split('\n\n');
    const rows = tree.split('\n').map((row) => row.trimEnd().replaceAll(/ {2,}/g, '  '));
    expect(rows.slice(3, 11)).toEqual([
      '│  ├──⧉ rollout-canary-5898765588  ReplicaSet  ✔ Healthy  46s  canary',
      '│  │  └──□ rollout-canary-5898765588-ls5jk  Pod  ✔ Running  45s  ready:1/1',
      '│  ├──Σ test  Experiment  ◌ Running  40s',
      '│  │  ├──⧉ test-base  ReplicaSet  ✔ Healthy  30s',
      '│  │  └──⧉ test-canary  ReplicaSet  ✔ Healthy  30s',
      '│  └──α run  AnalysisRun  ? Inconclusive  90s  ✔ 4,✖ 4,? 1,⚠ 1',
      '│  ├──⊞ job-a  Job  ⚠ Error  60s',
      '│  └──⊞ job-b  Job  ✔ Successful  60s',
    ]);
    expect(tree).toContain('│     ├──⊞ job-a');
  });

  it('[cli-10] show the images of their templates', () => {
    const sets = [setOfExperiment(experiment, 'canary-preview', 'argoproj/rollouts-demo:blue')];
    const text = printed('003-657', { more: { experiments: [experiment], replicaSets: sets } });
    expect(text).toContain('argoproj/rollouts-demo:blue (Σ:canary-preview)\n');
  });

  it('can be shown alone', () => {
    const belongings = {
      replicaSets: [setOfExperiment(experiment, 'base', 'x:1')],
      pods: [],
      analysisRuns: [analysisRun(experiment)],
    };
    const failed = asExperiment({ ...experiment, status: { phase: 'Failed', message: 'no luck' } });
    expect(experimentText(experimentInfo(failed, belongings), { paint: plain, now })).toBe(`Name:            test
Namespace:       default
Status:          ✖ Failed
Message:         no luck
Images:          x:1 (Σ:base)

NAME            KIND         STATUS          AGE  INFO
Σ test          Experiment   ✖ Failed        40s  ${''}
├──⧉ test-base  ReplicaSet   ✔ Healthy       30s  ${''}
└──α run        AnalysisRun  ? Inconclusive  90s  ✔ 4,✖ 4,? 1,⚠ 1
   ├──⊞ job-a   Job          ⚠ Error         60s  ${''}
   └──⊞ job-b   Job          ✔ Successful    60s  ${''}
`);
  });
});

describe('[cli-14] colours', () => {
  const escape = '\u001B';

  it('wrap icons, tags and names, and change nothing else', () => {
    const text = printed('002-182', {}, coloured);
    expect(stripVTControlCharacters(text)).toBe(printed('002-182'));
    expect(text).toContain(`Status:          ${escape}[0m॥${escape}[0m Paused\n`);
    expect(text).toContain(`⧉ ${escape}[33mrollout-test-canary-nginx-bc478cd89${escape}[0m `);
    expect(text).toContain(`⧉ ${escape}[32mrollout-test-canary-nginx-598c9cf7c8${escape}[0m `);
    expect(text).toContain(`nginx:1.14.1 (${escape}[32mstable${escape}[0m)\n`);
    expect(printed('002-349', {}, coloured)).toContain(`Status:          ${escape}[32m✔${escape}[0m Healthy\n`);
  });

  it('wrap a name once for each tag', () => {
    expect(printed('001-247', {}, coloured)).toContain(
      `⧉ ${escape}[32m${escape}[32mbluegreen-rollout-69dc9f5f56${escape}[0m${escape}[0m `,
    );
  });

  it('are left out for a dumb terminal, and on request', () => {
    expect([paintFor(false, { TERM: 'dumb' }), paintFor(true, {}), paintFor(false, {})]).toEqual([
      plain,
      plain,
      coloured,
    ]);
  });
});
