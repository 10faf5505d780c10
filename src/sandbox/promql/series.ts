/** Series and samples, as the evaluator reads them and makes them. */
import { anchoredExpression } from '#metrics/promql/regular-expression.ts';
import type { Matcher } from '#metrics/promql/ast.ts';

/** No label has an empty value: that is the same as not having it. The name of the metric is `__name__`. */
export type Labels = ReadonlyMap<string, string>;

export interface Point {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly value: number;
  /** The series ends here; the value means nothing. */
  readonly stale?: boolean;
}

export interface Series {
  readonly labels: Labels;
  /** In the order of time. */
  readonly points: readonly Point[];
}

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface SeriesSource {
  /** Every series that all matchers match. */
  select(matchers: readonly Matcher[]): Iterable<Series>;
}

export function labelsOf(record: Readonly<Record<string, string>>): Labels {
  return new Map(Object.entries(record).filter(([, value]) => value !== ''));
}

/** The same text for the same labels, whatever their order; only those that `includes` takes. */
export function labelKey(labels: Labels, includes: (label: string) => boolean = () => true): string {
  const parts: string[] = [];
  for (const [label, value] of labels) if (includes(label)) parts.push(`${label}\u0000${value}`);
  return parts.sort().join('\u0001');
}

export function keepLabels(labels: Labels, includes: (label: string) => boolean): Labels {
  return new Map([...labels].filter(([label]) => includes(label)));
}

export function withoutName(labels: Labels): Labels {
  return labels.has('__name__') ? keepLabels(labels, (label) => label !== '__name__') : labels;
}

/** As in messages: `{a="b"}`. */
export function showLabels(labels: Labels): string {
  const parts = [...labels].map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `{${parts.sort().join(', ')}}`;
}

/** Whether all `matchers` match; an absent label counts as empty. */
export function matcherTest(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ label, op, value }) => {
    const test = valueTest(op, value);
    return (labels: Labels): boolean => test(labels.get(label) ?? '');
  });
  return (labels) => tests.every((test) => test(labels));
}

function valueTest(op: Matcher['op'], wanted: string): (value: string) => boolean {
  if (op === '=') return (value) => value === wanted;
  if (op === '!=') return (value) => value !== wanted;
  const expression = anchoredExpression(wanted);
  return op === '=~' ? (value) => expression.test(value) : (value) => !expression.test(value);
}

/** Points later than `after` and not later than `until`. */
export function pointsWithin(points: readonly Point[], after: number, until: number): readonly Point[] {
  return points.slice(firstAfter(points, after), firstAfter(points, until));
}

/** Index of the first point later than `instant`. */
export function firstAfter(points: readonly Point[], instant: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? Infinity) > instant) high = middle;
    else low = middle + 1;
  }
  return low;
}
