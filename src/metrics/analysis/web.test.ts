import { describe, expect, it } from 'vitest';
import type { WebQuery } from '#api/analysis-metric.ts';
import { HttpError, type Http } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, askedAt, depsOf, judged, type Reply } from './asked-provider.ts';
import { web } from './web.ts';

const url = 'https://web.example/status?x=1';
const asked = (more: Partial<WebQuery>, ...replies: (Reply | Error)[]) => ask(web, { web: { url, ...more } }, replies);
const error = (message: string) => ({ kind: 'error', message });

analysisProviderContract({
  name: 'a web server',
  make: web,
  provider: {
    web: {
      url: `${contractOrigin}/status`,
      method: 'POST',
      body: 'x',
      jsonPath: '{.v}',
      headers: [{ key: 'Authorization', value: 'Bearer t0ps3cret' }],
    },
  },
  secrets: ['t0ps3cret'],
  value: { reply: { body: '{"v": 42}' }, answer: { kind: 'result', result: 42, text: '42' } },
  vector: { reply: { body: '{"v": [1, 2.5]}' }, answer: { result: [1, 2.5], text: '[1,2.5]' } },
  empty: { reply: { body: '{}' }, answer: error('Could not find JSONPath in body: v is not found') },
  badQuery: { reply: { status: 404, body: '' }, answer: error('received non 2xx response code: 404') },
  // A text is an answer like any other.
  unreadable: ['[]', '{"data":null}', '"x"'],
  recorded: {
    posted: { body: '{"v":{"ok":true,"name":"a<b","at":1e-7}}\n' },
    answer: { result: { ok: true, name: 'a<b', at: 1e-7 }, text: '{"at":1e-7,"name":"a\\u003cb","ok":true}' },
  },
});

describe('a web metric', () => {
  it('gives the whole JSON without a path', async () => {
    const { answer, requests } = await asked({}, { body: '"ok"' });
    expect(answer).toEqual({ kind: 'result', result: 'ok', text: '"ok"' });
    expect(judged(answer, 'result == "ok"')).toEqual({ phase: 'Successful' });
    expect(requests).toMatchObject([{ method: 'GET', url, timeout: 10_000, redirects: 10 }]);
    expect(requests[0]).not.toHaveProperty('body');
  });

  it('[analysis-28] sends JSON, takes the first match alone, and gives a text as it is', async () => {
    const jsonBody = { a: [1], b: null };
    const posted = await asked(
      { method: 'POST', jsonBody, jsonPath: '{$.items[*].v}', headers: [{ key: 'content-type', value: 'text/plain' }] },
      { body: '{"items":[{"v":7},{"v":8}]}' },
    );
    expect(posted.requests).toMatchObject([
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(jsonBody) },
    ]);
    expect(posted.answer).toEqual({ kind: 'result', result: 7, text: '7' });
    const plain = await asked({ jsonPath: '{$.items}' }, { body: 'plain' });
    expect(plain.answer).toEqual({ kind: 'result', result: 'plain', text: 'plain' });
    const got = await asked({ body: 'x' }, { body: '1' });
    expect(got.answer).toEqual(error('Body/JSONBody can only be used with POST or PUT WebMetric Method types'));
    expect(got.requests).toEqual([]);
  });

  it.each<[string, Partial<WebQuery>, string, string]>([
    [
      'two bodies',
      { method: 'PUT', body: 'x', jsonBody: {} },
      '1',
      'use either Body or JSONBody; both cannot exists for WebMetric payload',
    ],
    ['a path that ends too early', { jsonPath: '{.a' }, '1', 'unclosed action'],
    ['a path to nothing', { jsonPath: '{.a}' }, '{"b":1}', 'Could not find JSONPath in body: a is not found'],
    ['an empty match', { jsonPath: '{[0:0]}' }, '[1]', 'result of web metric produced no value'],
    ['an unknown method', { method: 'PATCH' }, '1', 'method PATCH is not supported: use GET, POST or PUT'],
    [
      'half an OAuth2',
      { authentication: { oauth2: { tokenUrl: 'https://login.example', clientId: 'me' } } },
      '1',
      'missing mandatory parameter in metric for OAuth2 setup',
    ],
  ])('refuses %s', async (_name, query, body, message) => {
    expect((await asked(query, { body })).answer).toEqual(error(message));
  });

  it('bears data that are nested without an end', async () => {
    const body = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect((await asked({}, { body })).answer).toEqual(error('the answer is nested deeper than 100 levels'));
  });

  it('takes the last of several headers, a timeout, and any certificate where that is wanted', async () => {
    const headers = [
      { key: 'X-A', value: '1' },
      { key: 'x-a', value: '2' },
    ];
    const { requests } = await asked({ headers, timeoutSeconds: 3, insecure: true }, { body: '1' });
    expect(requests).toMatchObject([{ headers: { 'x-a': '2' }, timeout: 3_000, insecureSkipVerify: true }]);
    expect((await asked({ timeoutSeconds: -1 }, { body: '1' })).requests).toMatchObject([{ timeout: 10_000 }]);
  });

  it('says what the network does as Go does', async () => {
    const late = await asked({}, new HttpError('timeout', 'late'));
    expect(late.answer).toEqual({
      ...error(`Get "${url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`),
      isOutage: true,
    });
    const failed = await asked({ url: 'https://me:pass@web.example' }, new HttpError('network', 'no such host'));
    expect(failed.answer).toMatchObject(error('Get "https://web.example": no such host'));
  });
});

