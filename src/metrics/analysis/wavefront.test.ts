import { describe, expect, it } from 'vitest';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, askedAt, judged, type Reply } from './asked-provider.ts';
import { wavefront } from './wavefront.ts';

const { host } = new URL(contractOrigin);
const now = askedAt / 1_000;
const setting = { secrets: { 'wavefront-api-tokens': { [host]: 'wavefr0nts3cret' } } };
const provider = { wavefront: { address: host, query: 'ts(a)' } };
const series = (...all: (readonly (readonly [number, unknown])[])[]): Reply => ({
  body: JSON.stringify({ timeseries: all.map((data) => ({ label: 'x', data })) }),
});
const asked = (reply: Reply) => ask(wavefront, provider, [reply], setting);
const error = (message: string) => ({ kind: 'error', message });

analysisProviderContract({
  name: 'Wavefront',
  make: wavefront,
  provider,
  setting,
  secrets: ['wavefr0nts3cret'],
  value: { reply: series([[now, 42]]), answer: { result: 42, text: '42.00' } },
  vector: { reply: series([[now, 1]], [[now, 2]]), answer: { result: [1, 2], text: '[1.00,2.00]' } },
  empty: { reply: series(), answer: error('No TimeSeries found in response from Wavefront') },
  nan: { reply: series([[now, 'NaN']]), answer: { result: Number.NaN, text: 'NaN' } },
  badQuery: { reply: { body: '{"errorMessage":"bad query"}' }, answer: error('bad query') },
  recorded: {
    got: {
      body: `{"query":"ts(a)","name":"ts(a)","timeseries":[{"label":"a","host":"web-1","tags":{"env":"prod"},"data":[[${now - 60},0.25],[${now - 2},0.5]]}],"granularity":60,"stats":{"keys":1}}`,
    },
    answer: { result: 0.5, text: '0.50' },
  },
});

describe('Wavefront', () => {
  it('is asked for the points around now, and takes the nearest', async () => {
    const { answer, requests } = await asked(
      series([
        [now - 30, 1],
        [now + 4, 2.555],
        [now - 9, 3],
      ]),
    );
    expect(answer).toMatchObject({ result: 2.555, metadata: { timestamps: `${now + 4}`, drift: '4' } });
    expect(judged(answer, 'result > 2')).toEqual({ phase: 'Successful' });
    const url = new URL(requests[0]?.url ?? '');
    expect(`${url.origin}${url.pathname}`).toBe(`https://${host}/api/v2/chart/api`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      q: 'ts(a)',
      s: `${askedAt}`,
      e: `${askedAt}`,
      g: 's',
      p: '1',
      i: 'true',
    });
    expect(requests[0]?.headers).toMatchObject({ Authorization: 'Bearer wavefr0nts3cret' });
  });

  it('tells times and drifts of several series, and what it was warned of', async () => {
    const { timeseries } = JSON.parse(series([[now, 1]], [], [[now - 7, 2]]).body) as { timeseries: unknown }; // as written above
    const { answer } = await asked({ body: JSON.stringify({ timeseries, warnings: 'old' }) });
    expect(answer).toMatchObject({
      result: [1, 2],
      metadata: { timestamps: `[${now},${now - 7}]`, drift: '[0,-7]', warnings: 'old' },
    });
  });

  it.each([
    ['other.example', {}, 'secrets "wavefront-api-tokens" not found'],
    ['other.example', setting, 'API token not found'],
    ['', setting, 'API token not found'],
    ['constructor', setting, 'API token not found'],
    [
      'a/b',
      { secrets: { 'wavefront-api-tokens': { 'a/b': 'token' } } },
      'Cannot ask Wavefront: "a/b" is not the name of a host',
    ],
  ])('needs a token for %s', async (address, secrets, message) => {
    const { answer } = await ask(wavefront, { wavefront: { address, query: 'x' } }, [], secrets);
    expect(answer).toEqual(error(message));
  });
});
