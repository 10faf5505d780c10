/** Whether a measurement lets the run go on: limits for values, the user's wish for everything that is not a value. */
import type { CanaryMetric } from '#api/canary-analysis.ts';
import { formatDuration } from '#api/duration.ts';
import type { Measured, MetricSource } from './effects.ts';
import type { Names } from './names.ts';

export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'hold';
  /** What the value was held against, such as `min 99, max 100`. */
  readonly limit?: string;
  /** Why, in the words of the event that a failure raises. */
  readonly reason: string;
  /** What the metric server said, where it gave no value. */
  readonly detail?: string;
  /** The failure is an error of the set-up, not a breach. */
  readonly isError: boolean;
}

/** What a metric measures, which decides units, texts and the sense of a bare `threshold`. */
type Meaning = 'success-rate' | 'duration' | 'custom';

/** The verdict on one answer. */
export function judge(metric: CanaryMetric, source: MetricSource, measured: Measured, names: Names): Verdict {
  const meaning = meaningOf(metric, source);
  const limit = limitText(limitsOf(metric, meaning), meaning);
  if (measured.kind === 'value') return { ...judgeValue(metric, meaning, measured.value, names), ...limit };
  const missing = measured.kind === 'no-data' || measured.kind === 'nan';
  const wish = missing ? metric.onNoData : measured.kind === 'provider-error' ? metric.onProviderError : undefined;
  const reason = measured.event ?? unansweredText(metric, source, meaning, measured, names);
  return { verdict: wish ?? 'fail', reason, detail: measured.message, isError: !missing, ...limit };
}

function meaningOf(metric: CanaryMetric, source: MetricSource): Meaning {
  if (source !== 'builtin') return 'custom';
  return metric.name === 'request-success-rate' ? 'success-rate' : 'duration';
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

/** `thresholdRange` wins over `threshold`, which is a minimum for success rates and a maximum for all else; durations count whole milliseconds. */
function limitsOf(metric: CanaryMetric, meaning: Meaning): Limits {
  const bare = metric.threshold ?? 0;
  const given = metric.thresholdRange ?? (meaning === 'success-rate' ? { min: bare } : { max: bare });
  if (meaning !== 'duration') return given;
  return {
    ...(given.min === undefined ? {} : { min: Math.trunc(given.min) }),
    ...(given.max === undefined ? {} : { max: Math.trunc(given.max) }),
  };
}

function limitText({ min, max }: Limits, meaning: Meaning): { limit?: string } {
  const unit = meaning === 'duration' ? 'ms' : '';
  const parts = [
    ...(min === undefined ? [] : [`min ${shortest(min)}${unit}`]),
    ...(max === undefined ? [] : [`max ${shortest(max)}${unit}`]),
  ];
  return parts.length === 0 ? {} : { limit: parts.join(', ') };
}

function judgeValue(metric: CanaryMetric, meaning: Meaning, value: number, names: Names): Omit<Verdict, 'limit'> {
  const { min, max } = limitsOf(metric, meaning);
  // Strict comparisons: a value at its limit passes, and so does a NaN that a provider gives as a value.
  const breach =
    min !== undefined && value < min
      ? (['<', min] as const)
      : max !== undefined && value > max
        ? (['>', max] as const)
        : undefined;
  if (breach === undefined)
    return { verdict: 'pass', reason: `${describeValue(meaning, metric, value)} is within its limits`, isError: false };
  const [sign, bound] = breach;
  const text = `${describeValue(meaning, metric, value)} ${sign} ${describeBound(meaning, bound)}`;
  return { verdict: 'fail', reason: `Halt ${names.canary}.${names.namespace} advancement ${text}`, isError: false };
}

function describeValue(meaning: Meaning, metric: CanaryMetric, value: number): string {
  switch (meaning) {
    case 'success-rate':
      return `success rate ${fixed(value)}%`;
    case 'duration':
      return `request duration ${formatDuration(value)}`;
    case 'custom':
      return `${metric.name} ${fixed(value)}`;
  }
}

function describeBound(meaning: Meaning, bound: number): string {
  if (meaning === 'duration') return formatDuration(bound);
  return meaning === 'success-rate' ? `${shortest(bound)}%` : shortest(bound);
}

function unansweredText(
  metric: CanaryMetric,
  source: MetricSource,
  meaning: Meaning,
  measured: Measured & { readonly message: string },
  names: Names,
): string {
  const missing = measured.kind === 'no-data' || measured.kind === 'nan';
  if (source === 'builtin') {
    if (!missing) return `Prometheus query failed: ${measured.message}`;
    const detail = meaning === 'success-rate' ? `: ${measured.message}` : '';
    return `Halt advancement no values found for ${measured.provider ?? 'prometheus'} metric ${metric.name} probably ${names.target}.${names.namespace} is not receiving traffic${detail}`;
  }
  if (source === 'inline') {
    return missing
      ? `Halt advancement no values found for metric: ${metric.name}`
      : `Prometheus query failed for ${metric.name}: ${measured.message}`;
  }
  return missing
    ? `Halt advancement no values found for custom metric: ${metric.name}: ${measured.message}`
    : `Metric query failed for ${metric.name}: ${measured.message}`;
}

/** Two decimals, as Go's `%.2f` prints them. */
function fixed(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return value.toFixed(2);
}

/** The shortest decimal text, as Go's `%v` prints thresholds. */
function shortest(value: number): string {
  return String(value);
}
