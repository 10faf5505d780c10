import { describe, expect, it } from 'vitest';
import type { DatadogQuery } from '#api/analysis-metric.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, askedAt, judged, type Reply, type Setting } from './asked-provider.ts';
import { datadog } from './datadog.ts';

const keys = { 'api-key': 'ap1k3ys3cret\n', 'app-key': 'appk3ys3cret' };
const own: Setting = { secrets: { datadog: keys } };
const defaults = { apiVersion: 'v1', interval: '5m', requestTimeout: '10s' } as const;
const asked = (query: Partial<DatadogQuery>, reply: Reply = { body: '{}' }, setting = own) =>
  ask(datadog, { datadog: { ...defaults, ...query } }, [reply], setting);
const error = (message: string) => ({ kind: 'error', message });
const points = (...pointlist: unknown[]): Reply => ({ body: JSON.stringify({ series: [{ pointlist }] }) });
const columns = (...all: unknown[]): Reply => ({ body: JSON.stringify({ data: { attributes: { columns: all } } }) });
const numbers = (...values: unknown[]) => ({ name: 'q', type: 'number', values });
const setting: Setting = { secrets: { datadog: { ...keys, address: contractOrigin } } };
const unreadable = ['', '<html>', '[]', '7', '"x"'];

analysisProviderContract({
  name: 'Datadog v1',
  make: datadog,
  provider: { datadog: { ...defaults, query: 'avg:x' } },
  setting,
  secrets: ['ap1k3ys3cret', 'appk3ys3cret'],
  value: { reply: points([1, 7], [2, 0.000_000_1]), answer: { result: 0.000_000_1, text: '0.0000001' } },
  empty: { reply: { body: '{"series":[]}' }, answer: { kind: 'result', result: null, text: '[]' } },
  badQuery: {
    reply: { status: 400, body: '{"errors":["bad"]}' },
    answer: error('received non 2xx response code: 400 {"errors":["bad"]}'),
  },
  unreadable,
  recorded: {
    got: {
      body: JSON.stringify({
        status: 'ok',
        res_type: 'time_series',
        from_date: 1_785_578_100_000,
        to_date: 1_785_578_400_000,
        series: [
          {
            metric: 'trace.http.request.errors',
            scope: 'service:web',
            interval: 20,
            length: 2,
            unit: null,
            pointlist: [
              [1_785_578_100_000, 0.25],
              [1_785_578_380_000, 0.5],
            ],
            tag_set: [],
          },
        ],
        values: [],
        times: [],
        message: '',
        group_by: [],
      }),
    },
    answer: { result: 0.5, text: '0.5' },
  },
});

analysisProviderContract({
  name: 'Datadog v2',
  make: datadog,
  provider: { datadog: { ...defaults, apiVersion: 'v2', query: 'avg:x' } },
  setting,
  secrets: ['ap1k3ys3cret', 'appk3ys3cret'],
  value: { reply: columns(numbers(0.5)), answer: { result: 0.5, text: '0.5' } },
  vector: {
    reply: columns({ name: 'host', type: 'group', values: [['a'], ['b']] }, numbers(1, 2)),
    answer: { result: [1, 2], text: '[1,2]' },
  },
  empty: { reply: columns(numbers(null)), answer: { kind: 'result', result: null, text: '[]' } },
  badQuery: { reply: { body: '{"data":{},"errors":"bad"}' }, answer: error('There were errors in your query: bad') },
  unreadable: [...unreadable, '{"data":null}', 'null'],
  recorded: {
    posted: {
      body: '{"data":{"id":"0","type":"scalar_response","attributes":{"columns":[{"name":"a","values":[0.0125],"type":"number","meta":{"unit":[null,null]}}]}},"meta":{}}',
    },
    answer: { result: 0.0125, text: '0.0125' },
  },
});

