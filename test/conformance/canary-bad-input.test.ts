/** Bad input, as a table: whatever is wrong with a Canary, with what it refers to or with what a metric server answers, the user is told and no traffic moves. */
import { describe, expect, it } from 'vitest';
import { canaries, httpRoutes } from '#cluster/resource.ts';
import { canaryWorld, withNewImage, type CanaryWorld, type Fixture } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const acceptedOf = (world: CanaryWorld): Json | undefined =>
  ((world.status()['conditions'] ?? []) as readonly Json[]).find(({ type }) => type === 'Accepted'); // a Canary's

/** A run at weight 20: whatever becomes wrong now must not move its traffic. */
async function atTwenty(fixture: Fixture = {}): Promise<CanaryWorld> {
  const world = await withNewImage(fixture);
  await world.ticks(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  return world;
}

/** A field with a value that it cannot have. `crd`: whether the API server refuses it already. */
interface BadField {
  readonly spec: Json;
  readonly told: string;
  readonly crd: boolean;
}

const metric = (more: Json): Json => ({ analysis: { metrics: [{ name: 'request-success-rate', ...more }] } });
const webhook = (more: Json): Json => ({
  analysis: { webhooks: [{ name: 'h', url: 'http://hooks.sandbox/h', ...more }] },
});
const analysis = (more: Json): Json => ({ analysis: more });
const service = (more: Json): Json => ({ service: more });

/** Those that stop everything: what is there stays as it is. */
const blocking: readonly BadField[] = [
  { spec: { provider: 'consul' }, told: 'spec.provider "consul": there is no such provider', crd: true },
  { spec: { provider: 'istio' }, told: 'spec.provider "istio": Serin does not offer it yet', crd: false },
  { spec: { provider: 'knative' }, told: 'spec.provider "knative": choose another', crd: false },
  { spec: { provider: 7 }, told: 'spec.provider 7: it must be a text', crd: true },
  {
    spec: { targetRef: { kind: 'StatefulSet' } },
    told: 'spec.targetRef.kind "StatefulSet": it must be one of',
    crd: true,
  },
  {
    spec: { targetRef: { kind: 'Service' } },
    told: 'spec.targetRef.kind "Service": Serin does not offer it',
    crd: false,
  },
  { spec: { targetRef: { name: null } }, told: 'spec.targetRef.name without a value: it must be a text', crd: true },
  { spec: { targetRef: null }, told: 'spec.targetRef without a value: it must be an object', crd: true },
  { spec: { analysis: null }, told: 'spec.analysis without a value: it must be an object', crd: true },
  {
    spec: { autoscalerRef: { apiVersion: 'v1', kind: 'Autoscaler', name: 'a' } },
    told: 'spec.autoscalerRef.kind "Autoscaler": it must be one of',
    crd: true,
  },
  {
    spec: {
      autoscalerRef: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        name: 'hpa',
        primaryScalerReplicas: { minReplicas: 0 },
      },
    },
    told: 'spec.autoscalerRef.primaryScalerReplicas.minReplicas 0: it must be at least 1',
    crd: true,
  },
  { spec: service({ port: null }), told: 'spec.service.port without a value: it must be a number', crd: true },
  { spec: service({ port: 'http' }), told: 'spec.service.port "http": it must be a number', crd: true },
  { spec: service({ port: 80.5 }), told: 'spec.service.port 80.5: it must be a whole number', crd: false },
  { spec: service({ headless: 'no' }), told: 'spec.service.headless "no": it must be true or false', crd: true },
  { spec: service({ targetPort: 1.5 }), told: 'spec.service.targetPort 1.5: it must be', crd: true },
  {
    spec: service({ trafficDistribution: 'Near' }),
    told: 'spec.service.trafficDistribution "Near": it must be one of',
    crd: true,
  },
  {
    spec: service({ gatewayRefs: [{ name: 'gateway', port: 0 }] }),
    told: 'spec.service.gatewayRefs[0].port 0: it must be at least 1',
    crd: true,
  },
  { spec: service({ hosts: 'example.com' }), told: 'spec.service.hosts "example.com": it must be a list', crd: true },
  {
    spec: { progressDeadlineSeconds: '10m' },
    told: 'spec.progressDeadlineSeconds "10m": it must be a number',
    crd: true,
  },
  { spec: { skipAnalysis: 'yes' }, told: 'spec.skipAnalysis "yes": it must be true or false', crd: true },
  { spec: { suspend: 1 }, told: 'spec.suspend 1: it must be true or false', crd: true },
  { spec: { revertOnDeletion: 'true' }, told: 'spec.revertOnDeletion "true": it must be true or false', crd: true },
  { spec: analysis({ interval: 'soon' }), told: 'spec.analysis.interval "soon": it must be a duration', crd: true },
  { spec: analysis({ threshold: 1.5 }), told: 'spec.analysis.threshold 1.5: it must be a whole number', crd: false },
  { spec: analysis({ threshold: '3' }), told: 'spec.analysis.threshold "3": it must be a number', crd: true },
  { spec: analysis({ stepWeight: 1.5 }), told: 'spec.analysis.stepWeight 1.5: it must be a whole number', crd: false },
  { spec: analysis({ maxWeight: 'half' }), told: 'spec.analysis.maxWeight "half": it must be a number', crd: true },
  { spec: analysis({ mirror: 'yes' }), told: 'spec.analysis.mirror "yes": it must be true or false', crd: true },
  { spec: analysis({ match: {} }), told: 'spec.analysis.match {}: it must be a list', crd: true },
  { spec: analysis({ metrics: {} }), told: 'spec.analysis.metrics {}: it must be a list', crd: true },
  { spec: metric({ name: null }), told: 'spec.analysis.metrics[0].name without a value: it must be a text', crd: true },
  {
    spec: metric({ interval: '1h' }),
    told: 'spec.analysis.metrics[0].interval "1h": it must be a duration',
    crd: true,
  },
  {
    spec: metric({ thresholdRange: { min: '99' } }),
    told: 'spec.analysis.metrics[0].thresholdRange.min "99": it must be a number',
    crd: true,
  },
  {
    spec: metric({ onNoData: 'wait' }),
    told: 'spec.analysis.metrics[0].onNoData "wait": it must be one of "fail", "hold", "pass"',
    crd: true,
  },
  { spec: webhook({ url: null }), told: 'spec.analysis.webhooks[0].url without a value: it must be a text', crd: true },
  { spec: webhook({ type: 'before' }), told: 'spec.analysis.webhooks[0].type "before": it must be one of', crd: true },
  { spec: webhook({ retries: 0.5 }), told: 'spec.analysis.webhooks[0].retries 0.5: it must be a whole', crd: false },
  {
    spec: webhook({ metadata: { a: 1 } }),
    told: 'spec.analysis.webhooks[0].metadata.a 1: it must be a text',
    crd: true,
  },
  {
    spec: analysis({ alerts: [{ name: 'a', severity: 'fatal', providerRef: { name: 'p' } }] }),
    told: 'spec.analysis.alerts[0].severity "fatal": it must be one of',
    crd: true,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: 'c', primaryCookieName: 'c' } }),
    told: 'spec.analysis.sessionAffinity.primaryCookieName "c": it must differ from cookieName',
    crd: false,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: '' } }),
    told: 'spec.analysis.sessionAffinity.cookieName "": it must be the name of a cookie',
    crd: false,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: '([' } }),
    told: 'spec.analysis.sessionAffinity.cookieName "([": it must be the name of a cookie',
    crd: false,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: 'c', primaryCookieName: 'a b;c' } }),
    told: 'spec.analysis.sessionAffinity.primaryCookieName "a b;c": it must be the name of a cookie',
    crd: false,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: 'c', domain: 'x; Secure' } }),
    told: 'spec.analysis.sessionAffinity.domain "x; Secure": it must not hold a semicolon',
    crd: false,
  },
  {
    spec: analysis({ sessionAffinity: { cookieName: 'c', sameSite: 'Never' } }),
    told: 'spec.analysis.sessionAffinity.sameSite "Never": it must be one of',
    crd: true,
  },
];

