/** AnalysisRuns that measure with real servers: Prometheus, InfluxDB, and Jobs of a real control plane. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AnalysisRun, AnalysisRunStatus, MetricResult } from '#api/analysis-run.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import { analysisRuns, jobs } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import { type InfluxDb, startInfluxDb } from '../bed/influxdb.ts';
import { shippedRules } from '../bed/shipped-rules.ts';

vi.setConfig({ maxConcurrency: 10 });

/** Where the Secrets of the controller are. */
const controllerNamespace = 'argo-rollouts';
const namespace = 'shop';

describe.concurrent('AnalysisRuns and real servers', () => {
  let bed: Bed;
  let influx: InfluxDb;

  beforeAll(async () => {
    bed = await startBed({ traffic: true });
    await bed.applyManifest([...customResourceDefinitions, ...shippedRules('serin-deployed')]);
    await bed.createNamespace(controllerNamespace);
    await bed.createNamespace(namespace);
    influx = await startInfluxDb(bed);
    await influx.write('requests,app=web errors=2,total=100', 'requests,app=other errors=90,total=100');
    await bed.applyManifest([influxSecret('influxdb', influx.token), influxSecret('stranger', 'serin:wrong')]);
    bed.startSerin(['controller', 'argo-rollouts', '--leader-elect=false'], { user: 'serin-deployed' });
  });
  afterAll(() => bed?.stop());

  const influxSecret = (name: string, authToken: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: controllerNamespace },
    stringData: { address: influx.url, authToken, org: 'any' },
  });

  const start = (name: string, metric: object): Promise<unknown> =>
    bed.applyManifest([
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name, namespace },
        spec: { metrics: [{ name: 'm', ...metric }] },
      },
    ]);
  const statusOf = async (name: string, holds: (status: AnalysisRunStatus) => boolean): Promise<AnalysisRunStatus> => {
    const run = await bed.waitForObject(
      analysisRuns,
      { namespace, name },
      (object) => holds((object as AnalysisRun).status ?? { phase: '' }), // of an AnalysisRun
      60_000,
    );
    return (run as AnalysisRun).status ?? { phase: '' };
  };
  /** What became of the metric, and what it measured first. */
  const outcomeOf = async (name: string, metric: object): Promise<object> => {
    await start(name, metric);
    const isOver = ({ phase }: AnalysisRunStatus): boolean => !['', 'Pending', 'Running'].includes(phase);
    const { phase, metricResults = [] } = await statusOf(name, isOver);
    const [{ measurements = [], message } = {} as Partial<MetricResult>] = metricResults;
    const [first] = measurements;
    return { phase, value: first?.value, message: first?.message ?? message };
  };

  describe.concurrent('Prometheus', () => {
    const asks = (query: string, condition: string) => ({
      successCondition: condition,
      provider: { prometheus: { address: bed.prometheus?.url, query } },
    });

    it('gives a scalar and a vector', async () => {
      expect(await outcomeOf('scalar', asks('scalar(vector(0.25))', 'result < 0.5'))).toMatchObject({
        phase: 'Successful',
        value: '0.25',
      });
      expect(await outcomeOf('vector', asks('vector(3)', 'result[0] < 0.5'))).toMatchObject({
        phase: 'Failed',
        value: '[3]',
      });
    });

    it('has no data, which is neither a pass nor a fail', async () => {
      const { phase, message } = (await outcomeOf('nothing', {
        ...asks('no_such_series', 'result[0] < 0.5'),
        consecutiveErrorLimit: 0,
      })) as { phase: string; message: string };
      expect(phase).toBe('Error');
      expect(message).toMatch(/no data/i);
    });

    it('refuses a query that is none', async () => {
      const outcome = await outcomeOf('broken', { ...asks('sum(', 'true'), consecutiveErrorLimit: 0 });
      expect(outcome).toMatchObject({ phase: 'Error', message: expect.stringContaining('bad_data') });
    });
  });

  describe.concurrent('InfluxDB', () => {
    const errorsOf = (app: string): string =>
      `from(bucket: "${influx.bucket}") |> range(start: -1h) |> filter(fn: (r) => r._field == "errors" and r.app == "${app}")`;
    const asks = (query: string, profile = '') => ({
      successCondition: 'len(result) == 1 and result[0] < 10',
      consecutiveErrorLimit: 0,
      provider: { influxdb: { query, ...(profile === '' ? {} : { profile }) } },
    });

    it('gives the values of a query', async () => {
      expect(await outcomeOf('few-errors', asks(errorsOf('web')))).toMatchObject({ phase: 'Successful', value: '[2]' });
      expect(await outcomeOf('many-errors', asks(errorsOf('other')))).toMatchObject({ phase: 'Failed', value: '[90]' });
    });

    it('has no data, is asked with a wrong token, or for what it does not understand', async () => {
      expect(await outcomeOf('no-app', asks(errorsOf('none')))).toMatchObject({
        phase: 'Error',
        message: 'no results returned from flux query',
      });
      const refused = (await outcomeOf('stranger', asks(errorsOf('web'), 'stranger'))) as { message: string };
      expect(refused).toMatchObject({ phase: 'Error', message: expect.stringContaining('401') });
      expect(refused.message).not.toContain('wrong');
      expect(await outcomeOf('no-flux', asks('from('))).toMatchObject({ phase: 'Error' });
    });
  });

  describe.concurrent('Jobs', () => {
    const runs = (command: string) => ({
      provider: {
        job: {
          spec: {
            backoffLimit: 0,
            template: {
              spec: {
                restartPolicy: 'Never',
                containers: [{ name: 'check', image: 'example/check:1', command: ['sh', '-c', command] }],
              },
            },
          },
        },
      },
    });

    it('succeed and fail', async () => {
      expect(await outcomeOf('well', runs('exit 0'))).toMatchObject({ phase: 'Successful' });
      expect(await outcomeOf('unwell', runs('exit 3'))).toMatchObject({ phase: 'Failed' });
    });

    it('are gone when their run is terminated', async () => {
      await start('endless', runs('exec sleep 600'));
      await statusOf('endless', ({ metricResults = [] }) => metricResults[0]?.measurements?.[0] !== undefined);
      const ours = async (): Promise<number> =>
        (await bed.list(jobs, namespace)).filter(({ metadata }) =>
          metadata.ownerReferences?.some(({ name }) => name === 'endless'),
        ).length;
      expect(await ours()).toBe(1);
      await bed.patch(analysisRuns, { namespace, name: 'endless' }, { spec: { terminate: true } });
      await statusOf('endless', ({ phase }) => phase === 'Inconclusive');
      await bed.waitFor('the Job to be gone', async () => (await ours()) === 0);
    });
  });
});
