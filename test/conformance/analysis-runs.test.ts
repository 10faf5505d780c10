import { afterEach, describe, expect, it } from 'vitest';
import {
  analysisWorld,
  inTurn,
  isStatusWrite,
  jobMetric,
  webMetric,
  type AnalysisFixture,
  type AnalysisWorld,
} from './analysis-world.ts';

const worlds: AnalysisWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) {
    await world.stop();
    if (world.broken.length > 0) throw new Error(world.broken.join('\n'));
  }
});

async function worldOf(fixture: AnalysisFixture = {}): Promise<AnalysisWorld> {
  const world = await analysisWorld(fixture);
  worlds.push(world);
  return world;
}

const statusWrites = ({ writes }: AnalysisWorld): number => writes.filter(isStatusWrite).length;

describe('an AnalysisRun alone', () => {
  it('[analysis-1] takes a single shot', async () => {
    const world = await worldOf();
    world.start({ metrics: [webMetric('m')] });
    await world.ended(2);
    expect(world.status()).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: {},
      startedAt: expect.any(String),
      completedAt: expect.any(String),
      metricResults: [{ name: 'm', measurements: [{ value: '"ok"', phase: 'Successful' }] }],
    });
    await world.pass(2_000);
    expect(world.events().toSorted()).toEqual([
      'AnalysisRunSuccessful: Analysis Completed. Result: Successful',
      "MetricSuccessful: Metric 'm' Completed. Result: Successful",
    ]);
  });

  it('[analysis-2] ends at its failure limit, and asks no more', async () => {
    const world = await worldOf({ stub: inTurn('ok', 'bad') });
    world.start({ metrics: [webMetric('m', { count: 5, interval: '2s', failureLimit: 1 })] });
    await world.ended(6);
    expect(world.status()).toMatchObject({
      phase: 'Failed',
      message: 'Metric "m" assessed Failed due to failed (2) > failureLimit (1)',
      metricResults: [{ count: 3, failed: 2, successful: 1 }],
    });
    await world.pass(20_000);
    expect(world.asked).toHaveLength(3);
  });

  it('[analysis-4] [analysis-5] tries again ten seconds after an error', async () => {
    const healed = await worldOf({ stub: inTurn(500, 500, 500, 500, 'ok') });
    healed.start({ metrics: [webMetric('m', { count: 1, interval: '60s' })] });
    await healed.ended(60);
    expect(healed.asked.map(Math.round)).toEqual([0, 10, 20, 30, 40]);
    expect(healed.status()).toMatchObject({
      phase: 'Successful',
      metricResults: [
        { error: 4, count: 1, measurements: [{ message: 'received non 2xx response code: 500' }, {}, {}, {}, {}] },
      ],
    });
    const broken = await worldOf({ stub: inTurn(500) });
    broken.start({ metrics: [webMetric('m')] });
    await broken.ended(60);
    expect(broken.status()).toMatchObject({
      phase: 'Error',
      message:
        'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: received non 2xx response code: 500"',
    });
    expect(broken.asked.map(Math.round)).toEqual([0, 10, 20, 30, 40]);
  });

  it('[analysis-3] bears as many failures as it may', async () => {
    const world = await worldOf({ stub: inTurn('bad', 'ok') });
    world.start({ metrics: [webMetric('m', { count: 5, interval: '2s', failureLimit: 1 })] });
    await world.ended(15);
    expect(world.status()).toMatchObject({
      phase: 'Successful',
      metricResults: [{ failed: 1, successful: 4, count: 5 }],
    });
    expect(world.status().message ?? '').toBe('');
  });

  it('[analysis-10] waits for the initial delay of each metric', async () => {
    const world = await worldOf();
    world.start({ metrics: [webMetric('late', { initialDelay: '10s' }), webMetric('early')] });
    await world.pass(1_000);
    expect(world.status()).toMatchObject({ phase: 'Running', metricResults: [{ name: 'early' }] });
    await world.ended(12);
    expect(world.asked[1]).toBeGreaterThanOrEqual(10);
    expect(world.asked[1]).toBeLessThanOrEqual(11);
    expect(world.status().phase).toBe('Successful');
  });

  it('[analysis-14] lets dry metrics decide nothing', async () => {
    const world = await worldOf({ stub: (_nth, { path }) => ({ body: path === '/prod' ? '"ok"' : '"bad"' }) });
    world.start({ metrics: [webMetric('test-1'), webMetric('prod')], dryRun: [{ metricName: 'test.*' }] });
    await world.ended(5);
    expect(world.status()).toMatchObject({
      phase: 'Successful',
      dryRunSummary: { count: 1, failed: 1 },
      runSummary: { count: 1, successful: 1 },
    });
    expect(world.status().metricResults?.find(({ name }) => name === 'test-1')).toMatchObject({
      phase: 'Failed',
      dryRun: true,
      message: 'Metric assessed Failed due to failed (1) > failureLimit (0)',
    });
  });

  it('[analysis-16] keeps the newest measurements, and counts all', async () => {
    const world = await worldOf();
    const metrics = ['a', 'b'].map((name) => webMetric(name, { count: 15, interval: '1s' }));
    world.start({ metrics, measurementRetention: [{ metricName: 'b', limit: 2 }] });
    await world.ended(60);
    const shown = world.status().metricResults?.map(({ measurements, count }) => [measurements?.length, count]);
    expect(shown).toEqual([
      [10, 15],
      [2, 15],
    ]);
  });

  it('[analysis-11] stops the others when one fails', async () => {
    const world = await worldOf({ stub: (_nth, { path }) => ({ body: path === '/b' ? '"bad"' : '"ok"' }) });
    world.start({ metrics: [webMetric('a', { interval: '1s' }), webMetric('b')] });
    await world.ended(3);
    expect(world.status()).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('"b"'),
      metricResults: [
        { name: 'a', phase: 'Successful' },
        { name: 'b', phase: 'Failed' },
      ],
    });
  });

  it('[analysis-12] [analysis-13] ends when it is terminated', async () => {
    const early = await worldOf();
    early.start({ metrics: [webMetric('m', { initialDelay: '1h' })] });
    await early.pass(2_000);
    early.edit({ terminate: true });
    await early.ended(2);
    expect(early.status()).toMatchObject({ phase: 'Successful', message: expect.stringContaining('Run Terminated') });
    expect(early.asked).toEqual([]);
    const endless = await worldOf();
    endless.start({ metrics: [webMetric('m', { interval: '1s' })] });
    await endless.pass(4_500);
    endless.edit({ terminate: true });
    await endless.ended(2);
    const asked = endless.asked.length;
    await endless.pass(10_000);
    expect(endless.status()).toMatchObject({ phase: 'Successful', message: expect.stringContaining('Run Terminated') });
    expect(endless.asked).toHaveLength(asked);
  });

  it('[analysis-17] measures once after a restart, when it is due', async () => {
    const world = await worldOf();
    world.start({ metrics: [webMetric('m', { interval: '10s' })] });
    await world.pass(3_000);
    world.crash(17_000);
    await world.pass(30_000);
    expect(world.asked.map(Math.round)).toEqual([0, 20, 30]);
  });

  it('[analysis-18] is deleted when its time has come, without anybody looking', async () => {
    const world = await worldOf({ stub: (_nth, { path }) => ({ body: path === '/good' ? '"ok"' : '"bad"' }) });
    const ttlStrategy = { secondsAfterSuccess: 5, secondsAfterCompletion: 3600 };
    world.start({ metrics: [webMetric('good')], ttlStrategy }, 'good');
    world.start({ metrics: [webMetric('poor')], ttlStrategy }, 'poor');
    await world.pass(4_900);
    expect(world.run('good')).toBeDefined();
    await world.pass(4_000);
    expect(world.run('good')).toBeUndefined();
    expect(world.status('poor').phase).toBe('Failed');
    await world.pass(3_700_000);
    expect(world.run('poor')).toBeUndefined();
  });

  it('[analysis-19] says what is wrong with it', async () => {
    const world = await worldOf();
    world.start({ metrics: [webMetric('m', { count: 3 })] });
    await world.ended(2);
    expect(world.status()).toMatchObject({
      phase: 'Error',
      message: 'Analysis spec invalid: metrics[0]: interval must be specified when count > 1',
    });
    expect(world.asked).toEqual([]);
  });
});

