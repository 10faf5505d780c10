import { describe, expect, it } from 'vitest';
import { parseCanary, type Canary } from '#api/canary.ts';
import { parseMetricTemplate, type MetricTemplate } from '#api/metric-template.ts';
import { describeProblem } from '#api/problem.ts';
import type { Workload } from '#api/workload.ts';
import { isBlocking, validateCanary, type Surroundings } from './validation.ts';

const analysis = { interval: '10s', threshold: 2, stepWeight: 20 };
const service = { port: 80, targetPort: 'http', gatewayRefs: [{ name: 'gw' }] };
const knativeRef = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'podinfo' };

function aCanary(spec: object): Canary {
  const parsed = parseCanary({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: {
      provider: 'gatewayapi:v1',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      service,
      analysis,
      ...spec,
    },
  });
  if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join('; '));
  return parsed.canary;
}

function aTemplate(spec: object): MetricTemplate {
  const metadata = { name: 'errors', namespace: 'test' };
  const parsed = parseMetricTemplate({ apiVersion: 'flagger.app/v1beta1', kind: 'MetricTemplate', metadata, spec });
  if (!parsed.ok) throw new Error(parsed.problems.map(describeProblem).join('; '));
  return parsed.template;
}

function aTarget(ports: { name?: string; containerPort: number }[]): Workload {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: { selector: {}, template: { spec: { containers: [{ name: 'app', ports }] } } },
  };
}

const surroundings: Surroundings = {
  meshProvider: 'istio',
  noCrossNamespaceRefs: false,
  trafficProviders: ['kubernetes', 'gatewayapi:v1'],
  metricProviders: ['prometheus'],
  target: aTarget([{ name: 'http', containerPort: 9898 }, { containerPort: 9999 }]),
  findTemplate: () => undefined,
  hasAlertProvider: () => true,
  parsesQuery: (query) => query !== 'sum(' || 'unexpected end',
};

function messages(spec: object, seen: Partial<Surroundings> = {}): string[] {
  return validateCanary(aCanary(spec), { ...surroundings, ...seen }).map(describeProblem);
}

const withAnalysis = (more: object) => ({ analysis: { ...analysis, ...more } });
const withMetric = (metric: object) =>
  withAnalysis({ metrics: [{ name: 'request-success-rate' }, { name: 'errors', ...metric }] });

