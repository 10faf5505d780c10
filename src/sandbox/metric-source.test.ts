import { describe, expect, it } from 'vitest';
import { parseExposition } from './exposition.ts';
import { serveOnLoopback } from './loopback-server.ts';
import { MetricSource } from './metric-source.ts';
import { prometheusApi } from './prometheus-api.ts';
import { sandboxHttp } from './sandbox-http.ts';
import { trafficGenerator } from './traffic-generator.ts';
import { VirtualClock } from './virtual-clock.ts';

function world(retention?: number) {
  const virtual = new VirtualClock();
  const clock = virtual.as('world');
  const source = new MetricSource(clock, retention === undefined ? {} : { retention });
  const handler = prometheusApi(source, clock);
  const get = async (path: string, form: Record<string, string>, method = 'GET') => {
    const query = new URLSearchParams(form);
    const [inUrl, body] = method === 'GET' ? [query, ''] : [new URLSearchParams(), query.toString()];
    const response = await handler({ method, path, query: inUrl, headers: {}, body });
    return { http: response.status, ...JSON.parse(response.body ?? '') };
  };
  const value = async (query: string) => (await get('/api/v1/query', { query })).data.result[0]?.value[1];
  return { virtual, clock, source, handler, get, value };
}

const podinfo = { kubernetes_namespace: 'test', kubernetes_pod_name: 'podinfo-6d5f8c7b9-x2k4p' };
const primary = { kubernetes_namespace: 'test', kubernetes_pod_name: 'podinfo-primary-75c6fbb8d-qq8zv' };
const chosen = 'kubernetes_namespace="test",kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';
const requests = (more: string) => `sum(rate(http_request_duration_seconds_count{${chosen}${more}}[1m]))`;

describe('the metric source', () => {
  it('generates traffic that the built-in queries measure', async () => {
    const { source, virtual, value } = world();
    const shares = () => [
      { labels: podinfo, weight: 20, success: 0.95, latency: 0.1 },
      { labels: primary, weight: 80, success: 1, latency: 0.02 },
    ];
    source.generate(5000, trafficGenerator({ requestsPerSecond: () => 100, shares }));
    await virtual.run(120_000);
    expect(Number(await value(`${requests(',status!~"5.*"')} / ${requests('')} * 100`))).toBeCloseTo(95, 5);
    expect(Number(await value(requests('')))).toBeCloseTo(20, 5);
    const p99 = `histogram_quantile(0.99, sum(rate(http_request_duration_seconds_bucket{${chosen}}[1m])) by (le))`;
    expect(Number(await value(p99))).toBeGreaterThan(0.25);
    expect(Number(await value(p99))).toBeLessThan(0.5);
  });

  it('ends series that a generator no longer gives', async () => {
    const { source, virtual, value } = world();
    const stop = source.generate(5000, (at) =>
      at < Date.UTC(2026, 0, 1, 0, 1) ? [{ name: 'a', labels: {}, value: 1 }] : [],
    );
    await virtual.run(55_000);
    expect(await value('a')).toBe('1');
    await virtual.run(60_000);
    expect(await value('a')).toBeUndefined();
    stop();
    expect(virtual.next).toBeUndefined();
  });

  it('scrapes a target and says whether it is up', async () => {
    const { source, virtual, clock, value } = world();
    const http = sandboxHttp(clock);
    let count = 0;
    const takeDown = http.register('web', () => ({
      status: 200,
      body: `# HELP n x\nn{a="b\\"\\n"} ${(count += 10)}\n`,
    }));
    source.scrape({ http, url: 'http://web:9898/metrics', interval: 10_000, labels: { job: 'web' } });
    await virtual.run(60_000);
    expect(await value('rate(n{job="web"}[1m])')).toBe('1');
    takeDown();
    await virtual.run(70_000);
    expect([await value('up'), await value('n')]).toEqual(['0', undefined]);
  });

  it('forgets what is old', async () => {
    const { source, virtual } = world(60_000);
    source.record('gone', {}, 1);
    source.generate(1000, () => [{ name: 'a', labels: {}, value: 1 }]);
    await virtual.run(600_000);
    const [a] = source.select([{ label: '__name__', op: '=', value: 'a' }]);
    expect(a?.points.length).toBeLessThan(130);
    expect([...source.labels()].length).toBe(1);
  });
});

