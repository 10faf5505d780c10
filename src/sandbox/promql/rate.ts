/** How much a series has changed within a window, extrapolated to the window's ends by the rules of Prometheus. */
import type { Point } from './series.ts';

export interface Window {
  /** Milliseconds; points at `start` lie outside. */
  readonly start: number;
  readonly end: number;
}

/** A sample that is further from the window's end than this many usual distances is taken for the end of the series. */
const gapLimit = 1.1;

/** The increase of a counter or the difference of a gauge over the whole window; `undefined` with fewer than two points. */
export function extrapolatedChange(points: readonly Point[], window: Window, counter: boolean): number | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const change = last.value - first.value + (counter ? lostByResets(points) : 0);
  const sampled = (last.at - first.at) / 1000;
  const usual = sampled / (points.length - 1);
  const reach = (distance: number): number => (distance >= usual * gapLimit ? usual / 2 : distance);
  let before = reach((first.at - window.start) / 1000);
  const after = reach((window.end - last.at) / 1000);
  if (counter && change > 0 && first.value >= 0) {
    // A counter was not below zero: going back in time stops where its line meets zero.
    const toZero = sampled * (first.value / change);
    if (toZero < before) before = toZero;
  }
  return change * (sampled === 0 ? 1 : (sampled + before + after) / sampled);
}

/** What a counter had counted before each of its resets. */
function lostByResets(points: readonly Point[]): number {
  let lost = 0;
  let previous = NaN;
  for (const { value } of points) {
    if (value < previous) lost += previous;
    previous = value;
  }
  return lost;
}

/** From the last two points only; per second when `perSecond`, then a counter's reset counts from zero. */
export function instantChange(points: readonly Point[], perSecond: boolean): number | undefined {
  const last = points.at(-1);
  const previous = points.at(-2);
  if (last === undefined || previous === undefined || last.at === previous.at) return undefined;
  const reset = perSecond && last.value < previous.value;
  const change = reset ? last.value : last.value - previous.value;
  return perSecond ? change / ((last.at - previous.at) / 1000) : change;
}
