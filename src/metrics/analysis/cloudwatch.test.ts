import { describe, expect, it } from 'vitest';
import { HttpError } from '#runtime/http.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, judged, type Reply, type Setting } from './asked-provider.ts';
import { cloudWatch } from './cloudwatch.ts';

const env = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret-key-of-aws',
};
const provider = {
  cloudWatch: {
    interval: '30m',
    metricDataQueries: [
      { id: 'rate', expression: 'errors / requests', label: 'Error rate' },
      {
        id: 'errors',
        metricStat: {
          metric: {
            namespace: 'app',
            metricName: 'errors',
            dimensions: [{ name: 'service', value: 'web & more' }],
          },
          period: 300,
          stat: 'Sum',
          unit: 'Count',
        },
        returnData: false,
      },
    ],
  },
};
const asked = (replies: readonly (Reply | Error)[], setting: Setting = { env }) =>
  ask(cloudWatch, provider, replies, setting);

const result = (id: string, values: readonly string[]): string =>
  `<member><Timestamps>${values.map((_, at) => `<member>2026-08-01T09:5${9 - at}:00Z</member>`).join('')}</Timestamps>` +
  `<Values>${values.map((value) => `<member>${value}</member>`).join('')}</Values>` +
  `<Label>${id} label</Label><Id>${id}</Id><StatusCode>Complete</StatusCode></member>`;
const page = (results: string, more = ''): Reply => ({
  body:
    '<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>' +
    `<Messages/><MetricDataResults>${results}</MetricDataResults>${more}</GetMetricDataResult>` +
    '<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetMetricDataResponse>',
});

const sessionToken = 'a-token-of-a-session';

analysisProviderContract({
  name: 'CloudWatch',
  make: cloudWatch,
  provider,
  setting: { env: { ...env, AWS_SESSION_TOKEN: sessionToken, AWS_ENDPOINT_URL_CLOUDWATCH: `${contractOrigin}/` } },
  secrets: [sessionToken],
  value: { reply: page(result('rate', ['42'])), answer: { kind: 'result', text: '[[42]]' } },
  vector: { reply: page(result('a', ['1', '2']) + result('b', ['3'])), answer: { text: '[[1 2] [3]]' } },
  empty: { reply: page(result('a', [])), answer: { kind: 'result', text: '[[]]' } },
  badQuery: {
    reply: {
      status: 400,
      body: '<ErrorResponse><Error><Code>ValidationError</Code><Message>no</Message></Error></ErrorResponse>',
    },
    answer: {},
  },
  // What has no results is an answer of CloudWatch without queries.
  unreadable: ['', '<html>', '[]', '7', '"x"', 'null'],
  recorded: { posted: page(result('rate', ['0.0015', '0.0'])), answer: { kind: 'result', text: '[[0.0015 0]]' } },
});

