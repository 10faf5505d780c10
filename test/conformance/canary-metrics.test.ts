/** Acceptance scenarios of a Canary's metrics: what passes, what fails, in which order they are asked, and what the user is told. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { metricTemplates, secrets } from '#cluster/resource.ts';
import type { HandlerRequest } from '#sandbox/http-handler.ts';
import { scriptedMetrics, type MetricAnswer, type ScriptedMetrics } from '#sandbox/scripted-metrics.ts';
import { canaryWorld, hook, type CanaryWorld, type Fixture } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const namespace = 'default';

interface Measured {
  readonly world: CanaryWorld;
  readonly metrics: ScriptedMetrics;
  /** What the metric server was sent. */
  readonly requests: readonly HandlerRequest[];
}

/** A run at weight 10 whose next tick is its first analysis: the server then answers every query as `answer` says. */
async function analysing(metrics: readonly Json[], answer: MetricAnswer, fixture: Fixture = {}): Promise<Measured> {
  const world = await canaryWorld({
    ...fixture,
    analysis: { stepWeight: 10, maxWeight: 50, threshold: 5, ...fixture.analysis, metrics },
  });
  await world.until('Initialized');
  world.setImage('podinfo:2');
  await world.ticks(2);
  expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 0 });
  const script = scriptedMetrics([{ name: 'any', query: '', answer }], () => world.clock.as('world').now());
  const requests: HandlerRequest[] = [];
  world.http.register('metrics.sandbox', (request) => {
    requests.push(request);
    return script.handler(request);
  });
  return { world, metrics: script, requests };
}

function template(query: string, provider: Json = {}): readonly [typeof metricTemplates, KubeObject] {
  return [
    metricTemplates,
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'MetricTemplate',
      metadata: { name: 'm', namespace },
      spec: { provider: { type: 'prometheus', address: 'http://metrics.sandbox', ...provider }, query },
    },
  ];
}

const successRate = { name: 'request-success-rate', interval: '1m' };
const duration = { name: 'request-duration', interval: '1m' };
const inline = { name: 'errors', query: 'sum(errors)', interval: '1m' };
const custom = { name: 'm', templateRef: { name: 'm' } };
const halt = 'Halt podinfo.default advancement';

