/** Plays an AnalysisRun in tests: time jumps from one look to the next, and a function stands for the providers. */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisMeasurement, AnalysisRun, AnalysisRunSpec, AnalysisRunStatus } from '#api/analysis-run.ts';
import type { SecretAnswer } from './arguments.ts';
import type { RunEvent } from './messages.ts';
import type { MetricTask } from './next-measurements.ts';
import type { Measured } from './recording.ts';
import { armTasks, concludeRun, planRun } from './run.ts';
import type { RunOutcome } from './run.ts';

/** 2026-08-01T10:00:00Z. */
export const start = 1_785_578_400_000;

export type Answer =
  | AnalysisMeasurement['phase']
  | (Partial<AnalysisMeasurement> & Pick<AnalysisMeasurement, 'phase'> & { readonly outage?: boolean });

export interface Player {
  /** `nth`: tasks of this metric before this one. */
  readonly answer: (task: MetricTask, nth: number, now: number) => Answer;
  /** Changes the spec when the time has come. */
  readonly edit?: (spec: AnalysisRunSpec, seconds: number) => AnalysisRunSpec;
  readonly readSecret?: (ref: { name: string; key: string }) => SecretAnswer;
  /** Seconds after which the player stops looking. */
  readonly until?: number;
}

export interface Played {
  readonly status: AnalysisRunStatus;
  readonly events: readonly RunEvent[];
  /** `metric@second`, with what was done when it was not a start. */
  readonly tasks: readonly string[];
  /** Every status in turn. */
  readonly history: readonly AnalysisRunStatus[];
}

export const aMetric = (name: string, more: Partial<Metric> = {}): Metric => ({
  name,
  provider: { web: { url: 'http://stub' } },
  ...more,
});

export const aRun = (spec: AnalysisRunSpec): AnalysisRun => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'run', namespace: 'test' },
  spec,
});

const none: SecretAnswer = { ok: false, message: 'no secrets here' };
/** More rounds than any played run has: a run that never waits is a mistake. */
const mostRounds = 500;

export function play(spec: AnalysisRunSpec, player: Player): Played {
  let run = aRun(spec);
  const events: RunEvent[] = [];
  const tasks: string[] = [];
  const history: AnalysisRunStatus[] = [];
  const counts = new Map<string, number>();
  let now = start;
  for (let round = 0; round < mostRounds; round++) {
    const seconds = (now - start) / 1000;
    run = { ...run, spec: player.edit?.(run.spec, seconds) ?? run.spec };
    const outcome = playRound(run, player, now, tasks, counts);
    if (outcome === 'over' || seconds > (player.until ?? 1000))
      return { status: run.status ?? { phase: '' }, events, tasks, history };
    run = { ...run, status: outcome.status };
    events.push(...outcome.events);
    history.push(outcome.status);
    const next = Math.max(now, outcome.wakeAt ?? now + 1000);
    // An edit wakes the run, whatever it waits for.
    now = player.edit === undefined || next === now ? next : Math.min(next, now + 1000);
  }
  throw new Error(`no end after ${mostRounds} rounds: ${JSON.stringify(run.status)}`);
}

function playRound(
  run: AnalysisRun,
  player: Player,
  now: number,
  log: string[],
  counts: Map<string, number>,
): RunOutcome | 'over' {
  const plan = planRun(run, now);
  if (plan.kind === 'over') return 'over';
  if (plan.kind === 'refused') return plan.outcome;
  const armed = armTasks(run, plan.tasks, player.readSecret ?? (() => none), now);
  if (!armed.ok) return armed.outcome;
  const measured = armed.tasks.map((task): Measured => {
    const { name } = task.metric;
    const nth = counts.get(name) ?? 0;
    counts.set(name, nth + 1);
    log.push(`${name}@${(now - start) / 1000}${task.do === 'start' ? '' : ` ${task.do}`}`);
    const answer = player.answer(task, nth, now);
    if (typeof answer === 'string') return { task, measurement: { phase: answer } };
    const { outage = false, ...measurement } = answer;
    return { task, measurement: { ...task.measurement, ...measurement }, outage };
  });
  return concludeRun(run, { measured, secretValues: armed.secretValues }, now);
}

/** Answers of one metric in turn, the last one for ever. */
export const inTurn =
  (...answers: readonly Answer[]): ((task: MetricTask, nth: number) => Answer) =>
  (_task, nth) =>
    answers[Math.min(nth, answers.length - 1)] ?? 'Successful';

/** `G B I E`: good, bad, inconclusive, error. */
export function letters(text: string): readonly AnalysisMeasurement['phase'][] {
  const phases = { G: 'Successful', B: 'Failed', I: 'Inconclusive', E: 'Error' } as const;
  return Array.from(text).map((letter) => phases[letter as keyof typeof phases]); // the tests write no other letters
}