describe('a field with a value that it cannot have', () => {
  it.each(blocking)('$told stops a run where it is', async ({ spec, told }) => {
    const world = await atTwenty({ unchecked: true });
    const route = world.get(httpRoutes, 'podinfo')?.metadata.resourceVersion;
    const { phase, canaryWeight, failedChecks } = world.status();
    const said = world.events().length;
    world.change(canaries, 'podinfo', { spec });
    await world.ticks(3);
    expect(acceptedOf(world)).toMatchObject({
      status: 'False',
      message: expect.stringContaining(`Cannot use ${told}`),
    });
    expect(world.events().slice(said)).toEqual([expect.stringContaining(`[W] Cannot use ${told}`)]);
    expect(world.get(httpRoutes, 'podinfo')?.metadata.resourceVersion).toBe(route);
    expect(world.status()).toMatchObject({ phase, canaryWeight, failedChecks });
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:1');
  });

  it.each(blocking.filter(({ crd }) => crd))('$told is refused by the API server already', async ({ spec }) => {
    const world = await canaryWorld();
    expect(() => world.change(canaries, 'podinfo', { spec })).toThrow(/is invalid|must be/);
  });

  it.each(blocking.filter(({ crd }) => !crd))('$told passes the API server', async ({ spec }) => {
    const world = await canaryWorld();
    expect(() => world.change(canaries, 'podinfo', { spec })).not.toThrow();
  });
});

