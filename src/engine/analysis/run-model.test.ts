import { array, assert, constantFrom, integer, property, record, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '#api/analysis-metric.ts';
import { aMetric, letters, play } from './played-run.ts';

interface Script {
  readonly metric: Metric;
  /** Its answers, `G B I E`. */
  readonly answers: string;
  readonly dry: boolean;
}

const longest = 12;

const script = (name: string) =>
  record({
    count: integer({ min: 1, max: 8 }),
    failureLimit: integer({ min: -1, max: 3 }),
    inconclusiveLimit: integer({ min: 0, max: 2 }),
    consecutiveErrorLimit: integer({ min: 0, max: 2 }),
    consecutiveSuccessLimit: integer({ min: 0, max: 3 }),
    answers: array(constantFrom('G', 'G', 'B', 'I', 'E'), { minLength: longest, maxLength: longest }),
    dry: constantFrom(true, false, false),
  }).map(({ answers, dry, ...limits }): Script => {
    const failureLimit = limits.failureLimit === -1 && limits.consecutiveSuccessLimit === 0 ? 0 : limits.failureLimit;
    const least = Math.max(
      failureLimit + limits.consecutiveSuccessLimit,
      limits.consecutiveSuccessLimit,
      limits.inconclusiveLimit,
    );
    // An interval of 10 s is also the pace after errors, so that all metrics go in step.
    const metric = aMetric(name, { ...limits, failureLimit, count: Math.max(limits.count, least), interval: '10s' });
    return { metric, answers: answers.join(''), dry };
  });

const scripts = array(integer(), { minLength: 1, maxLength: 4 }).chain((list) =>
  record(Object.fromEntries(list.map((_item, at) => [`m${at}`, script(`m${at}`)]))).map((all) => Object.values(all)),
);

function played(all: readonly Script[]) {
  const dryRun = all.filter(({ dry }) => dry).map(({ metric }) => ({ metricName: `^${metric.name}$` }));
  return play(
    { metrics: all.map(({ metric }) => metric), ...(dryRun.length === 0 ? {} : { dryRun }) },
    {
      answer: (task, nth) => {
        const own = all.find(({ metric }) => metric.name === task.metric.name);
        return letters(own?.answers ?? '')[nth] ?? 'Successful';
      },
    },
  ).status;
}

/** What a metric has come to after its first `rounds` answers, written from the rules alone. */
function model({ metric, answers }: Script, rounds: number): { phase: string; text?: string } | undefined {
  const limit = (value: unknown): number => Number(value);
  const tally = { G: 0, B: 0, I: 0, E: 0, errorsInARow: 0, successesInARow: 0 };
  for (const answer of answers.slice(0, rounds)) {
    tally[answer as 'G' | 'B' | 'I' | 'E'] += 1; // there are no other letters
    tally.errorsInARow = answer === 'E' ? tally.errorsInARow + 1 : 0;
    tally.successesInARow = answer === 'G' ? tally.successesInARow + 1 : 0;
    const done = tally.G + tally.B + tally.I >= limit(metric.count);
    const wanted = limit(metric.consecutiveSuccessLimit);
    if (tally.errorsInARow > limit(metric.consecutiveErrorLimit)) return { phase: 'Error', text: 'consecutiveErrors' };
    if (tally.I > limit(metric.inconclusiveLimit)) return { phase: 'Inconclusive', text: 'inconclusive (' };
    if (limit(metric.failureLimit) >= 0 && tally.B > limit(metric.failureLimit))
      return { phase: 'Failed', text: 'failed (' };
    if (wanted > 0 && tally.successesInARow >= wanted) return { phase: 'Successful' };
    if (done && wanted > 0) return { phase: limit(metric.failureLimit) >= 0 ? 'Inconclusive' : 'Failed' };
    if (done) return tally.G === 0 ? { phase: 'Inconclusive', text: 'no successful' } : { phase: 'Successful' };
  }
  return undefined;
}

/** All metrics are measured in the same rounds; the first round with a bad one ends the run. */
function modelOfRun(all: readonly Script[]): { phase: string; text: string } | undefined {
  const rank = ['Successful', 'Inconclusive', 'Error', 'Failed'];
  for (let round = 1; round <= longest; round++) {
    const verdicts = all.map((one) => ({ dry: one.dry, verdict: model(one, round) }));
    const bad = verdicts.filter(({ dry, verdict }) => !dry && verdict !== undefined && verdict.phase !== 'Successful');
    const worst = bad
      .map(({ verdict }) => verdict)
      .toSorted((one, other) => rank.indexOf(other?.phase ?? '') - rank.indexOf(one?.phase ?? ''))[0];
    if (worst !== undefined) return { phase: worst.phase, text: worst.text ?? '' };
    if (verdicts.every(({ verdict }) => verdict !== undefined)) return { phase: 'Successful', text: '' };
  }
  return undefined;
}

describe('any run', () => {
  it('ends as a model says that was written for itself', () => {
    assert(
      property(scripts, (all) => {
        const expected = modelOfRun(all);
        const { phase, message = '' } = played(all);
        // Errors can put the end off beyond the model's answers.
        expect(expected === undefined ? undefined : phase).toBe(expected?.phase);
        expect(expected === undefined ? '' : message).toContain(expected?.text ?? '');
      }),
      { numRuns: 1000 },
    );
  });

  it('has a verdict that the order of its metrics does not change', () => {
    const permuted = scripts.chain((all) =>
      shuffledSubarray(all, { minLength: all.length }).map((shuffled) => [all, shuffled] as const),
    );
    assert(
      property(permuted, ([all, shuffled]) => {
        const [one, other] = [played(all), played(shuffled)];
        expect(other.phase).toBe(one.phase);
        expect(other.runSummary).toEqual(one.runSummary);
        expect(other.dryRunSummary).toEqual(one.dryRunSummary);
        const phases = (status: typeof one) =>
          Object.fromEntries((status.metricResults ?? []).map(({ name, phase }) => [name, phase]));
        expect(phases(other)).toEqual(phases(one));
      }),
      { numRuns: 300 },
    );
  });
});