describe('a round of measurements', () => {
  it('is one write of the status, however many metrics it has', async () => {
    const world = await worldOf();
    const metrics = ['a', 'b', 'c'].map((name) => webMetric(name, { interval: '10s', count: 5 }));
    world.start({ metrics });
    await world.ended(60);
    expect(world.asked).toHaveLength(15);
    expect(statusWrites(world)).toBeLessThanOrEqual(5);
  });

  it('writes nothing where nothing is due', async () => {
    const world = await worldOf();
    world.start({ metrics: [webMetric('m', { interval: '1h' })] });
    await world.pass(10_000);
    const before = world.writes.length;
    await world.pass(3_000_000);
    expect(world.writes).toHaveLength(before);
  });

  it('counts once what was measured while the run was edited', async () => {
    const world = await worldOf({ stub: () => ({ body: '"ok"', after: 3_000 }) });
    world.start({ metrics: [webMetric('m', { interval: '10s', count: 3 })] });
    for (const seconds of [1, 10, 12]) {
      await world.pass(seconds * 1_000);
      world.edit({ measurementRetention: [{ metricName: 'm', limit: 10 + seconds }] });
    }
    await world.ended(60);
    expect(world.status()).toMatchObject({ phase: 'Successful', metricResults: [{ count: 3, successful: 3 }] });
    expect(world.asked).toHaveLength(3);
    expect(world.status().metricResults?.[0]?.measurements).toHaveLength(3);
  });

  it('keeps what was measured when the run is terminated meanwhile', async () => {
    const world = await worldOf({ stub: () => ({ body: '"bad"', after: 3_000 }) });
    world.start({ metrics: [webMetric('m', { interval: '10s', count: 3 })] });
    await world.pass(1_000);
    world.edit({ terminate: true });
    await world.ended(10);
    expect(world.status()).toMatchObject({ phase: 'Failed', metricResults: [{ count: 1, failed: 1 }] });
    expect(world.asked).toHaveLength(1);
  });

  it('of a run that is deleted meanwhile is forgotten', async () => {
    const world = await worldOf({ stub: () => ({ body: '"ok"', after: 3_000 }) });
    world.start({ metrics: [webMetric('m')], ttlStrategy: { secondsAfterCompletion: 0 } });
    await world.pass(30_000);
    expect(world.run()).toBeUndefined();
    expect(world.asked).toHaveLength(1);
  });

  it('is not taken up again while a slow provider has not answered', async () => {
    const world = await worldOf({ stub: () => ({ body: '"ok"', after: 9_000 }) });
    const metrics = ['a', 'b'].map((name) => webMetric(name, { interval: '1s' }));
    for (let number = 0; number < 20; number++) world.start({ metrics }, `run-${number}`);
    await world.pass(95_000);
    // One request a metric at a time: no more than the runs have metrics, whatever the interval.
    expect(world.mostAtOnce()).toBe(40);
    expect(world.asked.length).toBeLessThanOrEqual(40 * 11);
    expect(world.status('run-7').metricResults?.[0]?.count).toBeGreaterThanOrEqual(9);
  });
});

