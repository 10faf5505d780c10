import { describe, expect, it } from 'vitest';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, judged, type Reply } from './asked-provider.ts';
import { newRelic } from './newrelic.ts';

const profile = { 'personal-api-key': 'NRAK-s3cret\n', 'account-id': '123' };
const rows = (...results: unknown[]): Reply => ({
  body: JSON.stringify({ data: { actor: { account: { nrql: { results } } } } }),
});
const asked = (reply: Reply, secret: Readonly<Record<string, string>> = profile, timeout?: number) => {
  const query = { query: 'SELECT 1', ...(timeout === undefined ? {} : { timeout }) };
  return ask(newRelic, { newRelic: query }, [reply], { secrets: { newrelic: secret } });
};
const error = (message: string) => ({ kind: 'error', message });

analysisProviderContract({
  name: 'New Relic',
  make: newRelic,
  provider: { newRelic: { profile: 'mine', query: 'SELECT 1' } },
  setting: { secrets: { mine: { ...profile, 'base-url-nerdgraph': `${contractOrigin}/graphql` } } },
  secrets: ['NRAK-s3cret'],
  value: { reply: rows({ rate: 42 }), answer: { result: { rate: 42 }, text: '{"rate":42}' } },
  vector: { reply: rows({ b: 1, a: 2 }, { b: 3 }), answer: { text: '[{"a":2,"b":1},{"b":3}]' } },
  empty: { reply: rows(), answer: error('no results returned from NRQL query') },
  badQuery: { reply: { body: '{"errors":[{"message":"NRQL Syntax Error"}]}' }, answer: error('NRQL Syntax Error') },
  recorded: {
    posted: {
      body: '{"data":{"actor":{"account":{"nrql":{"results":[{"percentage":99.5,"count":200}]}}}},"extensions":{"nrOnly":{}}}',
    },
    answer: { result: { percentage: 99.5, count: 200 }, text: '{"count":200,"percentage":99.5}' },
  },
});

describe('New Relic', () => {
  it('is asked over NerdGraph, in the region of the account', async () => {
    const { requests, answer } = await asked(rows({ rate: 0.99 }));
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: 'https://api.newrelic.com/graphql',
        headers: { 'Api-Key': 'NRAK-s3cret' },
        timeout: 15_000,
      },
    ]);
    expect(JSON.parse(requests[0]?.body ?? '')).toMatchObject({
      variables: { query: 'SELECT 1', accountId: 123, timeout: 5 },
    });
    expect(judged(answer, 'result.rate >= 0.95')).toEqual({ phase: 'Successful' });
    const eu = await asked(rows({ rate: 1 }), { ...profile, region: 'EU' }, 30);
    expect(eu.requests).toMatchObject([{ url: 'https://api.eu.newrelic.com/graphql', timeout: 40_000 }]);
    const several = await asked(rows({ rate: 0.01 }, { rate: 0.02 }));
    expect(judged(several.answer, 'all(result, .rate < 0.1)')).toEqual({ phase: 'Successful' });
  });

  it.each<[string, Readonly<Record<string, string>>, string, number?]>([
    ['an account without a key', { 'account-id': '1' }, 'account ID or personal API key not found'],
    [
      'an account that is no number',
      { ...profile, 'account-id': 'me' },
      'could not parse account ID: "me" is no integer',
    ],
    ['a region that is none', { ...profile, region: 'moon' }, 'invalid region: moon'],
    ['a negative timeout', profile, 'timeout value needs to be a positive value', -1],
  ])('refuses %s', async (_name, secret, message, timeout) => {
    expect((await asked(rows(), secret, timeout)).answer).toEqual(error(message));
  });

  it('needs its Secret', async () => {
    const { answer } = await ask(newRelic, { newRelic: { query: 'x' } }, []);
    expect(answer).toEqual(error('secrets "newrelic" not found'));
  });

  it('has no results in one empty row', async () => {
    expect((await asked(rows({}))).answer).toEqual(error('no results returned from NRQL query'));
  });
});
