import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricProvider } from '#api/analysis-metric.ts';
import type { Http } from '#runtime/http.ts';
import { depsOf } from './asked-provider.ts';
import { analysisProviders, findAnalysisProvider, pluginOf } from './providers.ts';

const address = 'https://metrics.example';
const scope = { scope: 's', region: 'r', step: 60 };
const accounts = { metricsAccountName: 'm', configurationAccountName: 'c', storageAccountName: 's' };
const settings: Readonly<Record<string, MetricProvider>> = {
  cloudWatch: { cloudWatch: { metricDataQueries: [{ id: 'a' }] } },
  datadog: { datadog: { apiVersion: 'v1', interval: '5m', requestTimeout: '1s', query: 'q' } },
  'datadog v2': { datadog: { apiVersion: 'v2', interval: '5m', requestTimeout: '1s', query: 'q' } },
  graphite: { graphite: { address, query: 'target=a' } },
  influxdb: { influxdb: { query: 'q' } },
  kayenta: {
    kayenta: {
      address,
      application: 'a',
      canaryConfigName: 'c',
      ...accounts,
      threshold: { pass: 90, marginal: 75 },
      scopes: [{ name: 'default', controlScope: scope, experimentScope: scope }],
    },
  },
  newRelic: { newRelic: { query: 'q' } },
  prometheus: { prometheus: { address, query: 'up' } },
  skywalking: { skywalking: { address, query: 'q', interval: '5m' } },
  wavefront: { wavefront: { address: 'metrics.example', query: 'q' } },
  web: { web: { url: address, jsonPath: '{..[?(@.a==1)]}' } },
};
const deps = (http: Http) =>
  depsOf(http, {
    env: { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    secrets: {
      datadog: { 'api-key': 'a', 'app-key': 'b' },
      influxdb: { address, authToken: 't', org: 'o' },
      newrelic: { 'personal-api-key': 'k', 'account-id': '1' },
      'wavefront-api-tokens': { 'metrics.example': 't' },
    },
  });

/** Keys that real answers have, so that nonsense comes in their places. */
const keys =
  'data result resultType series pointlist attributes columns values type errors error actor account nrql results timeseries datapoints complete score judgeResult id name status warnings message a';
const key = fc.constantFrom(...keys.split(' '));
const word = fc.constantFrom('vector', 'matrix', 'scalar', 'success', 'error', 'number', 'group', 'NaN', '1', 'c', '');
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(word, fc.double(), fc.boolean(), fc.constant(null), fc.string()),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(key, tie('json'), { maxKeys: 5 }),
  ),
}));
const body = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.string(),
  fc.constant(`<a>${'x'.repeat(30_000)}</a>`),
);

describe('every provider of analyses', () => {
  it.each(Object.entries(settings))('%s answers, whatever its server says', async (_name, provider) => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(200, 200, 200, 204, 302, 400, 403, 404, 500), body, async (status, text) => {
        const metric = { name: 'm', interval: '5m', provider };
        const http: Http = { send: async () => ({ status, statusText: '', headers: {}, body: text }) };
        const run = { apiVersion: 'x', kind: 'AnalysisRun', metadata: { name: 'r', namespace: 'n' } };
        const request = { metric, run, taken: 0, signal: new AbortController().signal };
        const measurement = { phase: 'Running', metadata: { canaryExecutionId: 'e' } } as const;
        const made = findAnalysisProvider(metric)?.(deps(http));
        for (const answer of [await made?.start(request), await made?.resume?.({ ...request, measurement })]) {
          if (answer === undefined) continue;
          const { message = '', text: shown = '' } = answer as { message?: string; text?: string }; // of those kinds that have them
          expect(message.length).toBeLessThan(2_100);
          expect(shown.length).toBeLessThan(5_100);
          // The words of a programming error are no message.
          expect(message).not.toMatch(/undefined|is not a function|Cannot read properties|call stack/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is found by its key', () => {
    for (const [name, make] of Object.entries(analysisProviders)) {
      // The key alone is looked at.
      const provider = { [name]: {} } as unknown as MetricProvider;
      expect(findAnalysisProvider({ name: 'm', provider })).toBe(make);
    }
    expect(findAnalysisProvider({ name: 'm', provider: {} })).toBeUndefined();
    expect(pluginOf({ name: 'm', provider: { plugin: { 'owner/name': {} } } })).toBe('owner/name');
  });
});