describe('what the world does to a measurement', () => {
  it('bears an answer of 100 MB', async () => {
    const world = await worldOf({ stub: (nth) => ({ body: nth === 1 ? 'x'.repeat(100_000_000) : '"ok"' }) });
    world.start({ metrics: [webMetric('m')] });
    await world.ended(20);
    expect(world.status().phase).toBe('Successful');
    const [measurement] = world.status().metricResults?.[0]?.measurements ?? [];
    expect(measurement).toMatchObject({ phase: 'Error', message: expect.stringContaining('longer than') });
    expect(JSON.stringify(world.run()).length).toBeLessThan(10_000);
  });

  it('is clear about a server that is not there, and one that never answers', async () => {
    const world = await worldOf({ stub: () => ({ after: 3_600_000 }) });
    world.start({ metrics: [webMetric('m', { consecutiveErrorLimit: 0 })] }, 'silent');
    const url = 'http://nowhere.sandbox/';
    world.start({ metrics: [webMetric('m', { consecutiveErrorLimit: 0, provider: { web: { url } } })] }, 'absent');
    await world.ended(30, 'silent');
    await world.ended(30, 'absent');
    expect(world.status('silent').message).toMatch(/deadline exceeded|No answer/);
    expect(world.status('absent').message).toContain('nowhere.sandbox');
  });

  it('names a provider that nobody knows, and a plugin that is not there', async () => {
    const world = await worldOf();
    const limit = { consecutiveErrorLimit: 0 };
    world.start({ metrics: [{ name: 'm', ...limit, provider: { plugin: { 'owner/name': { a: 1 } } } }] }, 'plugin');
    world.start({ metrics: [{ name: 'm', ...limit, provider: {} }] }, 'nobody');
    await world.ended(5, 'plugin');
    await world.ended(5, 'nobody');
    expect(world.status('plugin').message).toContain('plugin owner/name not configured in configmap');
    expect(world.status('nobody').phase).toBe('Error');
  });
});

