import { describe, expect, it } from 'vitest';
import type { KayentaQuery } from '#api/analysis-metric.ts';
import { analysisProviderContract, contractOrigin } from './analysis-provider-contract.ts';
import { ask, askedAt, depsOf, type Reply } from './asked-provider.ts';
import { kayenta } from './kayenta.ts';
import type { MeasurementRequest } from './provider.ts';

const scope = { scope: 'web', region: 'eu', step: 60 };
const query: KayentaQuery = {
  address: `${contractOrigin}/`,
  application: 'guestbook',
  canaryConfigName: 'my-config',
  metricsAccountName: 'm&1',
  configurationAccountName: 'c',
  storageAccountName: 's',
  threshold: { pass: 90, marginal: 75 },
  scopes: [{ name: 'default', controlScope: scope, experimentScope: { ...scope, scope: 'canary' } }],
};
const configs = { body: '[{"id":"no","name":"other"},{"id":"c1","name":"my-config"}]' };
const begun = { body: '{"canaryExecutionId":"e1"}' };
const measurement = {
  phase: 'Running',
  startedAt: '2026-08-01T10:00:00Z',
  metadata: { canaryExecutionId: 'e1' },
} as const;
const scored = (score: unknown): Reply => ({
  body: JSON.stringify({ complete: true, result: { judgeResult: { score: { score } } } }),
});
const error = (message: string) => ({ kind: 'error', message });

analysisProviderContract({
  name: 'Kayenta (start)',
  make: kayenta,
  provider: { kayenta: query },
  secrets: [],
  value: {
    reply: (path) => (path.startsWith('/canaryConfig') ? configs : begun),
    answer: { kind: 'running', metadata: { canaryExecutionId: 'e1' }, resumeAt: askedAt + 15_000 } as object,
  },
  empty: { reply: { body: '[]' }, answer: error('Canary config not found') },
  badQuery: { reply: { status: 404, body: '' }, answer: error('Invalid Response: HTTP 404') },
  recorded: {
    got: {
      body: '[{"applications":["guestbook"],"id":"4a1f-9c","name":"my-config","updatedTimestamp":1564083252000,"updatedTimestampIso":"2019-07-25T19:34:12Z"}]',
    },
    posted: { body: '{"canaryExecutionId":"01DS50WVHAWSTAQACJKB1VKDQB"}' },
    answer: { kind: 'running', metadata: { canaryExecutionId: '01DS50WVHAWSTAQACJKB1VKDQB' } } as object,
  },
});

analysisProviderContract({
  name: 'Kayenta (resume)',
  make: kayenta,
  provider: { kayenta: query },
  measurement,
  secrets: [],
  value: { reply: scored(95.9), answer: { kind: 'verdict', phase: 'Successful', text: '95' } },
  empty: { reply: { body: '{"complete":true}' }, answer: error('Missing Score') },
  badQuery: { reply: { status: 404, body: '' }, answer: error('Invalid Response') },
  recorded: {
    got: {
      body: '{"application":"guestbook","pipelineId":"01DS","stageStatus":{"judge":"succeeded"},"complete":true,"status":"succeeded","result":{"judgeResult":{"judgeName":"NetflixACAJudge-v1.0","results":[],"score":{"score":50.0,"classification":"Fail","classificationReason":""}},"canaryDuration":"PT1H"}}',
    },
    answer: { kind: 'verdict', phase: 'Failed', text: '50' },
  },
});

const asked = (more: Partial<KayentaQuery> = {}) => ask(kayenta, { kayenta: { ...query, ...more } }, [configs, begun]);

