import { describe, expect, it } from 'vitest';
import type { PrometheusQuery } from '#api/analysis-metric.ts';
import { HttpError } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, askedAt, depsOf, judged, type Reply, type Setting } from './asked-provider.ts';
import { prometheus } from './prometheus.ts';

const answer = (resultType: string, result: unknown, more: object = {}): Reply => ({
  body: JSON.stringify({ status: 'success', data: { resultType, result }, ...more }),
});
const vector = (...values: readonly string[]): Reply =>
  answer(
    'vector',
    values.map((value) => ({ metric: {}, value: [1, value] })),
  );
const address = 'http://prometheus.example/base/';
const asked = (
  more: Partial<PrometheusQuery>,
  replies: readonly (Reply | Error)[] = [vector('1')],
  setting?: Setting,
) => ask(prometheus, { prometheus: { address, query: 'up', ...more } }, replies, setting);
const error = (message: string) => ({ kind: 'error', message });
const badQuery: Reply = { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error"}' };

for (const [how, query, secrets] of [
  [
    'a login',
    { authentication: { basicAuth: { username: 'reader', password: 'passw0rd' } } },
    [btoa('reader:passw0rd')],
  ],
  ['a header', { headers: [{ key: 'Authorization', value: 'Bearer t0kenvalue' }] }, ['t0kenvalue']],
] as const) {
  analysisProviderContract({
    name: `Prometheus with ${how}`,
    make: prometheus,
    provider: { prometheus: { address: contractOrigin, query: 'up', ...query } },
    secrets,
    value: { reply: answer('scalar', [1, '42']), answer: { kind: 'result', result: 42, text: '42' } },
    vector: { reply: vector('1', '2.5'), answer: { result: [1, 2.5], text: '[1,2.5]' } },
    empty: { reply: vector(), answer: { kind: 'result', result: [], text: '[]' } },
    nan: { reply: answer('scalar', [1, 'NaN']), answer: { result: Number.NaN, text: 'NaN' } },
    badQuery: { reply: badQuery, answer: error('bad_data: parse error') },
    recorded: {
      posted: {
        body: '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","instance":"a:80","job":"web"},"value":[1785578400.123,"1"]},{"metric":{"__name__":"up","instance":"b:80","job":"web"},"value":[1785578400.123,"+Inf"]}],"analysis":{}},"infos":["x"],"warnings":["one","two"]}',
      },
      answer: { result: [1, Number.POSITIVE_INFINITY], text: '[1,+Inf]' },
    },
  });
}

describe('Prometheus', () => {
  it('is asked by POST for an instant', async () => {
    const { requests } = await asked({});
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: 'http://prometheus.example/base/api/v1/query',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `query=up&time=${askedAt / 1_000}`,
        timeout: 30_000,
        redirects: 10,
      },
    ]);
  });

  it.each([403, 405, 501])('is asked by GET where POST is answered with %i', async (status) => {
    const { requests, answer: said } = await asked({}, [{ status, body: '' }, vector('7')]);
    expect(requests[1]).toMatchObject({
      method: 'GET',
      url: `http://prometheus.example/base/api/v1/query?query=up&time=${askedAt / 1_000}`,
    });
    expect(said).toMatchObject({ result: [7] });
  });

  it('is asked for a range, whose samples become one list', async () => {
    const rangeQuery = { start: 'now() - duration("1h")', end: 'now()', step: '1m' };
    const matrix = answer('matrix', [
      {
        values: [
          [1, '1'],
          [2, '2'],
        ],
      },
      { values: [[1, '3']] },
    ]);
    const { requests, answer: said } = await asked({ rangeQuery }, [matrix]);
    const now = askedAt / 1_000;
    expect(requests[0]).toMatchObject({
      url: 'http://prometheus.example/base/api/v1/query_range',
      body: `query=up&start=${now - 3_600}&end=${now}&step=60`,
    });
    expect(said).toMatchObject({ result: [1, 2, 3], text: '[1,2,3]' });
  });

  it('[analysis-26] gives all values of a vector, none of an empty one, and NaN as it is', async () => {
    const two = await asked({}, [vector('1', '2')]);
    expect(two.answer).toMatchObject({ text: '[1,2]' });
    expect(judged(two.answer, 'result[0] < 2 && len(result) == 2')).toEqual({ phase: 'Successful' });
    const none = await asked({}, [vector()]);
    expect(judged(none.answer, 'result[0] < 1')).toEqual({
      phase: 'Error',
      message:
        'could not evaluate successCondition "result[0] < 1": metric result is nil or empty: no data returned from the metric provider',
    });
    const nan = await asked({}, [answer('scalar', [1, 'NaN'])]);
    expect(nan.answer).toMatchObject({ text: 'NaN' });
    expect(judged(nan.answer, 'result < 1')).toEqual({ phase: 'Failed' });
  });

  it.each<[string, Partial<PrometheusQuery>, string]>([
    ['no address', { address: '' }, 'prometheus address is not configured'],
    ['an address without a host', { address: 'prometheus:9090' }, 'prometheus address is not is url format'],
    ['a negative timeout', { timeout: -1 }, 'prometheus timeout should not be negative'],
    [
      'a login without a password',
      { authentication: { basicAuth: { username: 'u' } } },
      'missing mandatory parameter in metric for basic auth setup: password',
    ],
    [
      'half an OAuth2',
      { authentication: { oauth2: { tokenUrl: 'https://login.example' } } },
      'missing mandatory parameter in metric for OAuth2 setup',
    ],
    [
      'a step that is none',
      { rangeQuery: { start: 'now()', end: 'now()', step: 'x' } },
      'failed to parse rangeQuery.step as duration: time: invalid duration "x"',
    ],
    [
      'a profile of AWS',
      { address: 'https://aps-workspaces.eu-west-1.amazonaws.com', authentication: { sigv4: { profile: 'p' } } },
      'sigv4.profile is not supported: name a role, or give the controller credentials',
    ],
    [
      'no region of AWS',
      { address: 'https://aps-workspaces.eu-west-1.amazonaws.com', authentication: { sigv4: {} } },
      'region not configured in sigv4 or in default credentials chain',
    ],
  ])('refuses %s', async (_name, query, message) => {
    const { answer: said, requests } = await asked(query);
    expect(said).toEqual(error(message));
    expect(requests).toEqual([]);
  });

  it('has no time at all with a timeout of zero', async () => {
    const { answer: said, requests } = await asked({ timeout: 0 });
    expect(said).toMatchObject({ message: expect.stringContaining('context deadline exceeded') as string });
    expect(requests).toEqual([]);
    const late = await asked({}, [new HttpError('timeout', 'late')]);
    expect(late.answer).toEqual({
      ...error(
        'Post "http://prometheus.example/base/api/v1/query": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      ),
      isOutage: true,
    });
  });

  it.each<[string, Reply, string]>([
    ['404', { status: 404, body: '' }, 'client_error: client error: 404'],
    ['502', { status: 502, body: '<html>' }, 'server_error: server error: 502'],
    ['a text', answer('string', [1, 'x']), 'Prometheus metric type not supported'],
    ['a word for a number', vector('constructor'), `bad_response: unknown response: ${vector('constructor').body}`],
    ['no JSON', { body: '<html>' }, 'bad_response: unknown response: <html>'],
    ['a refusal', { status: 503, body: '{"status":"error","errorType":"timeout","error":"late"}' }, 'timeout: late'],
  ])('tells %s', async (_name, reply, message) => {
    expect((await asked({}, [reply])).answer).toMatchObject(error(message));
  });

  it('keeps warnings', async () => {
    const warned = answer('vector', [], { warnings: ['one', 'two'] });
    expect((await asked({}, [warned])).answer).toMatchObject({ metadata: { warnings: '"one", "two"' } });
  });

  it('asks a server of the operator wherever it is', async () => {
    const refusing = { send: () => Promise.reject(new HttpError('refused-address', 'local')) };
    const operatorHttp = { send: async () => ({ status: 200, statusText: '', headers: {}, body: vector('1').body }) };
    const env = { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: 'http://localhost:9090' };
    const measure = (query: PrometheusQuery) =>
      prometheus({ ...depsOf(refusing, { env }), operatorHttp }).start({
        metric: { name: 'm', provider: { prometheus: query } },
        run: { apiVersion: 'x', kind: 'AnalysisRun', metadata: { name: 'r' } },
        taken: 0,
        signal: new AbortController().signal,
      });
    expect(await measure({ query: 'up' })).toMatchObject({ result: [1] });
    expect(await measure({ address: 'http://localhost:9090', query: 'up' })).toEqual(
      error('Post "http://localhost:9090/api/v1/query": local'),
    );
  });

  it('shows a token of OAuth2, which is got once', async () => {
    const oauth2 = { tokenUrl: 'https://login.example/token', clientId: 'me', clientSecret: 'cl1ents3cret' };
    const token = { body: '{"access_token":"t0kent0ken","expires_in":3600}' };
    const { requests } = await asked({ authentication: { oauth2 } }, [token, vector('1')]);
    expect(requests.map(({ url }) => url)).toEqual([oauth2.tokenUrl, 'http://prometheus.example/base/api/v1/query']);
    expect(requests[1]).toMatchObject({ headers: { Authorization: 'Bearer t0kent0ken' } });
  });

  it('signs requests to Amazon Managed Prometheus', async () => {
    const amazon = 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1';
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'awss3cret', AWS_REGION: 'eu-west-1' };
    const authentication = { sigv4: {} };
    const { requests } = await asked({ address: amazon, authentication }, [{ status: 403, body: '' }, vector('1')], {
      env,
    });
    const signed = (names: string) =>
      expect.stringMatching(
        new RegExp(
          `^AWS4-HMAC-SHA256 Credential=AKID/20260801/eu-west-1/aps/aws4_request, SignedHeaders=${names}, Signature=[0-9a-f]{64}$`,
        ),
      ) as string;
    expect(requests[0]?.headers).toMatchObject({
      'x-amz-date': '20260801T100000Z',
      authorization: signed('content-type;host;x-amz-date'),
    });
    expect(requests[1]?.headers).toMatchObject({ authorization: signed('host;x-amz-date') });
    const other = await asked({ authentication }, undefined, { env });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('takes the role that is named for that', async () => {
    const amazon = 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1';
    const env = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'awss3cret' };
    const sigv4 = { region: 'eu-west-1', roleArn: 'arn:aws:iam::1:role/reader' };
    const role: Reply = {
      body: '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>roles3cret</SecretAccessKey><SessionToken>tok3nofr0le</SessionToken><Expiration>2026-08-01T11:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>',
    };
    const { requests } = await asked({ address: amazon, authentication: { sigv4 } }, [role, vector('1')], { env });
    expect(requests[0]).toMatchObject({
      url: 'https://sts.eu-west-1.amazonaws.com/',
      headers: { authorization: expect.stringContaining('Credential=AKID/') as string },
      body: expect.stringContaining('Action=AssumeRole&Version=2011-06-15&RoleSessionName=serin&RoleArn=arn') as string,
    });
    expect(requests[1]?.headers).toMatchObject({
      authorization: expect.stringContaining('Credential=ROLE/') as string,
      'x-amz-security-token': 'tok3nofr0le',
    });
    const refused = await asked({ address: amazon, authentication: { sigv4 } }, [{ status: 403, body: '' }], { env });
    expect(refused.answer).toMatchObject({
      message: expect.stringContaining('could not get SigV4 credentials: AWS refuses AssumeRole') as string,
      isOutage: true,
    });
  });
});
