import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate, AnalysisTemplateSpec } from '#api/analysis-template.ts';
import { collectTemplates, flattenTemplates, newRunSpec } from './flatten.ts';
import { aMetric } from './played-run.ts';

const template = (name: string, spec: AnalysisTemplateSpec, kind = 'AnalysisTemplate'): AnalysisTemplate => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { name },
  spec,
});

function finding(...templates: readonly AnalysisTemplate[]) {
  return (name: string, clusterScope: boolean) =>
    templates.find(
      ({ kind, metadata }) =>
        metadata.name === name && kind === (clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'),
    );
}

describe('collectTemplates', () => {
  it('finds templates of templates, each once, those of the cluster last', () => {
    const find = finding(
      template('a', { templates: [{ templateName: 'c', clusterScope: true }, { templateName: 'b' }] }),
      template('b', { templates: [{ templateName: 'd' }] }),
      template('c', { templates: [{ templateName: 'd' }] }, 'ClusterAnalysisTemplate'),
      template('d', {}),
    );
    const collected = collectTemplates([{ templateName: 'a' }, { templateName: 'b' }], find);
    expect(collected.ok && collected.templates.map(({ metadata }) => metadata.name)).toEqual(['a', 'd', 'b', 'c']);
  });

  it.each([
    [{ templateName: 'x' }, "AnalysisTemplate 'x' not found", false, true],
    [{ templateName: 'x', clusterScope: true }, "ClusterAnalysisTemplate 'x' not found", false, true],
    [{ templateName: 'lost' }, "AnalysisTemplate 'y' not found", true, true],
    [
      { templateName: 'a' },
      "AnalysisTemplate 'a' includes itself: AnalysisTemplate 'a' -> AnalysisTemplate 'b' -> AnalysisTemplate 'a'",
      true,
      false,
    ],
  ])('says what is wrong with %j', (ref, message, nested, missing) => {
    const find = finding(
      template('lost', { templates: [{ templateName: 'y' }] }),
      template('a', { templates: [{ templateName: 'b' }] }),
      template('b', { templates: [{ templateName: 'a' }] }),
    );
    expect(collectTemplates([ref], find)).toMatchObject({ ok: false, message, nested, missing });
  });
});

describe('flattenTemplates', () => {
  it.each<[string, AnalysisTemplateSpec, AnalysisTemplateSpec, string]>([
    ['metrics', { metrics: [aMetric('m')] }, { metrics: [aMetric('m')] }, "two metrics have the same name 'm'"],
    [
      'dry-run rules',
      { dryRun: [{ metricName: 'm' }] },
      { dryRun: [{ metricName: 'm' }] },
      "two Dry-Run metric rules have the same name 'm'",
    ],
    [
      'retention rules',
      { measurementRetention: [{ metricName: 'm', limit: 1 }] },
      { measurementRetention: [{ metricName: 'm', limit: 2 }] },
      "two Measurement Retention metric rules have the same name 'm'",
    ],
    [
      '[analysis-21] values of an argument',
      { args: [{ name: 'x', value: '1' }] },
      { args: [{ name: 'x', value: '2' }] },
      "Argument `x` specified multiple times with different values: '1', '2'",
    ],
  ])('refuses different %s of one name', (_what, one, other, message) => {
    expect(flattenTemplates([{ spec: one }, { spec: other }])).toEqual({ ok: false, message });
  });

  it('takes the first value of an argument, and replaces one without', () => {
    const flattened = flattenTemplates([
      { spec: { args: [{ name: 'a' }, { name: 'b', value: '1' }] } },
      { spec: { args: [{ name: 'a', value: '2' }, { name: 'b' }, { name: 'b', value: '1' }] } },
    ]);
    expect(flattened.ok && flattened.flat.args).toEqual([
      { name: 'a', value: '2' },
      { name: 'b', value: '1' },
    ]);
  });
});

describe('newRunSpec', () => {
  const templates = [
    {
      spec: {
        metrics: [aMetric('m')],
        args: [{ name: 'host', value: 'a' }, { name: 'n' }],
        dryRun: [{ metricName: 't' }],
      },
    },
  ];

  it('[analysis-20] passes values, also empty ones, and puts rules of the owner first', () => {
    expect(
      newRunSpec(templates, {
        args: [
          { name: 'host', value: '' },
          { name: 'n', value: '5' },
          { name: 'typo', value: 'x' },
        ],
        dryRun: [{ metricName: 'r' }],
      }),
    ).toEqual({
      ok: true,
      spec: {
        metrics: [aMetric('m')],
        args: [
          { name: 'host', value: '' },
          { name: 'n', value: '5' },
        ],
        dryRun: [{ metricName: 'r' }, { metricName: 't' }],
      },
      unknownArgs: ['typo'],
    });
  });

  it('wants a value for every argument', () => {
    expect(newRunSpec(templates, {})).toEqual({ ok: false, message: 'args.n was not resolved' });
  });

  it('leaves a reference in place when a value is passed', () => {
    const secret = { secretKeyRef: { name: 's', key: 'k' } };
    const made = newRunSpec([{ spec: { args: [{ name: 'x', valueFrom: secret }] } }], {
      args: [{ name: 'x', value: '1' }],
    });
    expect(made.ok && made.spec.args).toEqual([{ name: 'x', value: '1', valueFrom: secret }]);
  });

  it('refuses a rule of the owner that a template has as well', () => {
    expect(newRunSpec(templates, { args: [{ name: 'n', value: '1' }], dryRun: [{ metricName: 't' }] })).toEqual({
      ok: false,
      message: "two Dry-Run metric rules have the same name 't'",
    });
  });
});
