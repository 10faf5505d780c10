/** The phase and message of a run, from the phases of its metrics. */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisPhase, AnalysisRun, AnalysisRunStatus, MetricResult, RunSummary } from '#api/analysis-run.ts';
import { events, says } from './messages.ts';
import type { RunEvent } from './messages.ts';
import { judgeMetric } from './metric-phase.ts';
import type { MetricVerdict } from './metric-phase.ts';
import { lastOf, resultOf } from './next-measurements.ts';
import { isCompleted, isWorse } from './phases.ts';
import { heldSince } from './recording.ts';

export interface JudgedRun {
  /** Results and summaries are new; phase and message are what the run has come to. */
  readonly status: AnalysisRunStatus;
  readonly events: readonly RunEvent[];
}

interface Tally {
  results: readonly MetricResult[];
  readonly events: RunEvent[];
  readonly summary: Record<keyof RunSummary, number>;
  readonly drySummary: Record<keyof RunSummary, number>;
  worst: AnalysisPhase | undefined;
  message: string;
  allCompleted: boolean;
  /** Why it waits for a provider that does not answer. */
  holding: string;
}

/** `run` as it is with what was measured. `terminating`: nothing more is measured, and nothing is waited for. */
export function judgeRun(
  run: AnalysisRun,
  metrics: readonly Metric[],
  dry: ReadonlySet<string>,
  terminating: boolean,
): JudgedRun {
  const status: AnalysisRunStatus = run.status ?? { phase: '' };
  const tally: Tally = {
    results: status.metricResults ?? [],
    events: [],
    summary: emptySummary(),
    drySummary: emptySummary(),
    worst: undefined,
    message: '',
    allCompleted: metrics.length > 0,
    holding: '',
  };
  for (const metric of metrics) addMetric(tally, metric, dry.has(metric.name), terminating);
  const { phase, message } = verdictOf(tally, run, terminating);
  const { message: _old, ...rest } = status;
  const isTerminated = terminating && message === says.runTerminated();
  return {
    status: {
      ...rest,
      phase,
      ...(message === '' ? {} : { message }),
      ...(isTerminated ? { evidence: evidenceOf(tally.results, dry) } : {}),
      ...(tally.results.length === 0 ? {} : { metricResults: tally.results }),
      runSummary: withoutZeros(tally.summary),
      dryRunSummary: withoutZeros(tally.drySummary),
    },
    events: tally.events,
  };
}

function addMetric(tally: Tally, metric: Metric, isDry: boolean, terminating: boolean): void {
  const summary = isDry ? tally.drySummary : tally.summary;
  summary.count += 1;
  const before = resultOf({ phase: '', metricResults: tally.results }, metric.name);
  if (before === undefined) {
    tally.allCompleted = false;
    return;
  }
  const verdict = judgeMetric(metric, before, terminating);
  let result = withPhase(before, verdict.phase);
  if (isCompleted(verdict.phase)) {
    if (verdict.phase !== before.phase) tally.events.push(events.metricEnded(metric.name, verdict.phase));
    summary[bucketOf(verdict.phase)] += 1;
    if (isDry) {
      tally.worst ??= 'Successful';
      result = withDryMessage(result, verdict);
    } else addVerdict(tally, metric.name, verdict, result.message ?? '');
  } else {
    tally.allCompleted = false;
    const since = heldSince(metric, result);
    if (since !== undefined && !isDry)
      tally.holding ||= says.holding(metric.name, since, lastOf(result)?.message ?? '');
  }
  tally.results = tally.results.map((one) => (one === before ? result : one));
}

function withPhase(result: MetricResult, phase: AnalysisPhase): MetricResult {
  if (phase === result.phase) return result;
  const { message: _old, ...rest } = result;
  const message = lastOf(result)?.message ?? '';
  return { ...rest, phase, ...(message === '' ? {} : { message }) };
}

function withDryMessage(result: MetricResult, verdict: MetricVerdict): MetricResult {
  if (verdict.reason !== undefined) return { ...result, message: says.assessedDry(verdict.phase, verdict.reason) };
  return verdict.withoutSuccess === true ? { ...result, message: says.withoutSuccessDry() } : result;
}

/** Of equally bad metrics the first keeps the message. */
function addVerdict(tally: Tally, metric: string, verdict: MetricVerdict, detail: string): void {
  if (tally.worst !== undefined && !isWorse(verdict.phase, tally.worst)) return;
  tally.worst = verdict.phase;
  if (verdict.reason !== undefined) tally.message = says.assessed(metric, verdict.phase, verdict.reason, detail);
  else if (verdict.withoutSuccess === true) tally.message = says.withoutSuccess(metric);
}

function verdictOf(tally: Tally, run: AnalysisRun, terminating: boolean): { phase: AnalysisPhase; message: string } {
  const { worst = 'Successful', message } = tally;
  if (terminating) {
    const said = message === '' && run.spec.terminate === true ? says.runTerminated() : message;
    return { phase: worst, message: said };
  }
  if (!tally.allCompleted) return { phase: 'Running', message: tally.holding };
  return { phase: worst, message };
}

/** A run that is terminated within its limits is successful: this tells on what grounds. */
function evidenceOf(results: readonly MetricResult[], dry: ReadonlySet<string>): string {
  const counting = results.filter(({ name }) => !dry.has(name));
  const sum = (of: (result: MetricResult) => number): number =>
    counting.reduce((total, result) => total + of(result), 0);
  return says.evidence(
    sum(({ successful = 0 }) => successful),
    sum(({ count = 0, error = 0 }) => count + error),
  );
}

function bucketOf(phase: AnalysisPhase): keyof RunSummary {
  if (phase === 'Failed') return 'failed';
  if (phase === 'Error') return 'error';
  return phase === 'Inconclusive' ? 'inconclusive' : 'successful';
}

const emptySummary = (): Record<keyof RunSummary, number> => ({
  count: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  error: 0,
});

function withoutZeros(summary: Readonly<Record<keyof RunSummary, number>>): RunSummary {
  return Object.fromEntries(Object.entries(summary).filter(([, count]) => count > 0));
}
