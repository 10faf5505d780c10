import { describe, expect, it } from 'vitest';
import { HttpError } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, judged, type Reply } from './asked-provider.ts';
import { graphite } from './graphite.ts';

const address = 'http://graphite.example:8080/base';
const query = "target=summarize(\n  asPercent(a.b, c.d),'5min','avg')&from=-5min&until=now";
const asked = (...replies: (Reply | Error)[]) => ask(graphite, { graphite: { address, query } }, replies);
const points = (...datapoints: unknown[]): Reply => ({ body: JSON.stringify([{ target: 't', datapoints }]) });

analysisProviderContract({
  name: 'Graphite',
  make: graphite,
  provider: { graphite: { address: contractOrigin, query: 'target=a.b&from=-5min' } },
  secrets: [],
  value: { reply: points([42, 1]), answer: { kind: 'result', result: [42], text: '[42.000000]' } },
  vector: { reply: points([1, 1], ['2', 2]), answer: { result: [1, 2], text: '[1.000000,2.000000]' } },
  empty: { reply: { body: '[]' }, answer: { kind: 'error', message: 'no values found' } },
  nan: { reply: points(['NaN', 1]), answer: { result: [Number.NaN], text: '[NaN]' } },
  badQuery: { reply: { status: 400, body: 'Missing required parameter' }, answer: {} },
  recorded: {
    got: {
      body: '[{"target":"a.b","tags":{"name":"a.b"},"datapoints":[[0.5,1785578100],[null,1785578160],[1.25,1785578220]]}]',
    },
    answer: { kind: 'result', result: [0.5, 1.25], text: '[0.500000,1.250000]' },
  },
});

describe('Graphite', () => {
  it('is asked for JSON, by a query without white space', async () => {
    const { requests } = await asked(points([1, 1]));
    const [request] = requests;
    const url = new URL(request?.url ?? '');
    expect(url.origin + url.pathname).toBe('http://graphite.example:8080/base/render');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      target: "summarize(asPercent(a.b,c.d),'5min','avg')",
      from: '-5min',
      until: 'now',
      format: 'json',
    });
    expect(request).toMatchObject({ method: 'GET', timeout: 10_000 });
  });

  it('gives the points of the first series, numbers as texts too, without nulls', async () => {
    const two = [
      {
        target: 'a',
        datapoints: [
          [1, 10],
          [null, 20],
          ['2.5', 30],
        ],
      },
      { target: 'b', datapoints: [[9, 10]] },
    ];
    const { answer } = await asked({ body: JSON.stringify(two) });
    expect(answer).toEqual({ kind: 'result', result: [1, 2.5], text: '[1.000000,2.500000]', elements: 'float64' });
    expect(judged(answer, 'result[1] > 2')).toEqual({ phase: 'Successful' });
  });

  it('has no data when every point is null', async () => {
    const { answer } = await asked(points([null, 10], [null, 20]));
    expect(answer).toMatchObject({ result: [], text: '[]' });
    expect(judged(answer, 'result[0] > 2').message).toContain('no data returned from the metric provider');
    expect(judged(answer, 'len(result) == 0 || result[0] > 2')).toEqual({ phase: 'Successful' });
  });

  it.each([
    ['no series', { body: '[]' }],
    ['a series without points', points()],
  ])('has no values in %s', async (_name, reply) => {
    expect((await asked(reply)).answer).toEqual({ kind: 'error', message: 'no values found' });
  });

  it('tells a query that is wrong from a server that is not well', async () => {
    expect((await asked({ status: 400, body: 'bad target' })).answer).toEqual({
      kind: 'error',
      message: 'error response: bad target',
    });
    expect((await asked({ status: 503, body: 'x'.repeat(5_000) })).answer).toMatchObject({ isOutage: true });
    expect((await asked(new HttpError('network', 'connection refused'))).answer).toMatchObject({
      isOutage: true,
      message: expect.stringMatching(/^Get "http:\/\/graphite.example.*": connection refused$/),
    });
  });

  it.each([['<html>'], ['{}'], ['[{"datapoints":[[1]]}]'], ['[{"datapoints":[["one",1]]}]']])(
    'cannot read %s',
    async (body) => {
      expect((await asked({ body })).answer).toMatchObject({
        kind: 'error',
        message: expect.stringContaining('Cannot read the answer of Graphite'),
        isOutage: true,
      });
    },
  );

  it.each([[''], ['graphite:8080'], ['ftp://graphite']])('refuses the address "%s"', async (wrong) => {
    const { answer, requests } = await ask(graphite, { graphite: { address: wrong, query } }, []);
    expect(answer).toEqual({ kind: 'error', message: `Graphite address ${wrong} is not a valid URL` });
    expect(requests).toEqual([]);
  });
});
