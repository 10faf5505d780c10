import { describe, expect, it } from 'vitest';
import { sandboxHttp } from './sandbox-http.ts';
import { scriptedMetrics } from './scripted-metrics.ts';
import { VirtualClock } from './virtual-clock.ts';
import { webhookReceiver } from './webhook-receiver.ts';

function world() {
  const virtual = new VirtualClock();
  const clock = virtual.as('controller');
  return { virtual, clock, http: sandboxHttp(clock) };
}
const get = (url: string) => ({ method: 'GET', url, timeout: 5000 }) as const;

describe('the sandbox network', () => {
  it('routes by host name, and by port first', async () => {
    const { http } = world();
    http.register('web', (request) => ({ status: 200, body: `${request.path} ${request.query.get('a')}` }));
    http.register('web:8080', () => ({ status: 404, headers: { 'X-Kind': 'b' } }));
    expect(await http.send(get('http://web/x?a=1'))).toEqual({
      status: 200,
      statusText: 'OK',
      headers: {},
      body: '/x 1',
    });
    expect(await http.send(get('http://web:8080'))).toMatchObject({ status: 404, headers: { 'x-kind': 'b' } });
  });

  it('fails as a network does', async () => {
    const { http, virtual, clock } = world();
    http.register('hooks', webhookReceiver({ slow: 'hang' }, clock).handler);
    http.register('loop', () => ({ status: 302, headers: { location: '/again' } }));
    http.register('large', () => ({ status: 200, body: 'äää' }));
    await expect(http.send(get('http://nobody/'))).rejects.toMatchObject({ kind: 'network' });
    await expect(http.send(get('nobody'))).rejects.toMatchObject({ kind: 'bad-request' });
    await expect(http.send({ ...get('http://loop/'), redirects: 3 })).rejects.toMatchObject({
      kind: 'too-many-redirects',
    });
    await expect(http.send({ ...get('http://large/'), maxBytes: 5 })).rejects.toMatchObject({ kind: 'too-large' });
    const aborted = http.send({ ...get('http://hooks/slow'), signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ kind: 'aborted' });
    const hanging = http.send(get('http://hooks/slow')).catch((error: unknown) => error);
    await virtual.run(10_000);
    expect(await hanging).toMatchObject({ kind: 'timeout' });
  });

  it('follows redirects and keeps credentials to their origin', async () => {
    const { http } = world();
    const seen: string[] = [];
    http.register('a', (request) => {
      seen.push(`a ${request.headers['authorization']}`);
      return { status: 307, headers: { location: 'http://b/end' } };
    });
    http.register('b', (request) => {
      seen.push(`b ${request.method} ${request.headers['authorization']} ${request.body}`);
      return { status: 200 };
    });
    const request = { method: 'POST', url: 'http://u:p@a/', timeout: 1000, body: 'text', redirects: 10 } as const;
    expect(await http.send(request)).toMatchObject({ status: 200 });
    expect(seen).toEqual(['a Basic dTpw', 'b POST undefined text']);
    expect(await http.send({ ...request, redirects: 0 })).toMatchObject({ status: 307 });
  });
});

describe('scripted metrics', () => {
  const ask = async (metrics: ReturnType<typeof scriptedMetrics>, query: string) => {
    const form = { query: new URLSearchParams({ query }), headers: {}, body: '' };
    const response = await metrics.handler({ method: 'GET', path: '/api/v1/query', ...form });
    return response.body?.startsWith('{') ? { http: response.status, ...JSON.parse(response.body) } : response;
  };

  it.each([
    [5, { data: { resultType: 'vector', result: [{ metric: {}, value: [2, '5'] }] } }],
    ['NaN', { data: { result: [{ value: [2, 'NaN'] }] } }],
    [[1, 2], { data: { result: [{ value: [2, '1'] }, { value: [2, '2'] }] } }],
    ['empty', { http: 200, data: { resultType: 'vector', result: [] } }],
    [{ scalar: 2 }, { data: { resultType: 'scalar', result: [2, '2'] } }],
    [
      { status: 503, body: 'down' },
      { status: 503, body: 'down' },
    ],
    [{ error: 'bad' }, { http: 400, status: 'error', errorType: 'bad_data', error: 'bad' }],
  ] as const)('answers %j', async (answer, expected) => {
    const entry = {
      name: 'a',
      query: 'x y',
      answer: typeof answer === 'object' && 'map' in answer ? [...answer] : answer,
    };
    expect(
      await ask(
        scriptedMetrics([entry], () => 2000),
        '  x\n\t y ',
      ),
    ).toMatchObject(expected);
  });

  it('takes turns, changes, knows the probe and remembers what was asked', async () => {
    const metrics = scriptedMetrics([{ name: 'a', query: '^a', answer: { inTurn: [1, 2] } }], () => 0);
    const value = async (query: string) => (await ask(metrics, query)).data.result[0]?.value[1];
    expect([await value('a'), await value('a'), await value('a')]).toEqual(['1', '2', '2']);
    metrics.set('a', 7);
    expect([await value('a'), await value('vector(1)'), await value('b')]).toEqual(['7', '1', undefined]);
    expect(metrics.queries()).toEqual(['a', 'vector(1)', 'b']);
    expect(() => metrics.set('b', 1)).toThrow('Cannot change the metric "b"');
  });
});

describe('the webhook receiver', () => {
  it('answers by script and records the calls', async () => {
    const { http, virtual, clock } = world();
    const hooks = webhookReceiver(
      { gate: { inTurn: [403, 200] }, sick: { status: 500, body: 'boom' }, late: { delay: 2 } },
      clock,
    );
    http.register('hooks', hooks.handler);
    const call = (path: string) =>
      http.send({ method: 'POST', url: `http://hooks/${path}`, body: '{"a":1}', timeout: 3000 });
    const statuses = [await call('gate'), await call('gate'), await call('other')].map((response) => response.status);
    expect(statuses).toEqual([403, 200, 200]);
    expect(await call('sick')).toMatchObject({ status: 500, body: 'boom' });
    const late = call('late').then(() => virtual.elapsed);
    await virtual.run(10_000);
    expect(await late).toBe(2000);
    hooks.set('gate', 400);
    expect((await call('gate')).status).toBe(400);
    expect(hooks.calls().map(({ path, status }) => `${path} ${status}`)).toEqual([
      'gate 403',
      'gate 200',
      'other 200',
      'sick 500',
      'late 200',
      'gate 400',
    ]);
    expect(hooks.calls()[0]?.body).toEqual({ a: 1 });
  });
});