/** What becomes of a run at weight 20: it stays there and counts nothing, or it goes on with what is usable. */
type Then = 'stays' | 'goes on';

/** Those that spoil a part. The API server lets all of them through. */
const partial: readonly (readonly [spec: Json, told: string, then: Then])[] = [
  [analysis({ stepWeight: 0 }), 'spec.analysis.stepWeight 0: it must be at least 1', 'stays'],
  [analysis({ stepWeight: -10 }), 'spec.analysis.stepWeight -10: it must be at least 0', 'stays'],
  [analysis({ stepWeight: null, stepWeights: [] }), 'spec.analysis.stepWeights []: give at least one weight', 'stays'],
  [
    analysis({ stepWeight: null, stepWeights: [20, 20] }),
    'spec.analysis.stepWeights[1] 20: it must be greater than 20',
    'stays',
  ],
  [
    analysis({ stepWeight: null, stepWeights: [20, 10] }),
    'spec.analysis.stepWeights[1] 10: it must be greater than 20',
    'stays',
  ],
  [analysis({ stepWeight: null, iterations: -1 }), 'spec.analysis.iterations -1: it must be at least 0', 'stays'],
  [analysis({ stepWeight: null, iterations: 0 }), 'spec.analysis.iterations 0: it must be at least 1', 'stays'],
  [analysis({ threshold: -1 }), 'spec.analysis.threshold -1: it must be at least 0', 'goes on'],
  [
    analysis({ sessionAffinity: { cookieName: 'c', maxAge: -5 } }),
    'spec.analysis.sessionAffinity.maxAge -5: it must be at least 0',
    'goes on',
  ],
  [analysis({ maxWeight: -5 }), 'spec.analysis.maxWeight -5: it must be at least 0', 'goes on'],
  [analysis({ mirrorWeight: 150 }), 'spec.analysis.mirrorWeight 150: it must be at most 100', 'goes on'],
  [
    service({ retries: { perTryTimeout: 'x' } }),
    'spec.service.retries.perTryTimeout "x": it must be a duration',
    'goes on',
  ],
  [{ targetRef: { name: '' } }, 'spec.targetRef.name "": there is no such Deployment', 'stays'],
  [{ metricsServer: 'http://' }, 'spec.metricsServer "http://": it must be a URL', 'stays'],
  [metric({ name: '' }), 'spec.analysis.metrics[0].name "": it must be "request-success-rate"', 'stays'],
  [metric({ query: '  ' }), 'spec.analysis.metrics[0].query "  ": it must be a PromQL query', 'stays'],
  [webhook({ url: 'ftp://x/y' }), 'spec.analysis.webhooks[0].url "ftp://x/y": it must be a URL', 'stays'],
  [
    analysis({ alerts: [{ name: 'a', severity: 'info', providerRef: { name: '' } }] }),
    'spec.analysis.alerts[0].providerRef.name "": there is no such AlertProvider',
    'goes on',
  ],
  [service({ targetPort: -1 }), 'spec.service.targetPort -1: it must be a port of the containers', 'stays'],
  [analysis({ maxWeight: 150 }), 'spec.analysis.maxWeight 150: it must be at most 100', 'goes on'],
  [analysis({ stepWeightPromotion: -5 }), 'spec.analysis.stepWeightPromotion -5: it must be at least 0', 'goes on'],
  [
    analysis({ primaryReadyThreshold: 200 }),
    'spec.analysis.primaryReadyThreshold 200: it must be at most 100',
    'stays',
  ],
  [
    analysis({ canaryReadyThreshold: 101 }),
    'spec.analysis.canaryReadyThreshold 101: it must be at most 100',
    'goes on',
  ],
  [{ progressDeadlineSeconds: -1 }, 'spec.progressDeadlineSeconds -1: it must be at least 0', 'goes on'],
  [analysis({ mirror: true }), 'spec.analysis.mirror true: the provider "gatewayapi:v1" mirrors only with', 'goes on'],
  [service({ port: 0 }), 'spec.service.port 0: it must be between 1 and 65535', 'stays'],
  [service({ port: 70_000 }), 'spec.service.port 70000: it must be between 1 and 65535', 'stays'],
  [service({ targetPort: 'web' }), 'spec.service.targetPort "web": it must be a port of the containers', 'goes on'],
  [service({ targetPort: 8080 }), 'spec.service.targetPort 8080: it must be a port of the containers', 'goes on'],
  [service({ gatewayRefs: null }), 'spec.service.gatewayRefs without a value: name the Gateways', 'stays'],
  [service({ gatewayRefs: [] }), 'spec.service.gatewayRefs []: name the Gateways', 'stays'],
  [service({ timeout: 'long' }), 'spec.service.timeout "long": it must be a duration', 'stays'],
  [service({ backendTimeout: '5' }), 'spec.service.backendTimeout "5": it must be a duration', 'stays'],
  [service({ corsPolicy: { maxAge: 'day' } }), 'spec.service.corsPolicy.maxAge "day": it must be a duration', 'stays'],
  [{ metricsServer: 'prometheus' }, 'spec.metricsServer "prometheus": it must be a URL', 'stays'],
  [metric({ name: 'latency' }), 'spec.analysis.metrics[0].name "latency": it must be "request-success-rate"', 'stays'],
  [
    metric({ thresholdRange: { min: 9, max: 1 } }),
    'spec.analysis.metrics[0].thresholdRange.min 9: it must be at most max',
    'stays',
  ],
  [metric({ query: 'sum(' }), 'spec.analysis.metrics[0].query "sum(": it must be a PromQL query', 'stays'],
  [metric({ query: 'up{a="{{ nothing }}"}' }), 'spec.analysis.metrics[0].query', 'stays'],
  [metric({ interval: '1mx' }), 'spec.analysis.metrics[0].interval "1mx": it must be a duration', 'goes on'],
  [analysis({ interval: '10sx' }), 'spec.analysis.interval "10sx": it must be a duration', 'goes on'],
  [webhook({ timeout: '5sx' }), 'spec.analysis.webhooks[0].timeout "5sx": it must be a duration', 'stays'],
  [webhook({ url: 'hooks/h' }), 'spec.analysis.webhooks[0].url "hooks/h": it must be a URL', 'stays'],
  [webhook({ url: '' }), 'spec.analysis.webhooks[0].url "": it must be a URL', 'stays'],
  [
    metric({ templateRef: { name: 'none' } }),
    'spec.analysis.metrics[0].templateRef.name "none": there is no such',
    'stays',
  ],
  [
    metric({ templateRef: { name: 'none', namespace: 'elsewhere' } }),
    'spec.analysis.metrics[0].templateRef.name "none": there is no such MetricTemplate in namespace "elsewhere"',
    'stays',
  ],
];

