import { describe, expect, it } from 'vitest';
import { HttpError } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, judged, type Reply } from './asked-provider.ts';
import { skywalking } from './skywalking.ts';

const query = 'query q($duration: Duration!) { service_apdex: getValues(duration: $duration) { values { value } } }';
const provider = { skywalking: { address: 'http://oap.example:12800', query, interval: '3m' } };
const asked = (...replies: (Reply | Error)[]) => ask(skywalking, provider, replies);

analysisProviderContract({
  name: 'SkyWalking',
  make: skywalking,
  provider: { skywalking: { ...provider.skywalking, address: contractOrigin } },
  secrets: [],
  value: { reply: { body: '{"data":{"a":42}}' }, answer: { kind: 'result', result: { a: 42 }, text: '{"a":42}' } },
  vector: { reply: { body: '{"data":{"a":[1,2]}}' }, answer: { text: '{"a":[1,2]}' } },
  empty: { reply: { body: '{"data":null}' }, answer: { message: 'no results returned from SkyWalking query' } },
  badQuery: { reply: { body: '{"errors":[{"message":"no"}]}' }, answer: { message: 'graphql: no' } },
  recorded: {
    posted: {
      body: '{"data":{"service_apdex":{"label":null,"values":{"values":[{"id":"202608010957_x","value":9950}]}}}}',
    },
    answer: { kind: 'result' },
  },
});

describe('SkyWalking', () => {
  it('is asked about the last minutes in the time zone of the process', async () => {
    const [request] = (await asked({ body: '{"data":{}}' })).requests;
    expect(request).toMatchObject({ method: 'POST', url: 'http://oap.example:12800/graphql', timeout: 30_000 });
    const local = (instant: string): string =>
      Temporal.Instant.from(instant)
        .toZonedDateTimeISO(Temporal.Now.timeZoneId())
        .toPlainDateTime()
        .toString({ smallestUnit: 'minute' })
        .replace('T', ' ')
        .replace(/:(\d\d)$/, '$1');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      query,
      variables: {
        duration: { start: local('2026-08-01T09:57:00Z'), end: local('2026-08-01T10:00:00Z'), step: 'MINUTE' },
      },
    });
  });

  it('gives the data', async () => {
    const { answer } = await asked({
      body: '{"data":{"service_apdex":{"values":[{"value":9900},{"value":1}]},"a":"<"}}',
    });
    expect(answer).toMatchObject({
      text: String.raw`{"a":"\u003c","service_apdex":{"values":[{"value":9900},{"value":1}]}}`,
    });
    expect(judged(answer, 'all(result.service_apdex.values, {asFloat(.value) >= 9900})')).toEqual({ phase: 'Failed' });
  });

  it.each([['{"data":null}'], ['{}']])('says that there are no results in %s', async (body) => {
    expect((await asked({ body })).answer).toEqual({
      kind: 'error',
      message: 'no results returned from SkyWalking query',
    });
  });

  it.each([
    [{ body: '{"data":null,"errors":[{"message":"no field x"}]}' }, 'graphql: no field x', undefined],
    [{ status: 502, body: '<html>' }, 'graphql: server returned a non-200 status code: 502', true],
    [{ body: '<html>' }, 'decoding response: Cannot read "<html>"', true],
    [
      new HttpError('network', 'connection refused'),
      'Post "http://oap.example:12800/graphql": connection refused',
      true,
    ],
  ])('tells what went wrong: %j', async (reply, message, isOutage) => {
    const { answer } = await asked(reply);
    expect(answer).toEqual({ kind: 'error', message, ...(isOutage === true ? { isOutage } : {}) });
  });

  it.each([
    [{ ...provider.skywalking, interval: '' }, 'time: invalid duration ""'],
    [{ ...provider.skywalking, interval: '3 minutes' }, 'time: unknown unit " minutes" in duration "3 minutes"'],
    [{ ...provider.skywalking, address: 'oap' }, 'Cannot ask SkyWalking: "oap" is not a valid URL'],
  ])('cannot be asked with %j', async (wrong, message) => {
    expect((await ask(skywalking, { skywalking: wrong }, [])).answer).toEqual({ kind: 'error', message });
  });
});
