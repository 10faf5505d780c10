/** The functions of range vectors: a series' points within a window become one number. */
import { extrapolatedChange, instantChange } from './rate.ts';
import type { Window } from './rate.ts';
import type { Point } from './series.ts';
import { greatest, least, mean, quantile, sum, variance } from './statistics.ts';

/** `undefined`: the series has no result. There is at least one point. */
export type RangeFunction = (points: readonly Point[], window: Window) => number | undefined;

const overValues =
  (reduce: (values: readonly number[]) => number): RangeFunction =>
  (points) =>
    reduce(points.map((point) => point.value));

const perSecond = (change: number | undefined, window: Window): number | undefined =>
  change === undefined ? undefined : change / ((window.end - window.start) / 1000);

export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: (points, window) => perSecond(extrapolatedChange(points, window, true), window),
  increase: (points, window) => extrapolatedChange(points, window, true),
  delta: (points, window) => extrapolatedChange(points, window, false),
  irate: (points) => instantChange(points, true),
  idelta: (points) => instantChange(points, false),
  changes: (points) => pairs(points, (before, after) => after !== before && !bothNaN(before, after)),
  resets: (points) => pairs(points, (before, after) => after < before),
  avg_over_time: overValues(mean),
  min_over_time: overValues(least),
  max_over_time: overValues(greatest),
  sum_over_time: overValues(sum),
  count_over_time: (points) => points.length,
  stddev_over_time: overValues((values) => Math.sqrt(variance(values))),
  stdvar_over_time: overValues(variance),
  last_over_time: (points) => points.at(-1)?.value,
  first_over_time: (points) => points[0]?.value,
  present_over_time: () => 1,
};

/** They pick a sample of the series, which keeps its name. */
export const keepsName: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

export const quantileOverTime = (q: number): RangeFunction => overValues((values) => quantile(q, values));

function pairs(points: readonly Point[], counts: (before: number, after: number) => boolean): number {
  let found = 0;
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before !== undefined && counts(before.value, point.value)) found++;
  });
  return found;
}

function bothNaN(a: number, b: number): boolean {
  return Number.isNaN(a) && Number.isNaN(b);
}
