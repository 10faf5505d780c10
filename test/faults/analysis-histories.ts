/** What AnalysisRuns go through in the tests that kill their controller, and what may not depend on it. */
import type { AnalysisRun, MetricResult } from '#api/analysis-run.ts';
import {
  analysisWorld,
  jobMetric,
  webMetric,
  type AnalysisWorld,
  type Json,
  type StubAnswer,
} from '../conformance/analysis-world.ts';
import { compare, type Played } from './killing.ts';
import { type Begin, oneMortal } from './processes.ts';

export interface AnalysisHistory {
  readonly spec: Json;
  /** What the server says to the n-th measurement of a metric, counted from 0; the last one again and again. Default: `"ok"`. */
  readonly answers?: readonly StubAnswer[];
  /** How long the server thinks. */
  readonly after?: number;
  /** What else happens, once the run is there. */
  readonly play?: (world: AnalysisWorld) => Promise<void>;
  /** Of the Secret `login`. */
  readonly secret?: Readonly<Record<string, string>>;
  /** The run is deleted in the end. */
  readonly isDeleted?: boolean;
  /** Whether nothing is asked of the server. */
  readonly isSilent?: boolean;
}

const good: StubAnswer = { body: '"ok"' };
const bad: StubAnswer = { body: '"bad"' };
const failing: StubAnswer = { status: 500, body: 'no' };
const often = { count: 3, interval: '10s' };

export const analysisHistories: Readonly<Record<string, AnalysisHistory>> = {
  'that succeeds': { spec: { metrics: [webMetric('a', often), webMetric('b', { initialDelay: '5s' })] } },
  'that fails at its limit': {
    spec: { metrics: [webMetric('a', { ...often, count: 5, failureLimit: 1 })] },
    answers: [good, bad, good, bad, good],
  },
  'with errors in between': {
    spec: { metrics: [webMetric('a', { count: 2, interval: '20s' })] },
    answers: [failing, failing, good, failing, good],
  },
  'that bears an outage': {
    spec: {
      metrics: [webMetric('a', { count: 2, interval: '10s', consecutiveErrorLimit: 0, onProviderError: 'hold' })],
    },
    answers: [good, failing, failing, good],
  },
  'with dry metrics and few measurements kept': {
    spec: {
      metrics: [webMetric('a', { ...often, count: 4, failureLimit: 4 })],
      dryRun: [{ metricName: 'a' }],
      measurementRetention: [{ metricName: 'a', limit: 2 }],
    },
    answers: [good, bad, good, good],
  },
  'with a secret': {
    spec: {
      args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }],
      metrics: [webMetric('a', often, { headers: [{ key: 'Authorization', value: '{{args.token}}' }] })],
    },
    secret: { token: 'a-token-nobody-may-see' },
  },
  'that is terminated': {
    spec: { metrics: [webMetric('a', { interval: '10s' })] },
    after: 2_000,
    async play(world) {
      await world.until('measured twice', () => takenOf(world.status().metricResults?.[0]) === 2);
      world.edit({ terminate: true });
    },
  },
  'that cannot be measured': { spec: { metrics: [webMetric('a', { count: 3 })] }, isSilent: true },
  'that is deleted in its time': {
    spec: { metrics: [webMetric('a')], ttlStrategy: { secondsAfterCompletion: 20 } },
    isDeleted: true,
  },
  'of Jobs': {
    spec: { metrics: [jobMetric('works', 'exit 0', { count: 2, interval: '20s' })] },
    isSilent: true,
  },
  'of a Job that fails': { spec: { metrics: [jobMetric('breaks', 'exit 1'), webMetric('a')] } },
  'of a Job that is terminated': {
    spec: { metrics: [jobMetric('works', 'forever', { interval: '1h' })] },
    isSilent: true,
    async play(world) {
      await world.until('a Job', () => world.status().metricResults?.[0]?.measurements?.[0]?.phase === 'Running');
      world.edit({ terminate: true });
    },
  },
};

export const takenOf = ({ count = 0, error = 0 }: Partial<MetricResult> = {}): number => count + error;

/** Quiet time at the end: what still wants to happen, happens in it. */
const afterwards = 60_000;

export async function playAnalysis(history: AnalysisHistory, begin: Begin = oneMortal()): Promise<Played> {
  const { spec, answers = [good], after = 0, secret, isDeleted = false } = history;
  // The same measurement gets the same answer, however often it is taken.
  const stub = (_nth: number, { path }: { readonly path: string }): StubAnswer => {
    const result = world.status().metricResults?.find(({ name }) => path === `/${name}`);
    return { ...(answers[Math.min(takenOf(result), answers.length - 1)] ?? good), after };
  };
  const world: AnalysisWorld = await analysisWorld({ stub }, begin);
  try {
    if (secret !== undefined) world.secret('login', secret);
    world.start(spec);
    await history.play?.(world);
    if (isDeleted) await world.until('deleted', () => world.run() === undefined);
    else await world.ended(600);
    await world.pass(afterwards);
    return {
      end: endOf(world),
      calls: { asked: world.asked.length },
      broken: world.broken,
      first: 0,
      writes: world.writes.length,
      lastWrites: world.writes.map(({ method, path }) => `${method} ${path}`),
    };
  } finally {
    await world.stop();
  }
}

/** The verdict and what it stands on, without times. */
function endOf(world: AnalysisWorld): Played['end'] {
  const run: AnalysisRun | undefined = world.run();
  const uid = run?.metadata.uid ?? '';
  const { phase, message, runSummary, dryRunSummary, metricResults = [] } = run?.status ?? { phase: '' };
  const results = metricResults.map(({ measurements = [], ...counters }) => [
    counters.name,
    {
      ...counters,
      message: counters.message?.replaceAll(instants, 'T'),
      measurements: measurements.map((one) => `${one.phase} ${one.value} ${one.message}`),
    },
  ]);
  return {
    exists: run !== undefined,
    verdict: { phase, message: message?.replaceAll(instants, 'T'), runSummary, dryRunSummary },
    metrics: Object.fromEntries(results),
    jobs: world
      .jobs()
      .map(({ metadata }) => metadata.name.replace(uid, 'UID'))
      .toSorted(),
  };
}

const instants = /\d{4}-\d\d-\d\dT[\d:]+Z/g;

/** Ends the process in the middle of each measurement in turn; answers what then came out otherwise. */
export async function killWhileMeasuring(
  history: AnalysisHistory,
  thinks: number,
): Promise<{ kills: number; differences: string[] }> {
  const slow = { ...history, after: thinks };
  const undisturbed = await playAnalysis(slow);
  const differences = undisturbed.broken.map((problem) => `undisturbed: ${problem}`);
  const measurements = undisturbed.calls['asked'] ?? 0;
  for (let nth = 1; nth <= measurements; nth++) {
    const killed = await playAnalysis({ ...slow, play: (world) => killedIn(world, slow, nth, thinks) }).catch(
      (error: unknown) => error,
    );
    const found = killed instanceof Error ? [killed.message] : compare(undisturbed, killed as Played); // as it is no error
    differences.push(...found.map((what) => `killed in measurement ${nth}: ${what}`));
  }
  return { kills: measurements, differences };
}

async function killedIn(world: AnalysisWorld, { play }: AnalysisHistory, nth: number, thinks: number): Promise<void> {
  const played = play?.(world);
  await world.until(`asked ${nth} times`, () => world.asked.length >= nth);
  await world.pass(thinks / 2);
  world.crash([500, 4_000, 23_000][nth % 3] ?? 0);
  await played;
}