describe('Kayenta', () => {
  const lookback = { lookback: true };

  it('is told what to compare', async () => {
    const { requests } = await asked(lookback);
    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: `${contractOrigin}/canaryConfig?application=guestbook&configurationAccountName=s`,
        timeout: 15_000,
      },
      {
        method: 'POST',
        url: `${contractOrigin}/canary/c1?application=guestbook&metricsAccountName=m%261&configurationAccountName=c&storageAccountName=s`,
        headers: { 'Content-Type': 'application/json' },
      },
    ]);
    const window = { location: 'eu', step: 60, start: '2026-08-01T10:00:00Z', end: '2026-08-01T10:00:00Z' };
    expect(JSON.parse(requests[1]?.body ?? '')).toEqual({
      scopes: {
        default: { controlScope: { scope: 'web', ...window }, experimentScope: { scope: 'canary', ...window } },
      },
      thresholds: { pass: 90, marginal: 75 },
    });
  });

  const windowOf = async (
    metric: { interval?: string },
    more: Partial<KayentaQuery>,
    run: object,
  ): Promise<unknown> => {
    let sent = '';
    const http = {
      send: async ({ body = '' }: { body?: string }) => {
        sent = body;
        return { status: 200, statusText: '', headers: {}, body: body === '' ? configs.body : begun.body };
      },
    };
    const request: MeasurementRequest = {
      metric: { name: 'm', ...metric, provider: { kayenta: { ...query, ...more } } },
      run: {
        apiVersion: 'x',
        kind: 'AnalysisRun',
        metadata: { name: 'r', creationTimestamp: '2026-08-01T09:59:00Z' },
        ...run,
      },
      taken: 0,
      signal: new AbortController().signal,
    };
    await kayenta(depsOf(http)).start(request);
    const { scopes } = JSON.parse(sent) as { scopes: { default: { controlScope: unknown } } }; // as it was sent
    return scopes.default.controlScope;
  };

  it('looks at the last interval, at the time since the run began, or at times that are given', async () => {
    expect(await windowOf({ interval: '10m' }, {}, {})).toMatchObject({ start: '2026-08-01T09:50:00Z' });
    const status = { status: { startedAt: '2026-08-01T09:59:30Z' } };
    expect(await windowOf({}, lookback, status)).toMatchObject({ start: '2026-08-01T09:59:30Z' });
    expect(await windowOf({}, lookback, {})).toMatchObject({ start: '2026-08-01T09:59:00Z' });
    const given = { ...scope, start: 'a', end: 'b' };
    const scopes = [{ name: 'default', controlScope: given, experimentScope: given }];
    expect(await windowOf({}, { scopes }, {})).toMatchObject({ start: 'a', end: 'b' });
  });

  it.each<[string, Partial<KayentaQuery>, string]>([
    ['no interval', {}, 'Invalid duration "": time: invalid duration ""'],
    [
      'half a window',
      { scopes: [{ name: 'x', controlScope: { ...scope, end: 'x' }, experimentScope: scope }] },
      'controlScope.end and experimentScope.end must both be set or be empty',
    ],
    ['an unknown configuration', { canaryConfigName: 'none' }, 'Canary config not found'],
    ['an address that is none', { address: 'kayenta' }, 'Cannot ask Kayenta: "kayenta" is no URL'],
  ])('refuses %s', async (_name, more, message) => {
    expect((await asked(more)).answer).toEqual(error(message));
  });

  it('needs the id of what it has begun', async () => {
    const { answer } = await ask(kayenta, { kayenta: { ...query, ...lookback } }, [configs, { body: '{}' }]);
    expect(answer).toMatchObject(error('Invalid canaryExecutionId'));
    const refused = await ask(kayenta, { kayenta: { ...query, ...lookback } }, [configs, { status: 500, body: '' }]);
    expect(refused.answer).toEqual({ ...error('Invalid Response'), isOutage: true });
  });

  it.each<[string, Reply, object]>([
    ['not over', { body: '{"complete":false}' }, { kind: 'running', metadata: {}, resumeAt: askedAt + 15_000 }],
    ['nothing', { body: '{}' }, error('Missing Complete Status')],
    ['well', scored(90), { phase: 'Successful', text: '90' }],
    ['middling', scored(89.9), { phase: 'Inconclusive', text: '89' }],
    ['ill', scored(74.9), { phase: 'Failed', text: '74' }],
    ['no score', scored(null), error('Missing Score')],
  ])('says that it is %s', async (_name, { body }, expected) => {
    const http = { send: async () => ({ status: 200, statusText: '', headers: {}, body }) };
    const request: MeasurementRequest = {
      metric: { name: 'm', provider: { kayenta: query } },
      run: { apiVersion: 'x', kind: 'AnalysisRun', metadata: { name: 'r' } },
      taken: 0,
      signal: new AbortController().signal,
      measurement,
    };
    expect(await kayenta(depsOf(http)).resume?.(request)).toMatchObject(expected);
  });
});