describe('a web metric with OAuth2', () => {
  const oauth2 = {
    tokenUrl: 'https://login.example/token',
    clientId: 'me',
    clientSecret: 'cl1ents3cret',
    scopes: ['a', 'b'],
  };
  const withToken = (...replies: (Reply | Error)[]) => asked({ authentication: { oauth2 } }, ...replies);
  const token: Reply = { body: '{"access_token":"t0kent0ken","token_type":"bearer","expires_in":3600}' };

  it('gets a token and shows it', async () => {
    const { answer, requests } = await withToken(token, { body: '1' });
    expect(answer).toMatchObject({ result: 1 });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: oauth2.tokenUrl,
        headers: { Authorization: `Basic ${btoa('me:cl1ents3cret')}` },
        body: 'grant_type=client_credentials&scope=a+b',
      },
      { url, headers: { Authorization: 'Bearer t0kent0ken' } },
    ]);
    expect(requests[0]).not.toHaveProperty('redirects');
  });

  it('keeps a token until it is about to end, or is refused', async () => {
    const asked: string[] = [];
    let now = askedAt;
    let status = 200;
    const http: Http = {
      async send(request) {
        asked.push(request.method);
        const isToken = request.url === oauth2.tokenUrl;
        return { status: isToken ? 200 : status, statusText: '', headers: {}, body: isToken ? token.body : '1' };
      },
    };
    const deps = depsOf(http);
    const measure = async (): Promise<string> => {
      asked.length = 0;
      await web({ ...deps, clock: { ...deps.clock, now: () => now } }).start({
        metric: { name: 'm', provider: { web: { url, authentication: { oauth2 } } } },
        run: { apiVersion: 'x', kind: 'AnalysisRun', metadata: { name: 'r' } },
        taken: 0,
        signal: new AbortController().signal,
      });
      return asked.join(' ');
    };
    expect(await measure()).toBe('POST GET');
    expect(await measure()).toBe('GET');
    now += 3_595_000;
    expect(await measure()).toBe('POST GET');
    status = 401;
    expect(await measure()).toBe('GET');
    expect(await measure()).toBe('POST GET');
  });

  it('shows its name and secret in the form to a server that wants them there', async () => {
    const { requests, answer } = await withToken({ status: 401, body: '' }, token, { body: '1' });
    expect(requests[1]?.body).toContain('client_id=me&client_secret=cl1ents3cret');
    expect(answer).toMatchObject({ result: 1 });
  });

  it('says why it has no token, without a secret', async () => {
    const said = 'oauth2: cannot fetch token: 403\nResponse: no *** for you';
    const { answer } = await withToken({ status: 403, body: 'no cl1ents3cret for you' });
    expect(answer).toEqual({ ...error(said), isOutage: true });
    const invalid = await withToken({ status: 400, body: '{"error":"invalid_client","error_description":"who"}' });
    expect(invalid.answer).toMatchObject(error('oauth2: "invalid_client" "who"'));
    expect((await withToken({ body: '{}' })).answer).toMatchObject(
      error('oauth2: server response missing access_token'),
    );
    expect((await withToken(new HttpError('network', 'no such host'))).answer).toMatchObject(
      error('oauth2: cannot fetch token: no such host'),
    );
  });
});
