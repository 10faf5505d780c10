import { describe, expect, it } from 'vitest';
import type { KubeObject } from './kubernetes.ts';
import { parseExperiment } from './experiment.ts';
import { parseRollout } from './rollout.ts';
import { parseAnalysisRun } from './analysis-run.ts';
import { parseAnalysisTemplate } from './analysis-template.ts';

const object = (kind: string, fields: object): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { name: 'web' },
  ...fields,
});

const read = (fields: object) => {
  const parsed = parseRollout(object('Rollout', fields));
  if (!parsed.ok) throw new Error('It cannot be read');
  return parsed;
};

const steps = (given: unknown) => read({ spec: { strategy: { canary: { steps: given } } } });

describe('parseRollout', () => {
  it('keeps the very pod template that was given, even of a Rollout that is broken elsewhere', () => {
    const template = { spec: { containers: [{ name: 'web', ofTomorrow: null }] } };
    expect(read({ spec: { template } }).rollout.spec.template).toBe(template);
    expect(read({ spec: { template, paused: 'x' } }).rollout.spec.template).toBe(template);
    expect(template).toEqual({ spec: { containers: [{ name: 'web', ofTomorrow: null }] } });
  });

  it('changes nothing of what it was given', () => {
    const given = { spec: { replicas: 'x', strategy: { canary: { steps: [{ setWeight: 'x' }] } } } };
    const before = structuredClone(given);
    read(given);
    expect(given).toEqual(before);
  });

  it.each<[string, object, unknown, string[]]>([
    ['a bad field', { paused: 'x', replicas: 2 }, { replicas: 2 }, ['spec.paused']],
    ['a fraction', { replicas: 1.5 }, {}, ['spec.replicas']],
    ['what is more than 32 bits', { replicas: 2 ** 31 }, {}, ['spec.replicas']],
    ['a time that is none', { restartAt: 'soon' }, {}, ['spec.restartAt']],
    ['a null, without a word', { paused: null, replicas: 2 }, { replicas: 2 }, []],
    ['a strategy that is a text', { strategy: 'canary' }, {}, ['spec.strategy']],
    ['an unknown field, without a word', { colour: 'red' }, {}, []],
  ])('leaves out %s', (_name, spec, left, fields) => {
    const { rollout, dropped } = read({ spec });
    expect(rollout.spec).toEqual(left);
    expect(dropped.map(({ field }) => field)).toEqual(fields);
  });

  it('keeps the places of steps that it cannot read', () => {
    const { rollout, dropped } = steps([{ setWeight: 'x' }, 'pause', { pause: { duration: true } }, { setWeight: 5 }]);
    expect(rollout.spec.strategy?.canary?.steps).toEqual([{}, {}, { pause: {} }, { setWeight: 5 }]);
    expect(dropped.map(({ field }) => field)).toEqual([
      'spec.strategy.canary.steps[0].setWeight',
      'spec.strategy.canary.steps[1]',
      'spec.strategy.canary.steps[2].pause.duration',
    ]);
  });

  it('takes nothing for what must be there and is not', () => {
    expect(read({}).rollout.spec).toEqual({});
    expect(read({ spec: { strategy: { blueGreen: {} } } }).rollout.spec.strategy).toEqual({
      blueGreen: { activeService: '' },
    });
  });

  it('keeps the settings of plugins as they are', () => {
    const config = { a: null, b: [1] };
    const { rollout } = steps([{ plugin: { name: 'a/b', config } }]);
    expect(rollout.spec.strategy?.canary?.steps?.[0]?.plugin?.config).toBe(config);
  });

  it('leaves out a pause for a reason, or since a time, that it does not know', () => {
    const startTime = '2026-01-31T12:00:00Z';
    const status = {
      currentStepIndex: null,
      pauseConditions: [
        { reason: 'Tea', startTime },
        { reason: 'InconclusiveAnalysisRun', startTime: 'later' },
        { reason: 'BlueGreenPause', startTime },
      ],
    };
    expect(read({ spec: {}, status }).rollout.status).toEqual({
      pauseConditions: [{ reason: 'BlueGreenPause', startTime }],
    });
  });
});

describe('the kinds of an analysis', () => {
  it('fill in the defaults of their CRDs', () => {
    const spec = { metrics: [{ name: 'm', provider: { datadog: { query: 'q' } } }] };
    const parsed = parseAnalysisTemplate(object('AnalysisTemplate', { spec }));
    expect(parsed).toMatchObject({
      ok: true,
      template: {
        spec: { metrics: [{ provider: { datadog: { apiVersion: 'v1', interval: '5m', requestTimeout: '10s' } } }] },
      },
    });
  });

  it('write a metric in the order of the original, in which its placeholders are filled', () => {
    const provider = { web: { url: 'u', method: 'GET' } };
    const metric = { consecutiveSuccessLimit: 1, provider, count: 1, name: 'm', interval: '5s' };
    const parsed = parseAnalysisRun(object('AnalysisRun', { spec: { metrics: [metric] } }));
    expect(parsed.ok && JSON.stringify(parsed.run.spec.metrics[0])).toBe(
      '{"name":"m","interval":"5s","count":1,"provider":{"web":{"method":"GET","url":"u"}},"consecutiveSuccessLimit":1}',
    );
  });

  it('keep the spec of a Job as it is', () => {
    const spec = { template: { spec: { containers: [{ name: 'j', ofTomorrow: null }] } } };
    const metrics = [{ name: 'm', provider: { job: { spec } } }];
    const parsed = parseAnalysisRun(object('AnalysisRun', { spec: { metrics } }));
    expect(parsed.ok && parsed.run.spec.metrics[0]?.provider.job?.spec).toBe(spec);
  });

  it('tell an Experiment without a selector from one that selects all pods', () => {
    const template = { spec: { containers: [] } };
    const parsed = parseExperiment(object('Experiment', { spec: { templates: [{ name: 'a', template }] } }));
    expect(parsed.ok && parsed.experiment.spec.templates[0]).toEqual({ name: 'a', template });
  });
});
