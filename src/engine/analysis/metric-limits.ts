/** How often a metric is measured and what it may bear, as numbers. */
import { parseDuration } from '#api/duration.ts';
import type { Metric } from '#api/analysis-metric.ts';

/** `5` and `"5"`; any other text counts as nothing, as in the original. */
export function countOf(value: number | string | undefined): number {
  if (typeof value === 'number') return value;
  return value !== undefined && /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}

/** Measurements that are wanted; `undefined`: without end. */
export function wantedCount(metric: Metric): number | undefined {
  const count = countOf(metric.count);
  if (count !== 0) return count;
  return metric.interval === undefined || metric.interval === '' ? 1 : undefined;
}

/** Failures that are borne; `undefined`: any number. */
export function failureLimit(metric: Metric): number | undefined {
  const limit = countOf(metric.failureLimit);
  return limit < 0 ? undefined : limit;
}

export const inconclusiveLimit = (metric: Metric): number => countOf(metric.inconclusiveLimit);

const defaultErrorLimit = 4;

export const consecutiveErrorLimit = (metric: Metric): number =>
  metric.consecutiveErrorLimit === undefined ? defaultErrorLimit : countOf(metric.consecutiveErrorLimit);

/** 0: off. */
export const consecutiveSuccessLimit = (metric: Metric): number => countOf(metric.consecutiveSuccessLimit);

/** After an error it is asked again sooner, or later, than its interval says: the original's pace. */
const errorGap = 10_000;

/** Milliseconds from the end of the last measurement to the next one. */
export function gapAfter(metric: Metric, isError: boolean): number {
  const interval = parseDuration(metric.interval ?? '');
  return isError || interval === undefined ? errorGap : interval;
}

/** Milliseconds before the first measurement. */
export const initialDelayOf = (metric: Metric): number | undefined => parseDuration(metric.initialDelay ?? '');

/** An outage of its provider decides nothing. */
export const holdsOnOutage = (metric: Metric): boolean => metric.onProviderError === 'hold';