describe('validateCanary', () => {
  it.each([
    [{}],
    [{ provider: 'kubernetes', service: { port: 9999 } }],
    [{ service: { ...service, targetPort: '0', port: 9898 } }],
    [{ skipAnalysis: true, analysis: {} }],
    [withAnalysis({ stepWeight: undefined, stepWeights: [1, 10, 200] })],
    [withAnalysis({ stepWeight: undefined, iterations: 3, mirror: true })],
    [withMetric({ query: 'sum(x)', interval: '1m30s', thresholdRange: { min: 0, max: 0 } })],
    [withAnalysis({ webhooks: [{ name: 'load', url: 'http://user:pass@loadtester.test/', timeout: '5s' }] })],
  ])('finds nothing wrong with %j', (spec) => {
    expect(messages(spec)).toEqual([]);
  });

  it.each<[object, string]>([
    [
      { provider: 'consul' },
      'Cannot use spec.provider "consul": there is no such provider, use "kubernetes" or "gatewayapi:v1"',
    ],
    [
      { provider: 'nginx' },
      'Cannot use spec.provider "nginx": Serin does not offer it yet, use "kubernetes" or "gatewayapi:v1"',
    ],
    [
      { provider: undefined },
      'Cannot use spec.provider without a value: the flag -mesh-provider says "istio", and Serin does not offer it yet, ' +
        'use "kubernetes" or "gatewayapi:v1"',
    ],
    [
      withAnalysis({ stepWeight: undefined }),
      'Cannot use spec.analysis.stepWeight without a value: give exactly one of stepWeight, stepWeights and iterations',
    ],
    [
      withAnalysis({ iterations: 5 }),
      'Cannot use spec.analysis.iterations 5: give exactly one of stepWeight, stepWeights and iterations',
    ],
    [withAnalysis({ stepWeight: 0 }), 'Cannot use spec.analysis.stepWeight 0: it must be at least 1'],
    [withAnalysis({ stepWeight: -5 }), 'Cannot use spec.analysis.stepWeight -5: it must be at least 0'],
    [withAnalysis({ maxWeight: 101 }), 'Cannot use spec.analysis.maxWeight 101: it must be at most 100'],
    [
      withAnalysis({ mirror: true }),
      'Cannot use spec.analysis.mirror true: the provider "gatewayapi:v1" mirrors only with iterations: give those instead of weights, or leave mirror out',
    ],
    [
      withAnalysis({ stepWeight: undefined, stepWeights: [] }),
      'Cannot use spec.analysis.stepWeights []: give at least one weight',
    ],
    [
      withAnalysis({ stepWeight: undefined, stepWeights: [0, 10] }),
      'Cannot use spec.analysis.stepWeights[0] 0: it must be greater than 0',
    ],
    [
      withAnalysis({ stepWeight: undefined, stepWeights: [10, 10, 50] }),
      'Cannot use spec.analysis.stepWeights[1] 10: it must be greater than 10',
    ],
    [
      withAnalysis({ stepWeight: undefined, stepWeights: [50, 20] }),
      'Cannot use spec.analysis.stepWeights[1] 20: it must be greater than 50',
    ],
    [
      { service: undefined, provider: 'kubernetes' },
      'Cannot use spec.service without a value: give at least the port of the target',
    ],
    [{ service: { ...service, port: 0 } }, 'Cannot use spec.service.port 0: it must be between 1 and 65535'],
    [
      { service: { ...service, targetPort: 'grpc' } },
      'Cannot use spec.service.targetPort "grpc": it must be a port of the containers of Deployment "podinfo": 9898 ("http"), 9999',
    ],
    [
      { service: { ...service, targetPort: undefined } },
      'Cannot use spec.service.port 80: it must be a port of the containers of Deployment "podinfo": 9898 ("http"), 9999',
    ],
    [
      { service: { port: 80, targetPort: 'http' } },
      'Cannot use spec.service.gatewayRefs without a value: name the Gateways that the HTTPRoute attaches to',
    ],
    [
      withMetric({}),
      'Cannot use spec.analysis.metrics[1].name "errors": it must be "request-success-rate" or "request-duration", ' +
        'or come with templateRef or query',
    ],
    [
      withMetric({ query: 'sum(' }),
      'Cannot use spec.analysis.metrics[1].query "sum(": it must be a PromQL query: unexpected end',
    ],
    [
      withMetric({ query: 'x', thresholdRange: { min: 5, max: 1 } }),
      'Cannot use spec.analysis.metrics[1].thresholdRange.min 5: it must be at most max, which is 1',
    ],
    [
      withMetric({ templateRef: { name: 'errors' } }),
      'Cannot use spec.analysis.metrics[1].templateRef.name "errors": there is no such MetricTemplate in namespace "test", ' +
        'create it or name another',
    ],
    [withMetric({ query: 'x', interval: '1mx' }), durationMessage('spec.analysis.metrics[1].interval', '1mx')],
    [withAnalysis({ interval: '10sec' }), durationMessage('spec.analysis.interval', '10sec')],
    [
      { service: { ...service, corsPolicy: { maxAge: '1d' } } },
      durationMessage('spec.service.corsPolicy.maxAge', '1d'),
    ],
    [{ service: { ...service, timeout: '15' } }, durationMessage('spec.service.timeout', '15')],
    [
      withAnalysis({ webhooks: [{ name: 'load', url: 'http://x/', timeout: '5sx' }] }),
      durationMessage('spec.analysis.webhooks[0].timeout', '5sx'),
    ],
    [
      withAnalysis({ webhooks: [{ name: 'load', url: 'loadtester.test/gate' }] }),
      'Cannot use spec.analysis.webhooks[0].url "loadtester.test/gate": it must be a URL such as "http://host:9090/path"',
    ],
    [
      { metricsServer: 'prometheus:9090' },
      'Cannot use spec.metricsServer "prometheus:9090": it must be a URL such as "http://host:9090/path"',
    ],
  ])('says what is wrong with %j', (spec, message) => {
    expect(messages(spec)).toEqual([message]);
  });

  it.each(['Service'])('does not take a %s for a workload', (kind) => {
    const problems = validateCanary(aCanary({ targetRef: { apiVersion: 'v1', kind, name: 'podinfo' } }), surroundings);
    expect(problems.map(describeProblem)).toEqual([
      `Cannot use spec.targetRef.kind "${kind}": Serin does not offer it as a target yet, use "Deployment" or "DaemonSet"`,
    ]);
    expect(problems.every(isBlocking)).toBe(true);
  });

  it('hides credentials in what it found', () => {
    const spec = withAnalysis({ webhooks: [{ name: 'load', url: 'ftp://user:secret@host/' }] });
    expect(messages(spec).join()).toContain('"ftp://***@host/"');
  });

  it('misses the target', () => {
    expect(messages({}, { target: undefined })).toEqual([
      'Cannot use spec.targetRef.name "podinfo": there is no such Deployment in namespace "test", create it or name another',
    ]);
  });

  it('doubts no number where containers declare no port, but every name', () => {
    const target = aTarget([]);
    expect(messages({ service: { ...service, targetPort: 8080 } }, { target })).toEqual([]);
    expect(messages({}, { target })).toEqual([
      'Cannot use spec.service.targetPort "http": it must be a number, since the containers of Deployment "podinfo" declare no port',
    ]);
  });

  it.each<[object, string[]]>([
    [{ provider: { type: 'prometheus' }, query: 'sum(x)' }, []],
    [{ provider: { type: 'prometheus' }, query: 'sum(' }, ['its query must be a PromQL query: unexpected end']],
    [{ provider: { type: 'datadog' }, query: 'sum(' }, ['its provider "datadog" is not offered yet, use "prometheus"']],
  ])('looks into the template %j', (spec, wants) => {
    const findTemplate: Surroundings['findTemplate'] = ({ namespace, name }) =>
      namespace === 'test' && name === 'errors' ? aTemplate(spec) : undefined;
    const found = messages(withMetric({ templateRef: { name: 'errors', namespace: '' } }), { findTemplate });
    expect(found).toEqual(
      wants.map((want) => `Cannot use spec.analysis.metrics[1].templateRef.name "errors": ${want}`),
    );
  });
});

