/** Evaluates PromQL at an instant, as Prometheus 3 does: the intervals of ranges and look-back are open on the left. What it does not know is an error, never a number. */
import { isSetOp } from '#metrics/promql/ast.ts';
import type { Aggregation, Binary, Call, Expr, Matcher, MatrixSelector, Shift, Subquery } from '#metrics/promql/ast.ts';
import { typeOf } from '#metrics/promql/type-check.ts';
import { aggregate } from './aggregation.ts';
import { scalarOperation, setOperation, vectorScalar, vectorVector } from './binary-operators.ts';
import { refuseDuplicates } from './duplicates.ts';
import { EvaluationError } from './evaluation-error.ts';
import { argumentsOf, instantFunctions } from './instant-functions.ts';
import type { Argument } from './instant-functions.ts';
import { keepsName, quantileOverTime, rangeFunctions } from './range-functions.ts';
import type { RangeFunction } from './range-functions.ts';
import type { Window } from './rate.ts';
import { firstAfter, labelKey, pointsWithin, withoutName } from './series.ts';
import type { Labels, Point, Sample, Series, SeriesSource } from './series.ts';

export interface EvaluationOptions {
  /** How old a sample may be, ms. Default 5 minutes. */
  readonly lookback?: number;
  /** Step of subqueries that give none, ms. Default 1 minute. */
  readonly interval?: number;
  /** What `start()` and `end()` mean; default: the instant of the evaluation. */
  readonly start?: number;
  readonly end?: number;
}

/** What is the same throughout one evaluation. */
interface Setting extends Required<EvaluationOptions> {
  readonly source: SeriesSource;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly samples: readonly Sample[] }
  | { readonly type: 'matrix'; readonly series: readonly Series[] };

/** `at` in milliseconds. Throws `EvaluationError`. */
export function evaluate(expr: Expr, source: SeriesSource, at: number, options: EvaluationOptions = {}): Value {
  const setting = { lookback: 300_000, interval: 60_000, start: at, end: at, ...options, source };
  const type = typeOf(expr);
  if (type === 'string') return { type, value: expr.kind === 'string' ? expr.value : '' };
  if (type === 'scalar') return { type, value: numberOf(expr, at, setting) };
  if (type === 'matrix') return { type, series: matrixOf(expr, at, setting).series };
  return { type, samples: vectorOf(expr, at, setting) };
}

function numberOf(expr: Expr, at: number, setting: Setting): number {
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'negation') return -numberOf(expr.expr, at, setting);
  if (expr.kind === 'binary') {
    return scalarOperation(expr.op, numberOf(expr.left, at, setting), numberOf(expr.right, at, setting));
  }
  if (expr.kind === 'call' && expr.name === 'time') return at / 1000;
  if (expr.kind === 'call' && expr.name === 'scalar') {
    const samples = expr.args[0] === undefined ? [] : vectorOf(expr.args[0], at, setting);
    return samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN;
  }
  throw unsupported(expr);
}

function vectorOf(expr: Expr, at: number, setting: Setting): readonly Sample[] {
  if (expr.kind === 'vector-selector') {
    return latest(expr, at, setting).map(({ labels, point }) => ({ labels, value: point.value }));
  }
  const samples = calculated(expr, at, setting);
  refuseDuplicates(samples);
  return samples;
}

function calculated(expr: Expr, at: number, setting: Setting): readonly Sample[] {
  if (expr.kind === 'aggregation') return aggregation(expr, at, setting);
  if (expr.kind === 'binary') return binary(expr, at, setting);
  if (expr.kind === 'call') return call(expr, at, setting);
  if (expr.kind !== 'negation') throw unsupported(expr);
  return vectorOf(expr.expr, at, setting).map(({ labels, value }) => ({ labels: withoutName(labels), value: -value }));
}

function argumentOf(expr: Expr, at: number, setting: Setting): Argument {
  if (expr.kind === 'string') return expr.value;
  return typeOf(expr) === 'scalar' ? numberOf(expr, at, setting) : vectorOf(expr, at, setting);
}

function aggregation({ op, grouping, expr, param }: Aggregation, at: number, setting: Setting): Sample[] {
  const value = param === undefined ? NaN : argumentOf(param, at, setting);
  return aggregate(op, grouping, vectorOf(expr, at, setting), typeof value === 'object' ? NaN : value);
}

function binary({ op, left, right, bool, matching }: Binary, at: number, setting: Setting): Sample[] {
  if (typeOf(left) === 'scalar') {
    const how = { bool, scalarFirst: true };
    return vectorScalar(op, vectorOf(right, at, setting), numberOf(left, at, setting), how);
  }
  const samples = vectorOf(left, at, setting);
  if (typeOf(right) === 'scalar') {
    return vectorScalar(op, samples, numberOf(right, at, setting), { bool, scalarFirst: false });
  }
  const others = vectorOf(right, at, setting);
  return isSetOp(op)
    ? setOperation(op, samples, others, matching)
    : vectorVector(op, samples, others, { bool, matching });
}