describe('[integrations-20] a value', () => {
  it.each<[string, Json, number]>([
    ['success rate at its minimum', { ...successRate, thresholdRange: { min: 99 } }, 99],
    ['success rate at its deprecated threshold', { ...successRate, threshold: 99 }, 99],
    ['duration that is cut to its maximum', { ...duration, thresholdRange: { max: 500 } }, 0.5009],
    ['custom value at its maximum', { ...inline, thresholdRange: { max: 5 } }, 5],
    ['custom value at its deprecated threshold', { ...inline, threshold: 5 }, 5],
    ['anything in an empty range', { ...inline, thresholdRange: {} }, 1e9],
    ['success rate without any limit', successRate, 0],
    ['infinity without a maximum', { ...inline, thresholdRange: { min: 1 } }, Infinity],
  ])('passes: %s', async (_name, metric, value) => {
    const { world } = await analysing([metric], value);
    await world.ticks(1);
    expect(world.status()).toMatchObject({ canaryWeight: 20, failedChecks: 0 });
  });

  it.each<[Json, number, string]>([
    [{ ...successRate, thresholdRange: { min: 99 } }, 98.999, 'success rate 99.00% < 99%'],
    [{ ...successRate, thresholdRange: { max: 99.5 } }, 100, 'success rate 100.00% > 99.5%'],
    [{ ...successRate, threshold: 99 }, 69.1666, 'success rate 69.17% < 99%'],
    [{ ...duration, thresholdRange: { max: 500 } }, 0.501, 'request duration 501ms > 500ms'],
    [{ ...duration, thresholdRange: { max: 500 } }, 1.5151, 'request duration 1.515s > 500ms'],
    [{ ...duration, thresholdRange: { min: 100 } }, 0, 'request duration 0s < 100ms'],
    [{ ...duration, thresholdRange: { max: 0.5 } }, 0.001, 'request duration 1ms > 0s'],
    [duration, 0.001, 'request duration 1ms > 0s'],
    [{ ...inline, thresholdRange: { max: 5 } }, 5.01, 'errors 5.01 > 5'],
    [{ ...inline, thresholdRange: { min: 0.5 } }, 0, 'errors 0.00 < 0.5'],
    [{ ...inline, threshold: 5, thresholdRange: { max: 1 } }, 3, 'errors 3.00 > 1'],
    [{ ...inline, thresholdRange: { max: 5 } }, Infinity, 'errors +Inf > 5'],
    [inline, 1, 'errors 1.00 > 0'],
  ])('fails %j with %d', async (metric, value, text) => {
    const { world } = await analysing([metric], value);
    await world.ticks(1);
    expect(world.events().at(-1)).toBe(`[W] ${halt} ${text}`);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 1 });
  });

  it('is exported before it is judged, a duration in seconds', async () => {
    const { world } = await analysing([{ ...duration, thresholdRange: { max: 500 } }], 1.515);
    await world.ticks(1);
    expect(await world.metrics()).toMatch(
      /flagger_canary_metric_analysis\{name="podinfo",namespace="default",metric="request-duration"\} 1\.515/,
    );
  });

  it('[integrations-22] is the last one of several', async () => {
    const { world } = await analysing([{ ...inline, thresholdRange: { max: 5 } }], [1, 7]);
    await world.ticks(1);
    expect(world.events().at(-1)).toBe(`[W] ${halt} errors 7.00 > 5`);
  });
});

describe('[integrations-21] no value', () => {
  const silent = 'probably podinfo.default is not receiving traffic';

  it.each<[string, Json, MetricAnswer, string]>([
    ['success rate', successRate, 'empty', `for gatewayapi:v1 metric request-success-rate ${silent}: no values found`],
    ['success rate', successRate, 'NaN', `for gatewayapi:v1 metric request-success-rate ${silent}: no values found`],
    ['duration', duration, 'empty', `for gatewayapi:v1 metric request-duration ${silent}`],
    ['inline query', inline, 'NaN', 'for metric: errors'],
    ['template', custom, 'empty', 'for custom metric: m: no values found'],
  ])('of a %s (%#) is a failed check', async (_name, metric, answer, text) => {
    const { world } = await analysing([metric], answer, { objects: [template('sum(x)')] });
    await world.ticks(1);
    expect(world.events().at(-1)).toBe(`[W] Halt advancement no values found ${text}`);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 1 });
  });

  it('five times rolls back on the next tick', async () => {
    const { world } = await analysing([successRate], 'empty');
    await world.ticks(5);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 5, canaryWeight: 10 });
    await world.ticks(1);
    expect(world.events().at(-2)).toBe('[W] Rolling back podinfo.default failed checks threshold reached 5');
    expect(world.status().phase).toBe('Failed');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });
});

