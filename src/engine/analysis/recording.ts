/** Writes what was measured into the results of a run. */
import type { AnalysisMeasurement, AnalysisRunStatus, MetricResult } from '#api/analysis-run.ts';
import { rfc3339 } from '#api/time.ts';
import type { Metric } from '#api/analysis-metric.ts';
import { says } from './messages.ts';
import { holdsOnOutage } from './metric-limits.ts';
import { isCompleted } from './phases.ts';
import { lastOf, resultOf } from './next-measurements.ts';
import type { MetricTask } from './next-measurements.ts';

/** What came of a task. */
export interface Measured {
  readonly task: Pick<MetricTask, 'do'> & { readonly metric: Pick<Metric, 'name' | 'onProviderError'> };
  readonly measurement: AnalysisMeasurement;
  /** What the provider says of the metric itself, such as its resolved query. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The error is the provider's: it cannot be reached or did not answer as it should. */
  readonly outage?: boolean;
}

/** In the metadata of a measurement: since when the metric holds because its provider does not answer. */
export const heldSinceKey = 'heldSince';

/** The status with `measured` in it. Values of secrets are removed from everything that can be read. */
export function record(
  status: AnalysisRunStatus,
  measured: readonly Measured[],
  secretValues: readonly string[],
  dry: ReadonlySet<string>,
  now: number,
): AnalysisRunStatus {
  let results = [...(status.metricResults ?? [])];
  for (const one of measured) {
    const { name } = one.task.metric;
    const before = resultOf({ phase: '', metricResults: results }, name);
    // It comes too late: the metric has ended without it.
    if (isCompleted(before?.phase)) continue;
    const after = withMeasurement(before ?? newResult(name, dry.has(name)), one, secretValues, now);
    results =
      before === undefined ? [...results, after] : results.map((result) => (result === before ? after : result));
  }
  return results.length === 0 ? status : { ...status, metricResults: results };
}

/** Without zeros, as in JSON of the original. It runs from the start: a metric has a message once it is more than that. */
function newResult(name: string, dryRun: boolean): MetricResult {
  return { name, phase: 'Running', ...(dryRun ? { dryRun } : {}) };
}

function withMeasurement(
  result: MetricResult,
  measured: Measured,
  secretValues: readonly string[],
  now: number,
): MetricResult {
  const { task, metadata } = measured;
  const clean = redacted(finished(measured, result, now), secretValues);
  const earlier = result.measurements ?? [];
  const isAgain = task.do !== 'start' && earlier.length > 0;
  const known = result.metadata ?? redactedMap(metadata, secretValues);
  return counted(
    {
      ...result,
      measurements: [...(isAgain ? earlier.slice(0, -1) : earlier), clean],
      ...(known === undefined ? {} : { metadata: known }),
    },
    clean,
  );
}

/** With the times and the mark that a measurement must have. */
function finished(measured: Measured, result: MetricResult, now: number): AnalysisMeasurement {
  const { task, measurement } = measured;
  const isEnded = isCompleted(measurement.phase);
  const isStopped =
    task.do === 'terminate' && (measurement.phase === 'Successful' || measurement.phase === 'Inconclusive');
  const heldSince = heldSinceOf(measured, result, now);
  const { resumeAt, ...rest } = measurement;
  return {
    ...rest,
    ...(isEnded || resumeAt === undefined ? {} : { resumeAt }),
    startedAt: measurement.startedAt ?? rfc3339(now),
    ...(isEnded ? { finishedAt: measurement.finishedAt ?? rfc3339(now) } : {}),
    ...(isStopped ? { message: says.metricTerminated() } : {}),
    ...(heldSince === undefined ? {} : { metadata: { ...measurement.metadata, [heldSinceKey]: heldSince } }),
  };
}

/** A metric that holds does so since the first of the outages in a row. */
function heldSinceOf(measured: Measured, result: MetricResult, now: number): string | undefined {
  const { measurement, outage = false, task } = measured;
  if (!outage || measurement.phase !== 'Error' || task.metric.onProviderError !== 'hold') return undefined;
  return lastOf(result)?.metadata?.[heldSinceKey] ?? measurement.startedAt ?? rfc3339(now);
}

/** Since when the metric holds; `undefined`: it does not. */
export function heldSince(metric: Metric, result: MetricResult | undefined): string | undefined {
  return holdsOnOutage(metric) ? lastOf(result)?.metadata?.[heldSinceKey] : undefined;
}

type Counter = 'count' | 'successful' | 'failed' | 'inconclusive' | 'error' | 'consecutiveError' | 'consecutiveSuccess';

function counted(result: MetricResult, measurement: AnalysisMeasurement): MetricResult {
  const plus = (counter: Counter): number => (result[counter] ?? 0) + 1;
  switch (measurement.phase) {
    case 'Successful':
      return withCounters(result, {
        count: plus('count'),
        successful: plus('successful'),
        consecutiveSuccess: plus('consecutiveSuccess'),
        consecutiveError: 0,
      });
    case 'Failed':
      return withCounters(result, {
        count: plus('count'),
        failed: plus('failed'),
        consecutiveSuccess: 0,
        consecutiveError: 0,
      });
    case 'Inconclusive':
      return withCounters(result, {
        count: plus('count'),
        inconclusive: plus('inconclusive'),
        consecutiveSuccess: 0,
        consecutiveError: 0,
      });
    case 'Error': {
      // An outage that is waited for decides nothing, however long it lasts.
      const isHeld = measurement.metadata?.[heldSinceKey] !== undefined;
      return withCounters(result, {
        error: plus('error'),
        consecutiveError: isHeld ? (result.consecutiveError ?? 0) : plus('consecutiveError'),
        consecutiveSuccess: 0,
      });
    }
    case '':
    case 'Pending':
    case 'Running':
      return result;
  }
}

/** Zeros are left out, as the original does. */
function withCounters(result: MetricResult, counters: Partial<Record<Counter, number>>): MetricResult {
  const merged = Object.entries({ ...result, ...counters });
  const kept = merged.filter(([key, value]) => !(key in counters && value === 0));
  // The same fields as before, less optional ones.
  return Object.fromEntries(kept) as MetricResult;
}

const blank = '*****';
/** Shorter values are words of many texts: outside messages, hiding them would hide the measurement. */
const shortestHidden = 4;

function redacted(measurement: AnalysisMeasurement, secrets: readonly string[]): AnalysisMeasurement {
  const { message, value, metadata } = measurement;
  const hidden = redactedMap(metadata, secrets);
  return {
    ...measurement,
    ...(message === undefined
      ? {}
      : {
          message: without(
            message,
            secrets.filter((secret) => secret !== ''),
          ),
        }),
    ...(value === undefined ? {} : { value: without(value, longOnes(secrets)) }),
    ...(hidden === undefined ? {} : { metadata: hidden }),
  };
}

function redactedMap(
  texts: Readonly<Record<string, string>> | undefined,
  secrets: readonly string[],
): Record<string, string> | undefined {
  if (texts === undefined) return undefined;
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, without(text, longOnes(secrets))]));
}

const longOnes = (secrets: readonly string[]): string[] => secrets.filter((secret) => secret.length >= shortestHidden);

/** The longest first: a secret that begins with another one must not leave its tail behind. */
function without(text: string, secrets: readonly string[]): string {
  return secrets
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, blank), text);
}
