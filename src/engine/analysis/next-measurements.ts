/** Which metrics are to be measured now, and when to look again. */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisMeasurement, AnalysisRun, AnalysisRunStatus, MetricResult } from '#api/analysis-run.ts';
import { parseTime } from '#api/time.ts';
import { gapAfter, initialDelayOf, wantedCount } from './metric-limits.ts';
import { isBad, isCompleted } from './phases.ts';

export interface MetricTask {
  readonly do: 'start' | 'resume' | 'terminate';
  /** Its placeholders are filled, with secrets once the task is to be carried out. */
  readonly metric: Metric;
  /** What is resumed or terminated. */
  readonly measurement?: AnalysisMeasurement;
  /** Measurements of the metric so far, errors included: what names a Job. */
  readonly taken: number;
}

/** Whether the run stops: it was asked to, or a metric that counts has ended badly, even one that is no longer in the spec. */
export function isTerminating(run: AnalysisRun, dry: ReadonlySet<string>): boolean {
  if (run.spec.terminate === true) return true;
  return (run.status?.metricResults ?? []).some(({ name, phase }) => isBad(phase) && !dry.has(name));
}

export function resultOf(status: AnalysisRunStatus | undefined, metric: string): MetricResult | undefined {
  return status?.metricResults?.find(({ name }) => name === metric);
}

export const lastOf = (result: MetricResult | undefined): AnalysisMeasurement | undefined =>
  result?.measurements?.at(-1);

/** What a round has to do, with `now` in milliseconds since the epoch. */
export function dueTasks(
  metrics: readonly Metric[],
  status: AnalysisRunStatus | undefined,
  terminating: boolean,
  now: number,
): MetricTask[] {
  return metrics.flatMap((metric): MetricTask[] => {
    const result = resultOf(status, metric.name);
    const action = actionFor(metric, result, status?.startedAt, terminating, now);
    if (action === 'wait') return [];
    const taken = (result?.count ?? 0) + (result?.error ?? 0);
    const measurement = lastOf(result);
    if (action === 'start' || measurement === undefined) return [{ do: 'start', metric, taken }];
    return [{ do: action, metric, measurement, taken }];
  });
}

function actionFor(
  metric: Metric,
  result: MetricResult | undefined,
  startedAt: string | undefined,
  terminating: boolean,
  now: number,
): MetricTask['do'] | 'wait' {
  const last = lastOf(result);
  if (result !== undefined && isCompleted(result.phase)) return 'wait';
  if (last !== undefined && !isCompleted(last.phase)) {
    if (terminating) return 'terminate';
    return last.resumeAt !== undefined && timeOf(last.resumeAt) > now ? 'wait' : 'resume';
  }
  if (terminating) return 'wait';
  const due = dueAt(metric, result, startedAt);
  return due !== undefined && due <= now ? 'start' : 'wait';
}

/** When the next measurement of a metric without one under way is due; `undefined`: there is none, or none that is known yet. */
function dueAt(metric: Metric, result: MetricResult | undefined, startedAt: string | undefined): number | undefined {
  const last = lastOf(result);
  if (last === undefined) {
    const delay = initialDelayOf(metric);
    if (delay === undefined) return Number.NEGATIVE_INFINITY;
    // The delay counts from the start, which the first pass sets.
    return startedAt === undefined ? undefined : timeOf(startedAt) + delay;
  }
  const wanted = wantedCount(metric);
  if (wanted !== undefined && (result?.count ?? 0) >= wanted) return undefined;
  return timeOf(last.finishedAt) + gapAfter(metric, last.phase === 'Error');
}

/** A time that nobody wrote, or that cannot be read, has passed. */
function timeOf(text: string | undefined): number {
  const time = parseTime(text ?? '');
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

/** The earliest moment at which something is due; the past means at once. */
export function nextLook(metrics: readonly Metric[], status: AnalysisRunStatus): number | undefined {
  const times = metrics.flatMap((metric) => {
    const result = resultOf(status, metric.name);
    if (result !== undefined && isCompleted(result.phase)) return [];
    const last = lastOf(result);
    if (last !== undefined && !isCompleted(last.phase))
      return last.resumeAt === undefined ? [] : [timeOf(last.resumeAt)];
    const due = dueAt(metric, result, status.startedAt);
    return due === undefined ? [] : [due];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}