describe("Prometheus's API", () => {
  it('answers queries by GET and POST', async () => {
    const { source, get } = world();
    source.record('a', { b: 'c' }, 1.5);
    const expected = {
      resultType: 'vector',
      result: [{ metric: { __name__: 'a', b: 'c' }, value: [1_767_225_600, '1.5'] }],
    };
    expect(await get('/api/v1/query', { query: 'a' })).toEqual({ http: 200, status: 'success', data: expected });
    expect(await get('/api/v1/query', { query: 'a' }, 'POST')).toMatchObject({ data: expected });
    expect(await get('/api/v1/query', { query: '1/0', time: '2026-01-01T00:00:05Z' })).toMatchObject({
      data: { resultType: 'scalar', result: [1_767_225_605, '+Inf'] },
    });
    const range = { query: 'a', start: '1767225600', end: '1767225720', step: '1m' };
    expect(await get('/api/v1/query_range', range)).toMatchObject({
      data: {
        resultType: 'matrix',
        result: [
          {
            values: [
              [1_767_225_600, '1.5'],
              [1_767_225_660, '1.5'],
              [1_767_225_720, '1.5'],
            ],
          },
        ],
      },
    });
    expect(await get('/api/v1/labels', {})).toMatchObject({ data: ['__name__', 'b'] });
    expect(await get('/api/v1/label/b/values', {})).toMatchObject({ data: ['c'] });
  });

  it.each([
    [
      'sum(',
      {
        http: 400,
        errorType: 'bad_data',
        error: 'invalid parameter "query": 1:5: parse error: unexpected end of the query',
      },
    ],
    [
      'deriv(a[5m])',
      { http: 422, errorType: 'execution', error: "the function deriv is not supported by the sandbox's Prometheus" },
    ],
    ['limitk(1, a)', { http: 422, errorType: 'execution', error: 'the aggregation limitk is not supported here' }],
    ['pi()', { http: 422, errorType: 'execution' }],
    ['sin(a)', { http: 422, errorType: 'execution' }],
    ['hour()', { http: 422, errorType: 'execution' }],
  ])('refuses %s', async (query, expected) => {
    expect(await world().get('/api/v1/query', { query })).toMatchObject({ status: 'error', ...expected });
  });

  it('is served on loopback', async () => {
    const server = await serveOnLoopback(world().handler);
    const response = await fetch(`${server.address}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: 'vector(1)' }),
    });
    expect(await response.json()).toMatchObject({ status: 'success', data: { resultType: 'vector' } });
    expect((await fetch(`${server.address}/-/ready`)).status).toBe(200);
    await server.close();
  });
});

describe('parseExposition', () => {
  it('reads samples', () => {
    const text = '# TYPE a counter\na 1\na{} 2 1700000000000\nb{le="+Inf", x="\\\\ \\"q\\"",} 3e2\nc NaN\nd -Inf\n\n';
    expect(parseExposition(text)).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'a', labels: {}, value: 2, at: 1_700_000_000_000 },
      { name: 'b', labels: { le: '+Inf', x: '\\ "q"' }, value: 300 },
      { name: 'c', labels: {}, value: NaN },
      { name: 'd', labels: {}, value: -Infinity },
    ]);
  });

  it.each(['a', 'a{b=c} 1', 'a{b="c" 1', '1a 2', 'a x'])('refuses %j', (line) => {
    expect(() => parseExposition(`ok 1\n${line}`)).toThrow('Cannot read line 2 of the metrics');
  });
});