function call(expr: Call, at: number, setting: Setting): readonly Sample[] {
  const { name, args } = expr;
  const [first, second] = args;
  if (first === undefined) throw unsupported(expr);
  if (name === 'absent') return vectorOf(first, at, setting).length > 0 ? [] : [absence(first)];
  if (name === 'absent_over_time') return matrixOf(first, at, setting).series.length > 0 ? [] : [absence(first)];
  if (name === 'timestamp') return timestamps(first, at, setting);
  if (name === 'quantile_over_time' && second !== undefined) {
    return overRange(name, quantileOverTime(numberOf(first, at, setting)), second, at, setting);
  }
  const range = rangeFunctions[name];
  if (range !== undefined) return overRange(name, range, first, at, setting);
  const instant = instantFunctions[name];
  if (instant === undefined) throw unsupported(expr);
  return instant(
    argumentsOf(
      name,
      args.map((arg) => argumentOf(arg, at, setting)),
    ),
  );
}

function overRange(name: string, calculate: RangeFunction, expr: Expr, at: number, setting: Setting): Sample[] {
  const { series, window } = matrixOf(expr, at, setting);
  return series.flatMap(({ labels, points }) => {
    const value = calculate(points, window);
    return value === undefined ? [] : [{ labels: keepsName.has(name) ? labels : withoutName(labels), value }];
  });
}

/** Of the samples themselves when a selector is asked directly, else of the evaluation. */
function timestamps(expr: Expr, at: number, setting: Setting): Sample[] {
  if (expr.kind !== 'vector-selector') {
    return vectorOf(expr, at, setting).map(({ labels }) => ({ labels: withoutName(labels), value: at / 1000 }));
  }
  return latest(expr, at, setting).map(({ labels, point }) => ({
    labels: withoutName(labels),
    value: point.at / 1000,
  }));
}

/** One, with the labels that the selector fixes. */
function absence(expr: Expr): Sample {
  const matchers = expr.kind === 'vector-selector' || expr.kind === 'matrix-selector' ? expr.matchers : [];
  const named = matchers.filter(({ label }) => label !== '__name__');
  const once = named.filter(({ label, op, value }) => {
    return op === '=' && value !== '' && named.filter((other) => other.label === label).length === 1;
  });
  return { labels: new Map(once.map(({ label, value }) => [label, value])), value: 1 };
}

interface Selector {
  readonly matchers: readonly Matcher[];
  readonly shift: Shift;
}

/** The last sample of each series, unless it is too old or says that the series has ended. */
function latest(selector: Selector, at: number, setting: Setting): { labels: Labels; point: Point }[] {
  const instant = shifted(selector.shift, at, setting);
  const found: { labels: Labels; point: Point }[] = [];
  for (const { labels, points } of setting.source.select(selector.matchers)) {
    const point = points[firstAfter(points, instant) - 1];
    if (point === undefined || point.stale === true || point.at <= instant - setting.lookback) continue;
    found.push({ labels, point });
  }
  return found;
}

function shifted({ at: fixed, offset }: Shift, at: number, setting: Setting): number {
  const base = fixed === 'start' ? setting.start : fixed === 'end' ? setting.end : (fixed ?? at);
  return base - offset;
}

interface Matrix {
  /** Each with at least one point. */
  readonly series: Series[];
  readonly window: Window;
}

function matrixOf(expr: Expr, at: number, setting: Setting): Matrix {
  if (expr.kind !== 'matrix-selector' && expr.kind !== 'subquery') throw unsupported(expr);
  const end = shifted(expr.shift, at, setting);
  const window = { start: end - expr.range, end };
  const series = expr.kind === 'subquery' ? subquery(expr, window, setting) : selected(expr, window, setting);
  return { series, window };
}

function selected(selector: MatrixSelector, window: Window, setting: Setting): Series[] {
  const series: Series[] = [];
  for (const { labels, points } of setting.source.select(selector.matchers)) {
    const within = pointsWithin(points, window.start, window.end).filter((point) => point.stale !== true);
    if (within.length > 0) series.push({ labels, points: within });
  }
  return series;
}

/** More steps than this in one subquery are a mistake. */
const maxSteps = 50_000;

/** Evaluates at the multiples of the step, whatever the window's ends are. */
function subquery({ expr, step = 0 }: Subquery, window: Window, setting: Setting): Series[] {
  const interval = step === 0 ? setting.interval : step;
  if ((window.end - window.start) / interval > maxSteps) {
    throw new EvaluationError(`a subquery must not have more than ${maxSteps} steps`);
  }
  const series = new Map<string, { labels: Labels; points: Point[] }>();
  for (let at = (Math.floor(window.start / interval) + 1) * interval; at <= window.end; at += interval) {
    for (const { labels, value } of vectorOf(expr, at, setting)) {
      const key = labelKey(labels);
      const entry = series.get(key) ?? { labels, points: [] };
      entry.points.push({ at, value });
      series.set(key, entry);
    }
  }
  return [...series.values()];
}

function unsupported(expr: Expr): EvaluationError {
  const what = expr.kind === 'call' ? `function ${expr.name}` : expr.kind;
  return new EvaluationError(`the ${what} is not supported by the sandbox's Prometheus`);
}
