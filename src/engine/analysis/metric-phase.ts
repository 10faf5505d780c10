/** The phase of one metric, from what was measured. */
import type { Metric } from '#api/analysis-metric.ts';
import type { AnalysisPhase, MetricResult } from '#api/analysis-run.ts';
import { says } from './messages.ts';
import {
  consecutiveErrorLimit,
  consecutiveSuccessLimit,
  failureLimit,
  inconclusiveLimit,
  wantedCount,
} from './metric-limits.ts';
import { lastOf } from './next-measurements.ts';
import { isCompleted } from './phases.ts';

export interface MetricVerdict {
  readonly phase: AnalysisPhase;
  /** The limit that was exceeded. */
  readonly reason?: string;
  /** It took all its measurements, and none of them was a success. */
  readonly withoutSuccess?: true;
}

export function judgeMetric(metric: Metric, result: MetricResult, terminating: boolean): MetricVerdict {
  const exceeded = exceededLimit(metric, result);
  if (isCompleted(result.phase)) {
    // What has ended stays as it is, also when the spec has changed.
    if (exceeded?.phase === result.phase) return exceeded;
    return {
      phase: result.phase,
      ...(isWithoutSuccess(metric, result) && result.phase === 'Inconclusive' ? { withoutSuccess: true } : {}),
    };
  }
  const last = lastOf(result);
  if (last === undefined) return { phase: terminating ? 'Successful' : 'Pending' };
  if (!isCompleted(last.phase)) return { phase: 'Running' };
  return exceeded ?? judgeWithinLimits(metric, result, terminating);
}

function judgeWithinLimits(metric: Metric, result: MetricResult, terminating: boolean): MetricVerdict {
  const successes = consecutiveSuccessLimit(metric);
  if (successes > 0 && (result.consecutiveSuccess ?? 0) >= successes) return { phase: 'Successful' };
  if (isCountReached(metric, result)) {
    if (successes > 0) return { phase: failureLimit(metric) === undefined ? 'Failed' : 'Inconclusive' };
    return isWithoutSuccess(metric, result) ? { phase: 'Inconclusive', withoutSuccess: true } : { phase: 'Successful' };
  }
  return { phase: terminating ? 'Successful' : 'Running' };
}

function isCountReached(metric: Metric, result: MetricResult): boolean {
  const wanted = wantedCount(metric);
  return wanted !== undefined && (result.count ?? 0) >= wanted;
}

/** Not the original's: nothing that was measured supports a success. */
function isWithoutSuccess(metric: Metric, result: MetricResult): boolean {
  const isByCount = consecutiveSuccessLimit(metric) === 0 && isCountReached(metric, result);
  return isByCount && (result.count ?? 0) > 0 && (result.successful ?? 0) === 0;
}

/** Of several limits the last one here decides. */
function exceededLimit(metric: Metric, result: MetricResult): (MetricVerdict & { reason: string }) | undefined {
  const { failed = 0, inconclusive = 0, consecutiveError = 0 } = result;
  if (consecutiveError > consecutiveErrorLimit(metric)) {
    return { phase: 'Error', reason: says.errorLimit(consecutiveError, consecutiveErrorLimit(metric)) };
  }
  if (inconclusive > inconclusiveLimit(metric)) {
    return { phase: 'Inconclusive', reason: says.inconclusiveLimit(inconclusive, inconclusiveLimit(metric)) };
  }
  const borne = failureLimit(metric);
  return borne !== undefined && failed > borne
    ? { phase: 'Failed', reason: says.failedLimit(failed, borne) }
    : undefined;
}