describe('Secrets', () => {
  const token = 'a-token-nobody-may-see';
  const spec = (web: object = {}) => ({
    args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }],
    metrics: [
      webMetric(
        'm',
        { consecutiveErrorLimit: 0, successCondition: 'result.said == "ok"' },
        { headers: [{ key: 'Authorization', value: 'Bearer {{args.token}}' }], ...web },
      ),
    ],
  });

  it('[analysis-22] are read when they are needed, sent, and never shown', async () => {
    const seen: string[] = [];
    const world = await worldOf({
      stub: (_nth, { headers }) => {
        seen.push(headers['authorization'] ?? '');
        return { body: JSON.stringify({ you: headers['authorization'], said: 'ok' }) };
      },
    });
    world.secret('login', { token });
    world.start(spec());
    await world.ended(5);
    expect(seen).toEqual([`Bearer ${token}`]);
    expect(world.everything()).not.toContain(token);
    expect(world.everything()).toContain('***');
    expect(world.logged.join('\n')).not.toContain(token);
  });

  it('[analysis-22] are stars where the server repeats them', async () => {
    const world = await worldOf({
      stub: (_nth, { body }) => {
        const query = new URLSearchParams(body).get('query') ?? '';
        return { status: 400, body: JSON.stringify({ status: 'error', errorType: 'bad_data', error: `no ${query}` }) };
      },
    });
    world.secret('login', { token });
    const prometheus = { address: 'http://stub.sandbox', query: 'x{token="{{args.token}}"}' };
    world.start({ ...spec(), metrics: [{ name: 'm', consecutiveErrorLimit: 0, provider: { prometheus } }] });
    await world.ended(5);
    expect(world.status().metricResults?.[0]).toMatchObject({
      metadata: { ResolvedPrometheusQuery: 'x{token="*****"}' },
      measurements: [{ phase: 'Error', message: 'bad_data: no x{token="*****"}' }],
    });
    expect(world.everything()).not.toContain(token);
  });

  it('[analysis-22] that are missing end the run, and say which', async () => {
    const world = await worldOf();
    world.start(spec());
    await world.pass(30_000);
    expect(JSON.stringify(world.status())).toContain(String.raw`secrets \"login\" not found`);
    expect(world.status().phase).toBe('Error');
    expect(world.asked).toEqual([]);
  });

  it('are hidden in what a server says when it refuses', async () => {
    const world = await worldOf();
    world.secret('login', { token });
    world.start(spec({ url: `http://nowhere.sandbox/?token={{args.token}}` }));
    await world.ended(5);
    expect(world.status().phase).toBe('Error');
    expect(world.everything()).not.toContain(token);
  });
});

describe('Jobs', () => {
  it('[analysis-29] decide by how they end', async () => {
    const world = await worldOf();
    world.start({ metrics: [jobMetric('works', 'exit 0')] }, 'good');
    world.start({ metrics: [jobMetric('breaks', 'exit 1')] }, 'poor');
    await world.ended(30, 'good');
    await world.ended(30, 'poor');
    expect(world.status('good').phase).toBe('Successful');
    expect(world.status('poor').phase).toBe('Failed');
    const uid = world.run('good')?.metadata.uid;
    expect(world.jobs().find(({ metadata }) => metadata.name === `${uid}.works.1`)?.metadata).toMatchObject({
      labels: { 'analysisrun.argoproj.io/uid': uid },
      annotations: {
        'analysisrun.argoproj.io/name': 'good',
        'analysisrun.argoproj.io/namespace': 'default',
        'analysisrun.argoproj.io/metric-name': 'works',
      },
      ownerReferences: [{ kind: 'AnalysisRun', name: 'good', controller: true }],
    });
  });

  it('are made once a measurement, and looked at when they end', async () => {
    const world = await worldOf();
    world.start({ metrics: [jobMetric('works', 'exit 0', { count: 3, interval: '20s' })] });
    await world.ended(120);
    expect(world.status()).toMatchObject({ phase: 'Successful', metricResults: [{ count: 3, successful: 3 }] });
    const uid = world.run()?.metadata.uid;
    expect(world.jobs().map(({ metadata }) => metadata.name)).toEqual([1, 2, 3].map((nth) => `${uid}.works.${nth}`));
  });

  it('are not looked at all the time', async () => {
    const world = await worldOf();
    world.start({ metrics: [jobMetric('works', 'forever')] });
    await world.pass(900);
    expect(world.reads.filter((path) => path.includes('/jobs/')).length).toBeLessThanOrEqual(4);
  });

  it('that are under way are deleted when the run is terminated', async () => {
    const world = await worldOf();
    world.start({ metrics: [jobMetric('works', 'forever', { interval: '1h' })] });
    await world.until('a Job', () => world.jobs().length === 1, 10);
    await world.pass(100_000);
    world.edit({ terminate: true });
    await world.ended(30);
    expect(world.status().phase).toBe('Inconclusive');
    await world.pass(60_000);
    expect(world.jobs()).toEqual([]);
  });
});