describe('a value that spoils a part of a Canary', () => {
  it.each(partial)('%j: %s, and the run %s', async (spec, told, then) => {
    const world = await atTwenty();
    const said = world.events().length;
    world.change(canaries, 'podinfo', { spec });
    await world.ticks(6);
    expect(acceptedOf(world)).toMatchObject({
      status: 'False',
      message: expect.stringContaining(`Cannot use ${told}`),
    });
    const warnings = world
      .events()
      .slice(said)
      .filter((text) => text.startsWith(`[W] Cannot use ${told}`));
    expect(warnings).toHaveLength(1);
    expect(world.weights().canary === 20 ? 'stays' : 'goes on').toBe(then);
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toMatch(
      then === 'stays' ? /:1$/ : /:[12]$/,
    );
  });
});

/** What only the API server, the router or a server behind it can refuse: said on every tick, in its words. */
const refused: readonly (readonly [spec: Json, told: RegExp])[] = [
  [service({ name: 'UPPER_case' }), /^service UPPER_case-canary\.default create error: .* is invalid/],
  [service({ hosts: ['not a host!'] }), /^HTTPRoute podinfo\.default update error: .*spec\.hostnames\[0\]/],
  [service({ timeout: '-5s' }), /^HTTPRoute podinfo\.default update error: .*timeouts/],
  [service({ timeout: '1.5s' }), /^HTTPRoute podinfo\.default update error: .*timeouts/],
  [service({ rewrite: { authority: 'a b' } }), /^HTTPRoute podinfo\.default update error: /],
  [service({ headers: { request: { add: { 'a b': 'c' } } } }), /^HTTPRoute podinfo\.default update error: /],
  [service({ apex: { labels: { 'a b': 'c' } } }), /^service podinfo\.default update error: .*metadata\.labels/],
  [service({ primary: { labels: { x: 'y z!' } } }), /^service podinfo-primary\.default update error: /],
  [service({ match: [{ method: { prefix: 'G' } }] }), /^Invalid request matching selectors: .* methods by exact only/],
  [service({ match: [{ uri: { suffix: 'x' } }] }), /^Invalid request matching selectors: uri must have one of/],
  [
    analysis({ stepWeight: null, iterations: 3, match: [{ headers: { x: { prefix: 'a' } } }] }),
    /^Invalid request matching selectors: .* header "x" by exact or regex only/,
  ],
  [
    analysis({ stepWeight: null, iterations: 3, match: [{ sourceLabels: { app: 'a' } }] }),
    /^Invalid request matching selectors: analysis\.match must name a header or a query parameter/,
  ],
  [
    analysis({ stepWeight: null, iterations: 3, match: [{}] }),
    /^Invalid request matching selectors: analysis\.match must name a header or a query parameter/,
  ],
  [
    { autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: '' } },
    /^HorizontalPodAutoscaler \.default get query error: .* not found$/,
  ],
];

describe('a value that others refuse', () => {
  it.each(refused)('%j: is told on every tick, and the run stays where it is', async (spec, told) => {
    const world = await atTwenty();
    const route = world.get(httpRoutes, 'podinfo')?.metadata.resourceVersion;
    const said = world.events().length;
    world.change(canaries, 'podinfo', { spec });
    await world.ticks(4);
    const warnings = world.events().slice(said);
    expect(warnings).toEqual(warnings.map(() => expect.stringMatching(/^\[W\] /)));
    expect(warnings.filter((text) => told.test(text.slice(4))).length).toBeGreaterThanOrEqual(4);
    expect(world.get(httpRoutes, 'podinfo')?.metadata.resourceVersion).toBe(route);
    expect(world.status()).toMatchObject({ phase: 'Progressing', canaryWeight: 20, failedChecks: 0 });
  });
});