describe('Datadog', () => {
  const to = askedAt / 1_000;

  it('is asked for one query over the interval by its first version', async () => {
    const { requests } = await asked({ query: 'avg:x{a:b}', interval: '1m30s', requestTimeout: '3s' });
    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: `https://api.datadoghq.com/api/v1/query?from=${to - 90}&query=avg%3Ax%7Ba%3Ab%7D&to=${to}`,
        headers: {
          'Content-Type': 'application/json',
          'DD-API-KEY': 'ap1k3ys3cret',
          'DD-APPLICATION-KEY': 'appk3ys3cret',
        },
        timeout: 3_000,
      },
    ]);
  });

  it('is asked for a formula of several queries by its second version', async () => {
    const { requests } = await asked({ apiVersion: 'v2', queries: { b: 'y', a: 'x' }, formula: 'a/b' });
    expect(requests[0]).toMatchObject({ method: 'POST', url: 'https://api.datadoghq.com/api/v2/query/scalar' });
    const query = (name: string, text: string) => ({ aggregator: 'last', data_source: 'metrics', name, query: text });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      data: {
        type: 'scalar_request',
        attributes: {
          from: (to - 300) * 1_000,
          to: to * 1_000,
          queries: [query('a', 'x'), query('b', 'y')],
          formulas: [{ formula: 'a/b' }],
        },
      },
    });
    const plain = await asked({ apiVersion: 'v2', query: 'x', aggregator: 'max' });
    expect(JSON.parse(plain.requests[0]?.body ?? '')).toMatchObject({
      data: { attributes: { queries: [{ ...query('query', 'x'), aggregator: 'max' }], formulas: [] } },
    });
  });

  it('[analysis-27] gives a value for each group that has one', async () => {
    const tags = { name: 'host', type: 'group', values: [['a'], ['b'], ['c']] };
    const { answer } = await asked({ apiVersion: 'v2', query: 'x' }, columns(tags, numbers(0.01, null, 0.087)));
    expect(answer).toEqual({
      kind: 'result',
      result: [0.01, 0.087],
      text: '[0.01,0.087]',
      elements: 'float64',
      metadata: { groups: '[{"name":"a","value":0.01},{"name":"c","value":0.087}]' },
    });
    expect(judged(answer, 'all(result, # < 0.1) && len(result) == 2')).toEqual({ phase: 'Successful' });
  });

  it('shows the lowest and the highest of too many groups', async () => {
    const values = Array.from({ length: 150 }, (_, at) => 149 - at);
    const tags = { name: 'g', type: 'group', values: values.map((value) => [`g${value}`, 'x']) };
    const { answer } = await asked({ apiVersion: 'v2', query: 'x' }, columns(tags, numbers(...values)));
    expect(answer).toMatchObject({ result: values, metadata: { groups_truncated: 'true' } });
    const groups = JSON.parse(answer.kind === 'result' ? (answer.metadata?.['groups'] ?? '') : '') as unknown[]; // as it was written
    expect(groups).toHaveLength(100);
    expect([groups[0], groups[50], groups[99]]).toEqual([
      { name: 'g0,x', value: 0 },
      { name: 'g100,x', value: 100 },
      { name: 'g149,x', value: 149 },
    ]);
  });

  it('has no data as nil, which a condition can handle', async () => {
    const { answer } = await asked({ query: 'x' }, { body: '{"series":[]}' });
    expect(answer).toEqual({ kind: 'result', result: null, text: '[]' });
    expect(judged(answer, 'default(result, 0) < 1')).toEqual({ phase: 'Successful' });
    expect(judged(answer, 'default(result, []) | all(# < 0.01)')).toEqual({ phase: 'Successful' });
    expect(judged(answer, 'result < 1').message).toContain('metric result is nil or empty');
    expect((await asked({ query: 'x' })).answer).toEqual({ kind: 'result', result: null, text: 'null' });
    expect((await asked({ query: 'x' }, points([1, 0.5], [2, null]))).answer).toMatchObject({ result: null });
  });

  const review = 'Please review the Analysis Template.';
  it.each<[string, Partial<DatadogQuery>, string]>([
    ['no query', {}, `Must have either a query or queries. ${review}`],
    ['both', { query: 'x', queries: { a: 'x' } }, `Cannot have both a query and queries. ${review}`],
    [
      'queries of the first version',
      { queries: { a: 'x' } },
      'Query is empty. API Version v1 only supports using the query parameter in your Analysis Template.',
    ],
    [
      'a formula without queries',
      { query: 'x', formula: 'a' },
      `Formula are only valid when queries are set. ${review}`,
    ],
    [
      'queries without a formula',
      { apiVersion: 'v2', queries: { a: 'x', b: 'y' } },
      'When multiple queries are provided you must include a formula.',
    ],
    [
      'an aggregator of the first version',
      { query: 'x', aggregator: 'max' },
      `Aggregator is not supported in v1. ${review}`,
    ],
    [
      'a timeout that is none',
      { query: 'x', requestTimeout: 'soon' },
      `Could not parse the request timeout: time: invalid duration "soon". ${review}`,
    ],
    [
      'a timeout of nothing',
      { query: 'x', requestTimeout: '0s' },
      `Request timeout must be a positive duration (e.g. 30s). ${review}`,
    ],
    ['an interval that is none', { query: 'x', interval: '5' }, 'time: missing unit in duration "5"'],
    [
      'a namespaced Secret without a name',
      { query: 'x', secretRef: { namespaced: true } },
      'secret name is required for namespaced credentials',
    ],
    [
      'a Secret that is missing',
      { query: 'x', secretRef: { name: 'other' } },
      'failed to find the credentials for datadog metrics provider',
    ],
  ])('refuses %s', async (_name, query, message) => {
    const { answer, requests } = await asked(query);
    expect(answer).toEqual(error(message));
    expect(requests).toEqual([]);
  });

  it('takes credentials from the Secret that is named, the environment, or its own Secret', async () => {
    const env = { DD_API_KEY: 'from-env', DD_APP_KEY: 'app', DD_ADDRESS: 'https://eu.example/' };
    const secrets = { other: { 'api-key': 'from-other', 'app-key': 'app' }, datadog: keys };
    const keyOf = async (query: Partial<DatadogQuery>, environment: Setting['env'] = env) =>
      (await asked({ query: 'x', ...query }, undefined, { env: environment, secrets })).requests[0];
    expect(await keyOf({ secretRef: { name: 'other' } })).toMatchObject({ headers: { 'DD-API-KEY': 'from-other' } });
    expect(await keyOf({})).toMatchObject({
      headers: { 'DD-API-KEY': 'from-env' },
      url: expect.stringMatching(/^https:\/\/eu\.example\/api\/v1\/query/) as string,
    });
    expect(await keyOf({}, { DD_API_KEY: 'half' })).toMatchObject({ headers: { 'DD-API-KEY': 'ap1k3ys3cret' } });
    const half = await asked({ query: 'x' }, undefined, { secrets: { datadog: { 'api-key': 'a', address: 'b' } } });
    expect(half.answer).toEqual(error('API or App token not found'));
  });

  it.each<[string, Reply, string]>([
    ['a refusal', { status: 403, body: 'no' }, 'received authentication error response code: 403 no'],
    ['a redirect', { status: 204, body: '' }, 'received non 2xx response code: 204 '],
    [
      'a number that is none',
      columns(numbers('many')),
      'could not parse numeric value "\\"many\\"" in column "q": it is no number',
    ],
    [
      'a label that is none',
      columns({ name: 'g', type: 'group', values: [7] }, numbers(1)),
      'could not parse group label at index 0',
    ],
  ])('tells %s', async (_name, reply, message) => {
    expect((await asked({ apiVersion: 'v2', query: 'x' }, reply)).answer).toMatchObject(error(message));
  });

  it('tells a point that is none', async () => {
    expect((await asked({ query: 'x' }, points([1]))).answer).toMatchObject(error('Datapoint does not have 2 values'));
  });
});