describe("the original's checks", () => {
  const originals = (spec: object, seen: Partial<Surroundings> = {}) =>
    validateCanary(aCanary(spec), { ...surroundings, ...seen, trafficProviders: ['gatewayapi:v1', 'knative', 'gloo'] })
      .filter((problem) => isBlocking(problem) && problem.original !== undefined)
      .map((problem) => problem.original);

  const upstreamRef = { apiVersion: 'gloo.solo.io/v1', kind: 'Upstream', name: 'up', namespace: 'other' };

  it.each<[object, string[]]>([
    [{ upstreamRef }, ["can't access gloo upstream up.other, cross-namespace references are blocked"]],
    [{ upstreamRef: { ...upstreamRef, namespace: 'test' } }, []],
    [{ upstreamRef: { ...upstreamRef, namespace: '' } }, []],
    [
      withMetric({ templateRef: { name: 'errors', namespace: 'other' } }),
      ["can't access metric template errors.other, cross-namespace references are blocked"],
    ],
    [
      withAnalysis({ alerts: [{ name: 'chat', providerRef: { name: 'slack', namespace: 'other' } }] }),
      ["can't access alert provider slack.other, cross-namespace references are blocked"],
    ],
  ])('blocks references into other namespaces when told to: %j', (spec, texts) => {
    expect(originals(spec, { noCrossNamespaceRefs: true })).toEqual(texts);
    expect(originals(spec)).toEqual([]);
  });

  it.each<[object, string[]]>([
    [{ targetRef: knativeRef }, ["can't use gatewayapi:v1 provider with Knative Service as target"]],
    [{ targetRef: knativeRef, provider: 'knative', service: undefined }, []],
    [{ provider: 'knative' }, ["can't use apps/v1/Deployment as target if provider is set to knative"]],
    [
      {
        targetRef: knativeRef,
        provider: 'knative',
        autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo' },
      },
      ["can't use autoscaler with Knative Service"],
    ],
    [
      withAnalysis({ sessionAffinity: { cookieName: 'c', primaryCookieName: 'c' } }),
      ["can't use the same cookie name for both primary and cookie name; please update them to be different"],
    ],
  ])('refuses %j', (spec, texts) => {
    expect(originals(spec)).toEqual(texts);
  });
});

function durationMessage(field: string, found: string): string {
  return `Cannot use ${field} "${found}": it must be a duration such as "30s" or "1m30s"`;
}
