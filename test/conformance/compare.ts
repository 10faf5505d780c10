/** Compares a recording with a trace by the rules of the traces' format; what comes back is empty when they are equal. */
import { compareHooks, compareList } from './compare-lists.ts';
import { compareSnapshots } from './compare-snapshots.ts';
import { asDifference, type Difference } from './difference.ts';
import { canonical, sameJson } from './json.ts';
import { comparable, coarseValue } from './merging.ts';
import { keyFields, kindOf, type State } from './projection.ts';
import {
  changesBetween,
  type EventLine,
  type ExpectedHistory,
  type Moment,
  type Recording,
  type Trace,
} from './trace.ts';

export function compare(trace: Trace, recording: Recording): readonly Difference[] {
  return [
    ...compareHistories(trace, recording),
    ...compareSnapshots('milestones', trace.milestones, recording.milestones, trace.unstableObjects),
    ...compareSnapshots('settled', trace.settled, recording.settled, trace.unstableObjects),
    ...compareEvents(trace, recording),
    ...compareHooks(trace.hooks, recording.hooks),
    ...asDifference(
      'queries',
      undefined,
      compareList(trace.queries, recording.queries, (query) => query),
    ),
  ];
}

function compareHistories(trace: Trace, recording: Recording): readonly Difference[] {
  return keysOf(trace.history, recording.history, trace.unstableObjects).flatMap((key) => {
    const expected = trace.history[key];
    const actual = recording.history[key];
    if (expected === undefined) return asDifference('history', key, ['appeared, but the trace does not have it']);
    if (actual === undefined) return asDifference('history', key, ['is in the trace, but did not appear']);
    return asDifference('history', key, compareHistory(kindOf(key), expected, actual));
  });
}

function compareHistory(kind: string, expected: ExpectedHistory, actual: readonly Moment[]): readonly string[] {
  const seen = comparable(kind, actual, expected);
  const lines = expected.fields
    ? compareFields(kind, expected.fields, expected.coarse, seen)
    : compareStates(comparable(kind, expected.states, expected), seen);
  return [...lines, ...compareFinal(expected.final, actual)];
}

function compareStates(expected: readonly Moment[], actual: readonly Moment[]): readonly string[] {
  const same = (index: number): boolean => sameJson(expected[index]?.state ?? null, actual[index]?.state ?? null);
  if (expected.length === actual.length && expected.every((_, index) => same(index))) return [];
  const fields = fieldNames(expected, actual);
  const lines = fields.flatMap((field) => sequenceLines(field, sequence(field, expected), sequence(field, actual)));
  if (lines.length > 0) return lines;
  const first =
    Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => index).find(
      (index) => !same(index),
    ) ?? 0;
  return [
    `every field went through the same values, but not together; change ${first + 1} is the first that differs`,
    `expected  ${changeText(expected, first)}`,
    `got       ${changeText(actual, first)}`,
  ];
}

/** With `match: fields` values that are not key fields may be missing, less the last one. */
function compareFields(
  kind: string,
  fields: Readonly<Record<string, readonly unknown[]>>,
  coarse: readonly string[],
  moments: readonly Moment[],
): readonly string[] {
  // Sequences of fields do not tell that an object is gone.
  const actual = 'gone' in fields ? moments : moments.filter(({ state }) => state !== undefined);
  const names = [...new Set([...Object.keys(fields), ...fieldNames(actual)])].sort();
  return names.flatMap((field) => {
    const wanted = distinctValues(
      (fields[field] ?? [null]).map((value) => (coarse.includes(field) ? coarseValue(value) : value)),
    );
    const seen = sequence(field, actual);
    const isKey = keyFields[kind]?.includes(field) ?? true;
    const mayMiss = !isKey && sameJson(wanted.at(-1), seen.at(-1)) && isSubsequence(seen, wanted);
    return mayMiss ? [] : sequenceLines(field, wanted, seen);
  });
}

function compareFinal(final: State, actual: readonly Moment[]): readonly string[] {
  const last = actual.at(-1)?.state ?? {};
  return Object.entries(final)
    .filter(([field, value]) => !sameJson(value, last[field] ?? null))
    .map(
      ([field, value]) => `${field} at the end: expected ${canonical(value)}, got ${canonical(last[field] ?? null)}`,
    );
}

function compareEvents(trace: Trace, recording: Recording): readonly Difference[] {
  return keysOf(trace.events, recording.events, trace.unstableObjects).flatMap((key) => {
    const expected = trace.events[key] ?? { list: [], match: undefined, truncated: false };
    return asDifference('events', key, compareList(expected, recording.events[key] ?? [], eventText));
  });
}

function eventText({ type, reason, message }: EventLine): string {
  return `${type} ${reason}: ${message}`;
}

function keysOf(first: object, second: object, except: readonly string[]): readonly string[] {
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].filter((key) => !except.includes(key));
}

/** All fields of some moments; `gone` is one when the object goes. */
function fieldNames(...histories: readonly (readonly Moment[])[]): readonly string[] {
  return [...new Set(histories.flat().flatMap((moment) => Object.keys(stateOf(moment))))].sort();
}

function stateOf(moment: Moment): State {
  return moment.state ?? { gone: true };
}

/** The values that one field went through, `null` where it was absent. */
export function sequence(field: string, moments: readonly Moment[]): readonly unknown[] {
  return distinctValues(moments.map((moment) => stateOf(moment)[field] ?? null));
}

function distinctValues(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value, index) => index === 0 || !sameJson(values[index - 1], value));
}

function isSubsequence(part: readonly unknown[], whole: readonly unknown[]): boolean {
  let from = 0;
  return part.every((value) => {
    const found = whole.findIndex((candidate, index) => index >= from && sameJson(candidate, value));
    from = found + 1;
    return found >= 0;
  });
}

function sequenceLines(field: string, expected: readonly unknown[], actual: readonly unknown[]): readonly string[] {
  if (sameJson(expected, actual)) return [];
  const longest = Math.min(expected.length, actual.length);
  const split = Array.from({ length: longest }, (_, index) => index).find(
    (index) => !sameJson(expected[index], actual[index]),
  );
  const from = Math.max(0, (split ?? longest) - 1);
  return [`${field}:`, `  expected  ${sequenceText(expected, from)}`, `  got       ${sequenceText(actual, from)}`];
}

/** How many values are shown after the last one that both sides have. */
const shownValues = 5;

function sequenceText(values: readonly unknown[], from: number): string {
  const shown = values
    .slice(from, from + 1 + shownValues)
    .map((value) => (value === null ? '(absent)' : typeof value === 'string' ? value : canonical(value)));
  const more = values.length - from - shown.length;
  return [...(from > 0 ? ['…'] : []), ...shown, ...(more > 0 ? [`(${more} more)`] : [])].join(' → ');
}

function changeText(moments: readonly Moment[], index: number): string {
  const moment = moments[index];
  if (moment === undefined) return '(nothing more)';
  if (moment.state === undefined) return `${moment.at} s: gone`;
  return `${moment.at} s: ${canonical(changesBetween(moments[index - 1]?.state ?? {}, moment.state))}`;
}
