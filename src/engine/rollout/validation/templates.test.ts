import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { rolloutWith } from './rollout-with.ts';
import { validateReferences, type References } from './references.ts';

type Specs = Readonly<Record<string, object>>;

function templatesIn(specs: Specs, clusterSpecs: Specs = {}): References {
  const find =
    (kind: string, all: Specs) =>
    (name: string): KubeObject | undefined =>
      all[name] && { apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name }, spec: all[name] };
  return {
    service: (name) => ({ apiVersion: 'v1', kind: 'Service', metadata: { name } }),
    ingress: () => undefined,
    object: () => undefined,
    analysisTemplate: find('AnalysisTemplate', specs),
    clusterAnalysisTemplate: find('ClusterAnalysisTemplate', clusterSpecs),
  };
}

const metric = (name: string, more: object = {}) => ({ name, provider: { web: { url: 'http://x' } }, ...more });
const web = (url: string) => ({ metrics: [{ name: 'a', provider: { web: { url } } }] });
const refs = (...names: string[]) => names.map((templateName) => ({ templateName }));
const withStep = (analysis: object) => rolloutWith({ strategy: { canary: { steps: [{ pause: {} }, { analysis }] } } });

const inStep = 'spec.strategy.canary.steps[1].analysis.templates';
const endless = { metrics: [metric('a', { interval: '5s' })] };

describe('templates that are not there', () => {
  const nested = { a: { templates: [{ templateName: 'x', clusterScope: true }] } };
  const circle = { a: { templates: refs('b') }, b: { templates: refs('a') } };
  const clustered = [{ templateName: 'check', clusterScope: true }];

  it.each<[string, object, Specs, string]>([
    [
      'of a step',
      { canary: { steps: [{ pause: {} }, { analysis: { templates: refs('check') } }] } },
      {},
      `${inStep}: Invalid value: "check": AnalysisTemplate 'check' not found`,
    ],
    [
      'of the cluster',
      { canary: { analysis: { templates: clustered } } },
      {},
      `spec.strategy.canary.analysis.templates: Invalid value: "check": ClusterAnalysisTemplate 'check' not found`,
    ],
    [
      'before the switch',
      { blueGreen: { activeService: 'a', prePromotionAnalysis: { templates: refs('check') } } },
      {},
      `spec.strategy.blueGreen.prePromotionAnalysis.templates: Invalid value: "check": AnalysisTemplate 'check' not found`,
    ],
    [
      'after the switch',
      { blueGreen: { activeService: 'a', postPromotionAnalysis: { templates: refs('check') } } },
      {},
      `spec.strategy.blueGreen.postPromotionAnalysis.templates: Invalid value: "check": AnalysisTemplate 'check' not found`,
    ],
    [
      'in another template',
      { canary: { analysis: { templates: refs('a') } } },
      nested,
      `spec.templates: Invalid value: "x": ClusterAnalysisTemplate 'x' not found`,
    ],
    [
      'in a circle',
      { canary: { analysis: { templates: refs('a') } } },
      circle,
      `spec.templates: Invalid value: "a": AnalysisTemplate 'a' includes itself: AnalysisTemplate 'a' -> AnalysisTemplate 'b' -> AnalysisTemplate 'a'`,
    ],
  ])('are told: %s', (_name, strategy, specs, problem) => {
    expect(validateReferences(rolloutWith({ strategy }), templatesIn(specs))).toBe(problem);
  });
});

describe('templates of a step', () => {
  it.each<[string, object, Specs, string]>([
    [
      'without end',
      { templates: refs('t') },
      { t: endless },
      '"t": AnalysisTemplate t has metric a which runs indefinitely. Invalid value for count: <nil>',
    ],
    [
      'with a count that is no number',
      { templates: refs('t') },
      { t: { metrics: [metric('a', { interval: '5s', count: 'abc' })] } },
      '"t": AnalysisTemplate t has metric a which runs indefinitely. Invalid value for count: abc',
    ],
    [
      'with an argument that nobody gives',
      { templates: refs('a', 'b') },
      { a: { args: [{ name: 'x' }], metrics: [metric('a')] }, b: { metrics: [metric('b')] } },
      '"templateNames: [a b]": args.x was not resolved',
    ],
    [
      'with one metric twice',
      { templates: refs('a', 'b') },
      { a: { metrics: [metric('a')] }, b: { metrics: [metric('a')] } },
      `"templateNames: [a b]": two metrics have the same name 'a'`,
    ],
    [
      'with an argument of two values',
      { templates: refs('a', 'b') },
      { a: { args: [{ name: 'x', value: '1' }] }, b: { args: [{ name: 'x', value: '2' }] } },
      `"templateNames: [a b]": Argument \`x\` specified multiple times with different values: '1', '2'`,
    ],
    [
      'with an unknown placeholder',
      { templates: refs('t') },
      { t: web('{{args.no}}') },
      '"t": AnalysisTemplate t: failed to resolve {{args.no}}',
    ],
    [
      'with an argument that is two things',
      { templates: refs('t') },
      { t: { args: [{ name: 'x', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] } },
      `"t": AnalysisTemplate t: arg 'x' has both Value and ValueFrom fields`,
    ],
    [
      'with one rule twice',
      { templates: refs('t'), dryRun: [{ metricName: 'a' }] },
      { t: { metrics: [metric('a')], dryRun: [{ metricName: 'a' }] } },
      `"templateNames: [t]": two Dry-Run metric rules have the same name 'a'`,
    ],
  ])('are refused %s', (_name, analysis, specs, problem) => {
    expect(validateReferences(withStep(analysis), templatesIn(specs))).toBe(`${inStep}: Invalid value: ${problem}`);
  });

  it.each<[string, object, Specs]>([
    [
      'with a Secret',
      { templates: refs('t') },
      { t: { args: [{ name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }], ...web('{{args.x}}') } },
    ],
    [
      'with a hash',
      { templates: refs('t'), args: [{ name: 'x', valueFrom: { podTemplateHashValue: 'Latest' } }] },
      { t: { args: [{ name: 'x' }], ...web('{{args.x}}') } },
    ],
    [
      'with a count that the Rollout gives',
      { templates: refs('t'), args: [{ name: 'count', value: '5' }] },
      { t: { args: [{ name: 'count' }], metrics: [metric('a', { interval: '5s', count: '{{args.count}}' })] } },
    ],
    [
      'with a rule that matches nothing',
      { templates: refs('t'), dryRun: [{ metricName: 'z' }] },
      { t: { metrics: [metric('a')] } },
    ],
  ])('are in order %s', (_name, analysis, specs) => {
    expect(validateReferences(withStep(analysis), templatesIn(specs))).toBeUndefined();
  });
});

describe('templates in the background', () => {
  const background = (templates: readonly object[]) =>
    rolloutWith({ strategy: { canary: { analysis: { templates } } } });

  it('may go on without end', () => {
    expect(validateReferences(background(refs('t')), templatesIn({ t: endless }))).toBeUndefined();
  });

  it('want their arguments', () => {
    expect(validateReferences(background(refs('t')), templatesIn({ t: { args: [{ name: 'x' }] } }))).toBe(
      'spec.strategy.canary.analysis.templates: Invalid value: "templateNames: [t]": args.x was not resolved',
    );
  });

  it('of the cluster are found there', () => {
    const rollout = withStep({ templates: [{ templateName: 't', clusterScope: true }] });
    expect(validateReferences(rollout, templatesIn({}, { t: endless }))).toContain('which runs indefinitely');
  });
});