describe('[integrations-24] the metrics of a Canary', () => {
  it('are asked with their templates filled in', async () => {
    const query = 'rate(x{ns="{{ namespace }}",t=~"{{ target }}",d="{{ variables.direction }}"}[{{ interval }}])';
    const metric = {
      ...custom,
      interval: '1m',
      templateVariables: { direction: 'inbound' },
      thresholdRange: { max: 1 },
    };
    const { world, metrics } = await analysing([metric], 1, { objects: [template(query)] });
    await world.ticks(1);
    expect(metrics.queries()).toEqual(['rate(x{ns="default",t=~"podinfo",d="inbound"}[1m])']);
    expect(world.status().canaryWeight).toBe(20);
  });

  it('fail when a variable of the template has no value', async () => {
    const objects = [template('sum(x{d="{{ variables.direction }}"})')];
    const { world, requests } = await analysing([{ ...custom, thresholdRange: { max: 1 } }], 1, { objects });
    await world.ticks(1);
    expect(world.events().at(-1)).toMatch(/^\[W\] Metric template m\.default query render error: /);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 1 });
    expect(requests).toEqual([]);
  });

  it('cost one failed check a tick, the first failure ending the list', async () => {
    const objects = [template('sum(x)')];
    const metrics = [
      custom,
      { ...inline, thresholdRange: { max: 5 } },
      { ...successRate, thresholdRange: { min: 99 } },
    ];
    const { world, metrics: server } = await analysing(metrics, 7, { objects });
    const said = world.events().length;
    await world.ticks(1);
    expect(world.events().slice(said)).toEqual([`[W] ${halt} errors 7.00 > 5`]);
    expect(server.queries()).toEqual(['sum(errors)']);
    expect(world.status().failedChecks).toBe(1);
  });

  it('are asked built-in and inline first, templates afterwards', async () => {
    const objects = [template('sum(x)')];
    const metrics = [{ ...custom, thresholdRange: {} }, { ...inline, thresholdRange: {} }, successRate];
    const { world, metrics: server } = await analysing(metrics, 7, { objects });
    await world.ticks(1);
    expect(server.queries().map((query) => query.replaceAll(' ', '').slice(0, 11))).toEqual([
      'sum(errors)',
      'sum(rate(ht',
      'sum(x)',
    ]);
  });

  it('are not asked when a rollout hook has failed', async () => {
    const fixture: Fixture = { analysis: { webhooks: [hook('rollout', 'load')] }, hooks: { load: 403 } };
    const { world, requests } = await analysing([successRate], 100, fixture);
    await world.ticks(1);
    expect(requests).toEqual([]);
    expect(world.status().failedChecks).toBe(1);
  });
});

describe('[integrations-25] the server of a template', () => {
  const withSecret = (data: Record<string, string>): NonNullable<Fixture['objects']> => [
    template('sum(x)', {
      address: 'http://metrics.sandbox/prom/',
      secretRef: { name: 'login' },
      headers: { 'X-Scope-OrgID': ['a'] },
    }),
    [secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace }, type: 'Opaque', data }],
  ];
  const metric = { ...custom, thresholdRange: {} };

  it('gets the token of its Secret and its headers', async () => {
    const { world, requests } = await analysing([metric], 1, { objects: withSecret({ token: 'dA==' }) });
    await world.ticks(1);
    expect(requests).toMatchObject([
      { path: '/prom/api/v1/query', headers: { authorization: 'Bearer t', 'x-scope-orgid': 'a' } },
    ]);
  });

  it('is not asked with half a login', async () => {
    const { world, requests } = await analysing([metric], 1, { objects: withSecret({ username: 'dQ==' }) });
    await world.ticks(1);
    expect(world.events().at(-1)).toBe(
      '[W] Metric template m.default provider prometheus error: prometheus credentials does not contain a password',
    );
    expect(world.status().failedChecks).toBe(1);
    expect(requests).toEqual([]);
  });
});

describe('[integrations-28] a metric server that is down while the Canary is initialised', () => {
  it('is told of, and keeps nothing back', async () => {
    const world = await canaryWorld({ flags: ['-metrics-server=http://nowhere.sandbox'] });
    await world.until('Initialized', 3);
    expect(world.events()[0]).toMatch(/^\[W\] Error checking metric providers: prometheus not avaiable: /);
  });

  it('is told of for a template as well', async () => {
    const world = await canaryWorld({
      analysis: { stepWeight: 10, metrics: [{ ...custom, thresholdRange: {} }] },
      objects: [template('sum(x)', { address: 'http://nowhere.sandbox' })],
    });
    await world.until('Initialized', 3);
    expect(world.events()[0]).toMatch(
      /^\[W\] Error checking metric providers: prometheus in metric template m\.default not avaiable: /,
    );
  });
});
