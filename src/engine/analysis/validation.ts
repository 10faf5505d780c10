/** Rules that the metrics of a run must keep; the first that is broken is told. */
import { parseDuration, problemOfDuration } from '#api/duration.ts';
import type { Metric } from '#api/analysis-metric.ts';
import { consecutiveErrorLimit, consecutiveSuccessLimit, countOf, inconclusiveLimit } from './metric-limits.ts';

/** `undefined`: nothing is wrong. */
export function problemOfMetrics(metrics: readonly Metric[]): string | undefined {
  if (metrics.length === 0) return 'no metrics specified';
  const names = new Set<string>();
  for (const [at, metric] of metrics.entries()) {
    if (names.has(metric.name)) return `metrics[${at}]: duplicate name '${metric.name}'`;
    names.add(metric.name);
    const problem = problemOfMetric(metric);
    if (problem !== undefined) return `metrics[${at}]: ${problem}`;
  }
  return undefined;
}

/** The order is the original's: of several mistakes the first is told. */
export function problemOfMetric(metric: Metric): string | undefined {
  for (const check of checks) {
    const problem = check(metric);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

type Check = (metric: Metric) => string | undefined;

const limitsInRange: Check = (metric) => {
  const failures = countOf(metric.failureLimit);
  const successes = consecutiveSuccessLimit(metric);
  if (successes < 0) return 'consecutiveSuccessLimit must be >= 0';
  if (failures < -1) return 'failureLimit must be >= 0, or -1 to be disabled';
  if (successes === 0 && failures === -1) return 'failureLimit and consecutiveSuccessLimit cannot both be disabled';
  if (inconclusiveLimit(metric) < 0) return 'inconclusiveLimit must be >= 0';
  return consecutiveErrorLimit(metric) < 0 ? 'consecutiveErrorLimit must be >= 0' : undefined;
};

const countSuffices: Check = (metric) => {
  const count = countOf(metric.count);
  const failures = countOf(metric.failureLimit);
  const successes = consecutiveSuccessLimit(metric);
  if (count <= 0) return undefined;
  if (failures >= 0 && count < failures + successes) {
    return `count (${count}) must be >= failureLimit + consecutiveSuccessLimit (${failures} + ${successes}) if both >= 0`;
  }
  if (failures === -1 && count < successes) return 'count must be >= consecutiveSuccessLimit';
  return count < inconclusiveLimit(metric) ? 'count must be >= inconclusiveLimit' : undefined;
};

const intervalGiven: Check = (metric) =>
  countOf(metric.count) > 1 && (metric.interval ?? '') === '' ? 'interval must be specified when count > 1' : undefined;

const isDuration =
  (what: string, textOf: (metric: Metric) => string | undefined): Check =>
  (metric) => {
    const text = textOf(metric) ?? '';
    if (text === '' || parseDuration(text) !== undefined) return undefined;
    return `invalid ${what} string: ${problemOfDuration(text)}`;
  };

const oneProvider: Check = ({ provider }) => {
  const { plugin = {}, ...builtIn } = provider;
  const given = Object.values(builtIn).filter((settings) => settings !== undefined).length + Object.keys(plugin).length;
  if (given === 0) return 'no provider specified';
  return given > 1 ? 'multiple providers specified' : undefined;
};

const checks: readonly Check[] = [
  limitsInRange,
  countSuffices,
  intervalGiven,
  isDuration('interval', (metric) => metric.interval),
  isDuration('startDelay', (metric) => metric.initialDelay),
  oneProvider,
];

/** Whether a metric is measured without end, which an analysis that a step waits for must not be. */
export function isEndless(metric: Metric): boolean {
  return countOf(metric.count) === 0 && (metric.interval ?? '') !== '';
}
