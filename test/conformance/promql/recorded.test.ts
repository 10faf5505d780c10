import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseQuery } from '#metrics/promql/parser.ts';
import { evaluate } from '#sandbox/promql/evaluate.ts';
import type { Value } from '#sandbox/promql/evaluate.ts';
import { labelKey, labelsOf, matcherTest } from '#sandbox/promql/series.ts';
import type { Series, SeriesSource } from '#sandbox/promql/series.ts';
import { dataSet, origin } from './data-set.ts';
import { expressions, instants } from './expressions.ts';

const series: readonly Series[] = dataSet.map(({ labels, points }) => ({
  labels: labelsOf(labels),
  points: points.map(([at, value]) =>
    value === 'stale' ? { at: origin * 1000 + at, value: NaN, stale: true } : { at: origin * 1000 + at, value },
  ),
}));
const source: SeriesSource = {
  select(matchers) {
    const test = matcherTest(matchers);
    return series.filter(({ labels }) => test(labels));
  },
};

/** Written by record.ts; a row is a series' labels and its points, an instant and the text of the value. */
const Entry = z.object({
  query: z.string(),
  at: z.number(),
  type: z.enum(['scalar', 'string', 'vector', 'matrix', 'error']),
  rows: z.array(z.tuple([z.record(z.string(), z.string()), z.array(z.tuple([z.number(), z.string()]))])).default([]),
});
type Entry = z.infer<typeof Entry>;
const text = readFileSync(new URL('recorded.json', import.meta.url), 'utf8');
const { entries } = z.object({ entries: z.array(Entry) }).parse(JSON.parse(text));

/** One series of a result, in a form that both sides can be brought to. */
interface Row {
  readonly key: string;
  readonly points: readonly (readonly [number, number | string])[];
}
interface Result {
  readonly type: string;
  readonly rows: readonly Row[];
}

function ours(query: string, at: number): Result {
  try {
    const value = evaluate(parseQuery(query), source, (origin + at) * 1000);
    return { type: value.type, rows: rowsOf(value, origin + at) };
  } catch (error) {
    return { type: `error: ${String(error)}`, rows: [] };
  }
}

function rowsOf(value: Value, at: number): Row[] {
  if (value.type === 'string' || value.type === 'scalar') return [{ key: '', points: [[at, value.value]] }];
  if (value.type === 'vector') {
    return value.samples.map((sample) => ({ key: labelKey(sample.labels), points: [[at, sample.value]] }));
  }
  return value.series.map(({ labels, points }) => ({
    key: labelKey(labels),
    points: points.map((point) => [point.at / 1000, point.value]),
  }));
}

function theirs({ type, rows }: Entry): Result {
  const valueOf = (text: string): number | string => (type === 'string' ? text : numberOf(text));
  return {
    type,
    rows: rows.map(([metric, points]) => ({
      key: labelKey(labelsOf(metric)),
      points: points.map(([at, text]) => [at, valueOf(text)]),
    })),
  };
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

const ordered = /^(?:sort|topk|bottomk)/;

function differences(query: string, wanted: Result, found: Result): string[] {
  if (wanted.type === 'error') return found.type.startsWith('error') ? [] : ['no error'];
  if (wanted.type !== found.type) return [`${found.type} instead of ${wanted.type}`];
  const arrange = ({ rows }: Result): readonly Row[] =>
    ordered.test(query) ? rows : rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const [left, right] = [arrange(wanted), arrange(found)];
  if (left.length !== right.length) return [`${right.length} series instead of ${left.length}`];
  return left.flatMap((row, index) => rowDifferences(row, right[index]));
}

function rowDifferences(wanted: Row, found: Row | undefined): string[] {
  if (found?.key !== wanted.key) return [`labels ${found?.key} instead of ${wanted.key}`];
  if (found.points.length !== wanted.points.length) return [`${found.points.length} points of ${wanted.points.length}`];
  return wanted.points.flatMap(([at, value], index) => {
    const other = found.points[index];
    const equal = other?.[0] === at && close(value, other[1]);
    return equal ? [] : [`${wanted.key}: ${other?.join(' ')} instead of ${at} ${value}`];
  });
}

function close(a: number | string, b: number | string): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a === 'string' || typeof b === 'string') return false;
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}

describe('PromQL gives what a real Prometheus gives', () => {
  it('records every expression', () => {
    expect(entries.length).toBe(expressions.length * instants.length);
  });

  it.each([...Map.groupBy(entries, (entry) => entry.query)])('%s', (query, rows) => {
    const found = rows.flatMap((entry) =>
      differences(query, theirs(entry), ours(query, entry.at)).map((text) => `at ${entry.at}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});
