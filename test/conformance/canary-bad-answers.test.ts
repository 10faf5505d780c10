/** Answers of a metric server that are not what they should be, as a table: a failed check with its cause, and traffic that stays where it is. */
import { describe, expect, it } from 'vitest';
import type { Handler } from '#sandbox/http-handler.ts';
import { HttpError } from '#runtime/http.ts';
import { canaries } from '#cluster/resource.ts';
import { withNewImage, type CanaryWorld, type Fixture } from './canary-world.ts';

/** A run at weight 20, asked by one inline query that passes any value up to 5. */
async function atTwenty(metric: object = {}): Promise<CanaryWorld> {
  const fixture: Fixture = {
    analysis: {
      stepWeight: 10,
      maxWeight: 50,
      threshold: 10,
      metrics: [
        { name: 'errors', query: 'sum(x{status!~"5.*"})', interval: '1m', thresholdRange: { max: 500 }, ...metric },
      ],
    },
  };
  const world = await withNewImage(fixture);
  await world.ticks(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  return world;
}

const answering =
  (body: unknown, status = 200): Handler =>
  () => ({ status, body: typeof body === 'string' ? body : JSON.stringify(body) });

const data = (resultType: string, result: unknown): Handler =>
  answering({ status: 'success', data: { resultType, result } });

const vector = (...samples: readonly unknown[]): Handler =>
  data(
    'vector',
    samples.map((sample) => ({ metric: {}, value: [0, sample] })),
  );

const failed = 'Prometheus query failed for errors: ';
const none = 'Halt advancement no values found for metric: errors';

const table: readonly (readonly [what: string, server: Handler, told: string | RegExp])[] = [
  ['500', answering('down', 500), `${failed}error response: Status 500 Internal Server Error: down`],
  ['503 without a body', answering('', 503), `${failed}error response: Status 503 Service Unavailable: `],
  ['401', answering('who are you?', 401), `${failed}error response: Status 401 Unauthorized: who are you?`],
  ['404 of a wrong path', answering('404 page not found', 404), /Status 404 Not Found: 404 page not found$/],
  [
    '400 for a query that it refuses',
    answering({ status: 'error', errorType: 'bad_data', error: 'unknown function' }, 400),
    /error response: Status 400 Bad Request: \{.*unknown function.*\}$/,
  ],
  [
    'HTML',
    answering('<html>Log in</html>'),
    /error unmarshaling result: the body is not JSON, '<html>Log in<\/html>'$/,
  ],
  ['an empty body', answering(''), `${failed}error unmarshaling result: the body is not JSON, ''`],
  [
    'JSON that is no answer',
    answering({ hello: 'world' }),
    /the body is not the answer of a query, '\{"hello":"world"\}'$/,
  ],
  ['null', answering('null'), /the body is not the answer of a query, 'null'$/],
  ['a list', answering('[]'), /the body is not the answer of a query/],
  ['half of an answer', answering('{"status":"success","data":{"resultType":"vec'), /the body is not JSON/],
  ['a result that is no list', data('vector', {}), /the body is not the answer of a query/],
  ['a matrix', data('matrix', [{ metric: {}, values: [[0, '1']] }]), `${failed}query returned multiple values`],
  ['a scalar', data('scalar', [0, '1']), /the query yields a scalar, a vector is needed/],
  ['a string', data('string', [0, 'one']), /the query yields a string, a vector is needed/],
  [
    'a native histogram',
    data('vector', [{ metric: {}, histogram: [0, { count: '1' }] }]),
    `${failed}query returned a native histogram, a number is needed`,
  ],
  ['an empty vector', vector(), none],
  ['a series without a sample', data('vector', [{ metric: {} }]), none],
  ['a sample that is a number, not a text', vector(1), none],
  ['NaN', vector('NaN'), none],
  ['a sample that is a word', vector('many'), `${failed}error unmarshaling result: 'many' is not a number`],
  ['an empty sample', vector(''), `${failed}error unmarshaling result: '' is not a number`],
  ['+Inf', vector('+Inf'), 'Halt podinfo.default advancement errors +Inf > 500'],
  [
    'more than anybody reads',
    answering('x'.repeat(11 * 1024 * 1024)),
    `${failed}request failed: Cannot read the answer of metrics.sandbox: it is longer than 10485760 bytes`,
  ],
  ['a long error page', answering('x'.repeat(5_000), 500), /Internal Server Error: x{100,1000}…$/],
  [
    'a redirect to itself',
    () => ({ status: 302, headers: { location: '/api/v1/query' } }),
    `${failed}request failed: Cannot call metrics.sandbox: more than 10 redirects`,
  ],
  [
    'a redirect to nowhere',
    () => ({ status: 302, headers: { location: 'ftp://elsewhere/' } }),
    /request failed: Cannot call a URL/,
  ],
  [
    'a connection that breaks',
    () => {
      throw new HttpError('network', 'Cannot reach metrics.sandbox: connection reset');
    },
    `${failed}request failed: Cannot reach metrics.sandbox: connection reset`,
  ],
];

describe('a metric server that answers', () => {
  it.each(table)('%s: is a failed check', async (_what, server, told) => {
    const world = await atTwenty();
    const restore = world.http.register('metrics.sandbox:80', server);
    const said = world.events().length;
    await world.ticks(2);
    const texts = world.events().slice(said);
    expect(texts).toEqual(Array.from({ length: 2 }, () => expect.stringMatching(matching(told))));
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 2, canaryWeight: 20 });
    restore();
    await world.ticks(1);
    expect(world.weights()).toEqual({ primary: 70, canary: 30 });
  });

  it('nothing at all: is a failed check after five seconds', async () => {
    const world = await atTwenty();
    world.http.register('metrics.sandbox:80', () => new Promise<never>(() => {}));
    await world.ticks(1);
    expect(world.status().failedChecks).toBe(0);
    await world.clock.run(world.clock.elapsed + 6_000);
    expect(world.events().at(-1)).toBe(`[W] ${failed}request failed: No answer from metrics.sandbox within 5000 ms`);
    expect(world.status().failedChecks).toBe(1);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  });

  it('an error page with the password of its address: keeps it out of events and status', async () => {
    const world = await atTwenty();
    const spec = { metricsServer: 'http://user:s3cret@metrics.sandbox' };
    world.change(canaries, 'podinfo', { spec });
    world.http.register('metrics.sandbox:80', (request) => ({
      status: 500,
      body: `${request.headers['authorization'] ?? ''} user:s3cret`,
    }));
    await world.ticks(2);
    expect(world.status().failedChecks).toBe(2);
    expect(JSON.stringify(world.events()) + JSON.stringify(world.status())).not.toMatch(/s3cret|dXNlcjpzM2NyZXQ/);
  });

  it('errors until the threshold is reached: the run is rolled back', async () => {
    const world = await atTwenty();
    world.http.register('metrics.sandbox:80', answering('down', 500));
    await world.until('Failed', 12);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.events()).toContain('[W] Rolling back podinfo.default failed checks threshold reached 10');
  });

  it.each([
    ['onProviderError', answering('down', 500)],
    ['onNoData', vector()],
  ] as const)('badly, with %s: hold: keeps everything as it is, and says so once', async (wish, server) => {
    const world = await atTwenty({ [wish]: 'hold' });
    const restore = world.http.register('metrics.sandbox:80', server);
    const said = world.events().length;
    await world.ticks(12);
    expect(world.events().slice(said)).toEqual([expect.stringMatching(/^\[W\] Hold podinfo\.default at its weight/)]);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    restore();
    await world.until('Succeeded');
  });
});

function matching(told: string | RegExp): RegExp {
  return typeof told === 'string' ? new RegExp(`^\\[W\\] ${RegExp.escape(told)}$`) : told;
}
