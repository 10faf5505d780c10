/**
 * What an AnalysisRun needs next, and what its measurements mean. A controller asks `planRun` what to measure, measures, and hands
 * everything that has come back to `concludeRun`, whose status it writes once.
 */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisRun, AnalysisRunStatus } from '#api/analysis-run.ts';
import { rfc3339 } from '#api/time.ts';
import { resolveMetrics, secretsOf, withoutSecrets } from './arguments.ts';
import type { SecretAnswer, SecretRef } from './arguments.ts';
import { events, says } from './messages.ts';
import type { RunEvent } from './messages.ts';
import { matchRules, retentionOf } from './metric-rules.ts';
import type { MatchedRules } from './metric-rules.ts';
import { dueTasks, isTerminating, lastOf, nextLook, resultOf } from './next-measurements.ts';
import type { MetricTask } from './next-measurements.ts';
import { isCompleted } from './phases.ts';
import { record } from './recording.ts';
import type { Measured } from './recording.ts';
import { judgeRun } from './run-phase.ts';
import type { JudgedRun } from './run-phase.ts';
import { problemOfMetrics } from './validation.ts';

export interface RunOutcome {
  /** To be written if it differs. */
  readonly status: AnalysisRunStatus;
  /** To be told once the status is written. */
  readonly events: readonly RunEvent[];
  /** When to plan again, in milliseconds since the epoch; the past means at once. Absent: when something comes back, or the run is written. */
  readonly wakeAt?: number;
  /** Metrics whose oldest measurements were dropped: what they left behind may go, down to `keep`. */
  readonly trimmed: readonly { readonly metric: Metric; readonly keep: number }[];
}

export type RunPlan =
  /** The run has ended: nothing is done any more. */
  | { readonly kind: 'over' }
  /** The run cannot be measured, and ends. */
  | { readonly kind: 'refused'; readonly outcome: RunOutcome }
  /** Without tasks there may still be a status to conclude: that the run has begun. */
  | {
      readonly kind: 'measure';
      readonly tasks: readonly MetricTask[];
      /** Secrets to read before anything is measured; of a run that begins also when nothing is due yet. */
      readonly secrets: readonly SecretRef[];
    };

/** `now`: milliseconds since the epoch. */
export function planRun(run: AnalysisRun, now: number): RunPlan {
  if (isCompleted(run.status?.phase)) return { kind: 'over' };
  const read = readSpec(run);
  if (!read.ok) return { kind: 'refused', outcome: refuse(run, read.message, now) };
  const terminating = isTerminating(run, read.rules.dry);
  const tasks = dueTasks(read.metrics, run.status, terminating, now);
  return { kind: 'measure', tasks, secrets: needsSecrets(run, tasks) ? secretsOf(run.spec.args ?? []) : [] };
}

/** Later rounds in which nothing is measured do without them. */
function needsSecrets(run: AnalysisRun, tasks: readonly MetricTask[]): boolean {
  return tasks.length > 0 || run.status?.startedAt === undefined;
}

export type ArmedTasks =
  | {
      readonly ok: true;
      readonly tasks: readonly MetricTask[];
      /** To be kept out of everything that is written or logged. */
      readonly secretValues: readonly string[];
    }
  /** A Secret cannot be read: the run ends. */
  | { readonly ok: false; readonly outcome: RunOutcome };

/** The tasks with the values of secrets in them. */
export function armTasks(
  run: AnalysisRun,
  tasks: readonly MetricTask[],
  readSecret: (ref: SecretRef) => SecretAnswer,
  now: number,
): ArmedTasks {
  if (!needsSecrets(run, tasks)) return { ok: true, tasks, secretValues: [] };
  const { metrics, args = [] } = run.spec;
  const resolved = resolveMetrics(metrics, args, readSecret);
  if (!resolved.ok) return { ok: false, outcome: refuse(run, says.unresolved(resolved.message), now) };
  const byName = new Map(resolved.metrics.map((metric) => [metric.name, metric]));
  return {
    ok: true,
    tasks: tasks.map((task) => ({ ...task, metric: byName.get(task.metric.name) ?? task.metric })),
    secretValues: resolved.secretValues,
  };
}

export interface Findings {
  readonly measured: readonly Measured[];
  readonly secretValues?: readonly string[];
}