describe('CloudWatch', () => {
  it('is asked by a signed form', async () => {
    const [request] = (await asked([page(result('rate', ['0.01']))])).requests;
    expect(request).toMatchObject({
      method: 'POST',
      url: 'https://monitoring.eu-central-1.amazonaws.com/',
      headers: {
        authorization: expect.stringContaining('Credential=AKIDEXAMPLE/20260801/eu-central-1/monitoring/aws4_request'),
      },
    });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      Action: 'GetMetricData',
      Version: '2010-08-01',
      StartTime: '2026-08-01T09:30:00Z',
      EndTime: '2026-08-01T10:00:00Z',
      ScanBy: 'TimestampDescending',
      'MetricDataQueries.member.1.Id': 'rate',
      'MetricDataQueries.member.1.Expression': 'errors / requests',
      'MetricDataQueries.member.1.Label': 'Error rate',
      'MetricDataQueries.member.2.Id': 'errors',
      'MetricDataQueries.member.2.ReturnData': 'false',
      'MetricDataQueries.member.2.MetricStat.Metric.Namespace': 'app',
      'MetricDataQueries.member.2.MetricStat.Metric.MetricName': 'errors',
      'MetricDataQueries.member.2.MetricStat.Metric.Dimensions.member.1.Name': 'service',
      'MetricDataQueries.member.2.MetricStat.Metric.Dimensions.member.1.Value': 'web & more',
      'MetricDataQueries.member.2.MetricStat.Period': '300',
      'MetricDataQueries.member.2.MetricStat.Stat': 'Sum',
      'MetricDataQueries.member.2.MetricStat.Unit': 'Count',
    });
  });

  it('gives a record for every query', async () => {
    const { answer } = await asked([page(result('a', ['1', '2.5']) + result('b', ['3']))]);
    expect(answer).toMatchObject({
      text: '[[1 2.5] [3]]',
      result: [
        { Id: 'a', Label: 'a label', Values: [1, 2.5], StatusCode: 'Complete' },
        { Id: 'b', Values: [3], Timestamps: ['2026-08-01T09:59:00Z'] },
      ],
    });
    expect(judged(answer, 'all(result[0].Values, {# <= 2.5})')).toEqual({ phase: 'Successful' });
    expect(judged(answer, 'result[1].Id == "b" && result[1].Values[0] < 3')).toEqual({ phase: 'Failed' });
  });

  it('says no data where a query has no values', async () => {
    const { answer } = await asked([page(result('a', []))]);
    expect(answer).toMatchObject({ text: '[[]]' });
    expect(judged(answer, 'len(result[0].Values) > 0')).toEqual({ phase: 'Failed' });
    expect(judged(answer, 'result[0].Values[0] < 1').message).toContain('no data returned from the metric provider');
  });

  it('reads every page', async () => {
    const { answer, requests } = await asked([
      page(result('a', ['1']), '<NextToken>next</NextToken>'),
      page(result('a', ['2']) + result('b', ['3'])),
    ]);
    expect(answer).toMatchObject({ text: '[[1 2] [3]]' });
    expect(requests[1]?.body).toContain('NextToken=next');
    const endless = await asked([page('', '<NextToken>again</NextToken>')]);
    expect(endless.requests).toHaveLength(20);
    expect(endless.answer).toMatchObject({ kind: 'error', isOutage: true });
  });

  it('keeps what CloudWatch has to say', async () => {
    const messages = '<Messages><member><Code>Forbidden</Code><Value>not all</Value></member></Messages>';
    const body = page(result('a', ['1'])).body.replace('<Messages/>', messages);
    expect((await asked([{ body }])).answer).toMatchObject({ metadata: { messages: '[{Forbidden not all}]' } });
  });

  it.each([
    [403, 'InvalidClientTokenId', 'The token is invalid: secret-key-of-aws', true],
    [400, 'ValidationError', 'wrong', undefined],
  ])('tells what AWS refuses by %i', async (status, code, reason, isOutage) => {
    const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${reason}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`;
    const { answer } = await asked([{ status, body }]);
    const hidden = reason.replace('secret-key-of-aws', '***');
    expect(answer).toEqual({
      kind: 'error',
      message: `operation error CloudWatch: GetMetricData, https response error StatusCode: ${status}, RequestID: r-1, api error ${code}: ${hidden}`,
      ...(isOutage === true ? { isOutage } : {}),
    });
  });

  it.each([
    ['<html>', 'ends too early'],
    ['', 'ends too early'],
  ])('cannot read "%s"', async (body, text) => {
    expect((await asked([{ body }])).answer).toMatchObject({ message: expect.stringContaining(text), isOutage: true });
  });

  it('cannot be asked without a network, a region or credentials', async () => {
    const lost = await asked([new HttpError('network', 'connection refused')]);
    expect(lost.answer).toMatchObject({ isOutage: true, message: expect.stringContaining('connection refused') });
    const nowhere = await asked([], { env: {} });
    expect(nowhere.answer).toMatchObject({ message: expect.stringContaining('Missing Region') });
    const nobody = await asked([], { env: { AWS_REGION: 'r' } });
    expect(nobody.answer).toMatchObject({ message: expect.stringContaining('Cannot ask AWS') });
    const wrong = { cloudWatch: { ...provider.cloudWatch, interval: 'x' } };
    expect((await ask(cloudWatch, wrong, [], { env })).answer).toMatchObject({ message: 'time: invalid duration "x"' });
  });

  it('takes the role of its service account', async () => {
    const role = {
      AWS_REGION: 'eu-central-1',
      AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
      AWS_WEB_IDENTITY_TOKEN_FILE: '/token',
    };
    const sts: Reply = {
      body: '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>s</SessionToken><Expiration>2026-08-01T11:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>',
    };
    const { requests } = await asked([sts, page(result('a', ['1']))], { env: role, files: { '/token': 'jwt' } });
    expect(requests[0]?.body).toContain('WebIdentityToken=jwt');
    expect(requests[1]?.headers?.['authorization']).toContain('Credential=ASIA/');
  });
});
