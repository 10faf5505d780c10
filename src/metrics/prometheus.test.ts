import { describe, expect, it } from 'vitest';
import { systemClock } from '#runtime/clock.ts';
import type { Http, HttpRequest } from '#runtime/http.ts';
import { prometheus, squeezed } from './prometheus.ts';
import { providerContract } from './provider-contract.ts';
import { ProviderConfigError, type ProviderConfig } from './provider.ts';
import { findProvider } from './providers.ts';

const vector = (...values: readonly string[]): string =>
  JSON.stringify({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
  });

const badData = JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error: unexpected end' });

for (const [how, credentials, secrets] of [
  ['a token', { token: 't0ken-value' }, ['t0ken-value']],
  ['a password', { username: 'reader', password: 'passw0rd' }, ['passw0rd', btoa('reader:passw0rd')]],
  ['userinfo', undefined, ['passw0rd', btoa('reader:passw0rd')]],
] as const) {
  providerContract({
    name: `prometheus with ${how}`,
    make: prometheus,
    config: (address) => ({
      address: credentials === undefined ? address.replace('//', '//reader:passw0rd@') : address,
      ...(credentials === undefined ? {} : { credentials }),
    }),
    secrets,
    query: 'up',
    interval: '',
    replies: {
      value: { body: vector('42') },
      several: { reply: { body: vector('1', '7') }, value: 7 },
      empty: { body: vector() },
      nan: { body: vector('NaN') },
      badQuery: { status: 400, body: badData },
      online: { body: vector('1') },
    },
  });
}

/** A server that gives the same answer to everything, and what it was asked. */
function answering(body: string, status = 200, statusText = 'OK') {
  const asked: HttpRequest[] = [];
  const http: Http = {
    async send(request) {
      asked.push(request);
      return { status, statusText, headers: {}, body };
    },
  };
  const make = (config: ProviderConfig) => prometheus(config, { http, clock: systemClock });
  return {
    asked,
    measure: async (query: string, config = {}) => make({ address: 'http://p', ...config }).measure(query, ''),
  };
}

describe('prometheus', () => {
  it.each([
    ['the last of several series [integrations-22]', vector('1', '7'), { kind: 'value', value: 7, series: 2 }],
    ['infinity [integrations-22]', vector('+Inf'), { kind: 'value', value: Infinity, series: 1 }],
    [
      'a word that every object knows',
      vector('constructor'),
      { kind: 'provider-error', message: "error unmarshaling result: 'constructor' is not a number" },
    ],
    ['negative infinity', vector('-Inf'), { kind: 'value', value: -Infinity, series: 1 }],
    ['an exponent', vector('1.5e-3'), { kind: 'value', value: 0.0015, series: 1 }],
    ['an empty vector [integrations-21]', vector(), { kind: 'no-data', message: 'no values found' }],
    ['NaN [integrations-21]', vector('NaN'), { kind: 'nan', message: 'no values found' }],
    ['NaN before a value', vector('NaN', '3'), { kind: 'value', value: 3, series: 2 }],
    [
      'a number instead of a text',
      '{"data":{"result":[{"value":[1,2]}]}}',
      { kind: 'no-data', message: 'no values found' },
    ],
    [
      'a matrix [integrations-22]',
      '{"data":{"resultType":"matrix","result":[{"values":[[1,"1"],[2,"2"]]}]}}',
      { kind: 'bad-query', message: 'query returned multiple values' },
    ],
    [
      'a native histogram',
      '{"data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"2"}]}]}}',
      { kind: 'bad-query', message: 'query returned a native histogram, a number is needed' },
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await answering(body).measure('q')).toEqual(expected);
  });

  it('tells which kind of answer a query gave instead of a vector', async () => {
    const scalar = '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}';
    expect(await answering(scalar).measure('q')).toEqual({
      kind: 'bad-query',
      message: `error unmarshaling result: the query yields a scalar, a vector is needed, '${scalar}'`,
    });
  });

  it.each([
    [503, 'Service Unavailable', 'down', 'provider-error', 'error response: Status 503 Service Unavailable: down'],
    [400, 'Bad Request', badData, 'bad-query', `error response: Status 400 Bad Request: ${badData}`],
    [400, 'Bad Request', 'no', 'provider-error', 'error response: Status 400 Bad Request: no'],
  ])('reports status %i %s with its body [integrations-22]', async (status, statusText, body, kind, message) => {
    expect(await answering(body, status, statusText).measure('q')).toEqual({ kind, message });
  });

  it('asks below the path of the address, without its query, in one line [integrations-25]', async () => {
    const server = answering(vector('1'));
    await server.measure('sum(\n\t\tup\n)', { address: 'http://p/prom/?x=1' });
    expect(server.asked[0]?.url).toBe('http://p/prom/api/v1/query?query=sum%28+up+%29');
    expect(server.asked[0]?.timeout).toBe(5_000);
  });

  it('sends credentials and headers [integrations-25]', async () => {
    const server = answering(vector('1'));
    await server.measure('q', { credentials: { token: 't\n' }, headers: { 'X-Scope-OrgID': ['a'] } });
    await server.measure('q', { credentials: { username: 'u', password: 'p' }, insecureSkipVerify: true });
    expect(server.asked[0]?.headers).toEqual({ Authorization: 'Bearer t', 'X-Scope-OrgID': ['a'] });
    expect(server.asked[1]?.headers).toEqual({ Authorization: `Basic ${btoa('u:p')}` });
    expect(server.asked[1]?.insecureSkipVerify).toBe(true);
  });

  it.each([
    [{ address: 'http://p', credentials: { username: 'u' } }, 'prometheus credentials does not contain a password'],
    [{ address: 'http://p', credentials: {} }, 'prometheus credentials does not contain a username'],
    [{}, 'prometheus address  is not a valid URL'],
    [{ address: 'prometheus:9090' }, 'prometheus address prometheus:9090 is not a valid URL'],
    [{ address: 'http://u:secret@:x' }, 'prometheus address http://:x is not a valid URL'],
  ])('cannot be made from %j [integrations-25]', (config, message) => {
    const make = () => prometheus(config, { http: { send: () => Promise.reject(new Error()) }, clock: systemClock });
    expect(make).toThrow(new ProviderConfigError(message));
  });

  it('is not online when its probe yields another number', async () => {
    const http: Http = { send: async () => ({ status: 200, statusText: 'OK', headers: {}, body: vector('2') }) };
    const provider = prometheus({ address: 'http://p' }, { http, clock: systemClock });
    expect(await provider.online()).toEqual({ ok: false, message: 'vector(1) yields 2 instead of 1' });
  });
});

describe('squeezed', () => {
  it('puts a query into one line', () => expect(squeezed('\n a\n\t+  b\n')).toBe('a + b'));
});

describe('findProvider', () => {
  it('knows prometheus', () => expect(findProvider('prometheus')).toEqual({ ok: true, make: prometheus }));
  it.each(['nope', 'toString'])('names what there is instead of %s', (type) => {
    expect(findProvider(type)).toEqual({ ok: false, message: `unknown provider "${type}", use one of: prometheus` });
  });
});