/** The status after a round: what was measured is in it, and what it means. Also without measurements. */
export function concludeRun(run: AnalysisRun, findings: Findings, now: number): RunOutcome {
  const read = readSpec(run);
  if (!read.ok) return refuse(run, read.message, now);
  const { metrics, rules } = read;
  const { measured, secretValues = [] } = findings;
  const before: AnalysisRunStatus = { ...run.status, phase: run.status?.phase ?? '' };
  const recorded = record(before, measured, secretValues, rules.dry, now);
  const begun = { ...run, status: { ...recorded, startedAt: before.startedAt ?? rfc3339(now) } };
  const stopped = new Set(measured.filter(({ task }) => task.do === 'terminate').map(({ task }) => task.metric.name));
  const judged = judge(begun, read, isLeftRunning(recorded, metrics, stopped));
  const { status, trimmed } = trim(judged.status, metrics, rules.retention);
  if (isCompleted(status.phase)) {
    const ended = { ...status, completedAt: status.completedAt ?? rfc3339(now) };
    return { status: ended, events: [...judged.events, events.runEnded(status.phase)], trimmed };
  }
  const wakeAt = isTerminating({ ...run, status }, rules.dry) ? now : nextLook(metrics, status);
  return { status, events: judged.events, trimmed, ...(wakeAt === undefined ? {} : { wakeAt }) };
}

type ReadSpec =
  | { readonly ok: true; readonly metrics: readonly Metric[]; readonly rules: Extract<MatchedRules, { ok: true }> }
  | { readonly ok: false; readonly message: string };

/** Placeholders filled, with a text for secrets, and every rule of the spec looked at. */
function readSpec({ spec }: AnalysisRun): ReadSpec {
  const resolved = resolveMetrics(spec.metrics, spec.args ?? [], withoutSecrets);
  if (!resolved.ok) return { ok: false, message: says.unresolved(resolved.message) };
  const problem = problemOfMetrics(resolved.metrics);
  if (problem !== undefined) return { ok: false, message: says.invalid(problem) };
  const names = resolved.metrics.map(({ name }) => name);
  const rules = matchRules(spec, names);
  return rules.ok
    ? { ok: true, metrics: resolved.metrics, rules }
    : { ok: false, message: says.invalid(rules.message) };
}

function refuse(run: AnalysisRun, message: string, now: number): RunOutcome {
  const status = { ...run.status, phase: 'Error' as const, message, completedAt: rfc3339(now) };
  return { status, events: [events.runEnded('Error')], trimmed: [] };
}

/** Whether a measurement goes on outside this process, such as a Job, that a run which ends must stop first. */
function isLeftRunning(status: AnalysisRunStatus, metrics: readonly Metric[], stopped: ReadonlySet<string>): boolean {
  return metrics.some(({ name }) => {
    const last = lastOf(resultOf(status, name));
    return last !== undefined && !isCompleted(last.phase) && !stopped.has(name);
  });
}

/** A run that turns out to end is ended in the same round, unless there are measurements to stop. */
function judge(run: AnalysisRun, read: Extract<ReadSpec, { ok: true }>, mustWait: boolean): JudgedRun {
  const { metrics, rules } = read;
  const terminating = isTerminating(run, rules.dry);
  const first = judgeRun(run, metrics, rules.dry, terminating && !mustWait);
  const next = { ...run, status: first.status };
  if (terminating || mustWait || isCompleted(first.status.phase) || !isTerminating(next, rules.dry)) return first;
  const second = judgeRun(next, metrics, rules.dry, true);
  return { status: second.status, events: [...first.events, ...second.events] };
}

/** Each metric keeps its newest measurements. Counters are never cut. */
function trim(
  status: AnalysisRunStatus,
  metrics: readonly Metric[],
  retention: ReadonlyMap<string, number>,
): { status: AnalysisRunStatus; trimmed: RunOutcome['trimmed'] } {
  const trimmed: { metric: Metric; keep: number }[] = [];
  const results = (status.metricResults ?? []).map((result) => {
    const metric = metrics.find(({ name }) => name === result.name);
    const keep = retentionOf(retention, result.name);
    const { measurements = [] } = result;
    if (metric === undefined || measurements.length <= keep) return result;
    trimmed.push({ metric, keep });
    return { ...result, measurements: measurements.slice(-keep) };
  });
  return { status: results.length === 0 ? status : { ...status, metricResults: results }, trimmed };
}
