/** Every provider of analyses, misconfigured in every field: refused at admission by name, or ended with a reason; nothing else suffers. */
import { afterEach, describe, expect, it } from 'vitest';
import type { StructuralSchema } from '#api/crd.ts';
import { type AnalysisWorld, analysisWorld, webMetric } from './analysis-world.ts';
import { type BadValue, badValues, fieldOf, schemaOf, withValue } from './bad-values.ts';

type Json = Readonly<Record<string, unknown>>;

const server = 'http://stub.sandbox';
const scope = {
  scope: 'app',
  region: 'here',
  step: 60,
  start: '2026-01-01T00:00:00Z',
  end: '2026-01-01T01:00:00Z',
};
/** Each as far right as it can be without credentials. */
const providers: Readonly<Record<string, Json>> = {
  prometheus: { address: server, query: 'up' },
  web: { url: server },
  graphite: { address: server, query: 'up' },
  influxdb: { query: 'up' },
  skywalking: { address: server, query: 'up' },
  wavefront: { address: 'stub.sandbox', query: 'up' },
  newRelic: { query: 'up' },
  datadog: { query: 'up' },
  cloudWatch: { metricDataQueries: [{ id: 'up', expression: 'up' }] },
  kayenta: {
    address: server,
    application: 'app',
    canaryConfigName: 'config',
    metricsAccountName: 'metrics',
    configurationAccountName: 'configuration',
    storageAccountName: 'storage',
    threshold: { pass: 90, marginal: 50 },
    scopes: [{ name: 'default', controlScope: scope, experimentScope: scope }],
  },
  job: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } } },
};
const crd = 'analysisruns.argoproj.io';
const schemaOfProvider = (name: string): StructuralSchema => schemaOf(crd, ['metrics', 0, 'provider', name]);

let world: AnalysisWorld | undefined;
afterEach(() => world?.stop());

const metricWith = (name: string, provider: unknown): Json => ({
  name: 'm',
  successCondition: 'true',
  consecutiveErrorLimit: 0,
  provider: { [name]: provider },
});

/** Of the right type, and without any sense. */
function senseless(schema: StructuralSchema, path: BadValue['path'] = []): BadValue[] {
  const { type, properties = {}, items } = schema;
  // The API server knows all that these may be.
  if (schema['enum'] !== undefined) return [];
  if (type === 'string') return ['', '%zz no {{ such', '\u0000'].map((value) => ({ path, value }));
  if (type === 'integer' || type === 'number') return [-1, 2 ** 31].map((value) => ({ path, value }));
  if (items !== undefined) return [{ path, value: [] }, ...senseless(items, [...path, 0])];
  return Object.entries(properties).flatMap(([name, member]) => senseless(member, [...path, name]));
}

describe.each(Object.entries(providers))('%s', (name, provider) => {
  it('is refused by name with values that its fields cannot have', async () => {
    const there = (world = await analysisWorld());
    const schema = schemaOfProvider(name);
    const silent: string[] = [];
    for (const { path, value } of badValues(schema, [])) {
      const field = fieldOf(['spec', 'metrics', 0, 'provider', name, ...path]);
      const metric = metricWith(name, withValue(schema, provider, path, value));
      const refusal = await there.refused({ metrics: [metric] });
      if (refusal?.includes(field) !== true) silent.push(`${field} ${JSON.stringify(value)}: ${refusal}`);
    }
    expect(silent).toEqual([]);
  });

  it('ends with a reason when what its fields say has no sense, and nothing else suffers', async () => {
    const there = (world = await analysisWorld());
    const schema = schemaOfProvider(name);
    // What a pod is made of is the API server's to judge.
    const values = name === 'job' ? [] : senseless(schema);
    values.forEach(({ path, value }, index) =>
      there.start({ metrics: [metricWith(name, withValue(schema, provider, path, value))] }, `run-${index}`),
    );
    there.start({ metrics: [webMetric('ok')] }, 'sound');
    await there.pass(120_000);
    const bad = values.flatMap(({ path, value }, index) => {
      const { phase, message = '', metricResults = [] } = there.status(`run-${index}`);
      const told = `${message} ${metricResults[0]?.measurements?.at(-1)?.message ?? ''}`;
      const isTold = phase === 'Successful' || (phase === 'Error' && told.trim() !== '');
      const isOurs = /TypeError|Cannot read prop|is not a function|undefined|\[object/.test(told);
      return isTold && !isOurs ? [] : [`${fieldOf(path)} ${JSON.stringify(value)}: ${phase} ${told}`];
    });
    expect(bad).toEqual([]);
    expect(there.status('sound')).toMatchObject({ phase: 'Successful' });
    expect(there.broken).toEqual([]);
  });
});
