/** Deviations on purpose: rules that turn what the original shows into what Serin shows instead. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { sameJson } from './json.ts';
import { kindOf, type State } from './projection.ts';
import { mapValues, type EventLine, type ExpectedSnapshots, type Moment, type Recording, type Trace } from './trace.ts';

/** One deviation: what it is about (a kind and a field of its projection, or the message of an Event), before and after. */
const deviation = z.strictObject({
  kind: z.string().min(1),
  field: z.string().min(1),
  /** A text is a regular expression for the whole text; absent: any value; `null`: the field or the event is not there. */
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /**
   * From when on nothing is compared, instead of `before` and `after`: the field returns to its first value within a phase;
   * or it goes on to `after` when the original is through with everything.
   */
  ends: z.enum(['returns', 'goes on']).optional(),
  /**
   * What speed and chance decide. `skip`: a state with the value `before` need not be seen; `blur`: messages about pods are one;
   * `rest`: where the field is not the same in all recordings or has a value for less than a second, the cluster may be at rest or not.
   */
  may: z.enum(['skip', 'blur', 'rest']).optional(),
  reason: z.string().min(1),
  row: z.string().min(1),
});

export type Deviation = z.infer<typeof deviation>;

/** Throws with a readable message when the list is not as `deviations.yaml` describes it. */
export function readDeviations(path: string): readonly Deviation[] {
  const { data, error } = z.array(deviation).safeParse(parse(readFileSync(path, 'utf8')) ?? []);
  if (error) throw new Error(`Cannot read ${path}:\n${z.prettifyError(error)}`);
  return data;
}

/** How a rule calls itself in a report; the row of docs/compatibility.md tells the rest. */
export function deviationTitle({ kind, field, row }: Deviation): string {
  return `${row}: ${kind} ${field}`;
}

/** Rules of this kind are about the messages of Events. */
const eventKind = 'Event';

/** The trace as it would be if the original behaved as the rules say. */
export function deviate(trace: Trace, rules: readonly Deviation[]): Trace {
  return rules.filter(({ ends, may }) => ends === undefined && may === undefined).reduce(deviateOnce, trace);
}

/** The recording without the events that rules allow in addition (those without `before`). */
export function withoutAdditions(recording: Recording, rules: readonly Deviation[]): Recording {
  const additions = rules.flatMap(({ kind, before, after }) =>
    kind === eventKind && before === null && typeof after === 'string' ? [whole(after)] : [],
  );
  if (additions.length === 0) return recording;
  const kept = ({ message }: EventLine): boolean => !additions.some((pattern) => pattern.test(message));
  return { ...recording, events: withoutEmptyLists(mapValues(recording.events, (lines) => lines.filter(kept))) };
}

function deviateOnce(trace: Trace, rule: Deviation): Trace {
  if (rule.kind === eventKind) {
    const events = mapValues(trace.events, (expected) => ({
      ...expected,
      list: expected.list.flatMap((line) => otherEvent(line, rule)),
    }));
    return { ...trace, events: Object.fromEntries(Object.entries(events).filter(([, { list }]) => list.length > 0)) };
  }
  const change = (key: string, state: State): State => (kindOf(key) === rule.kind ? otherField(state, rule) : state);
  const snapshots = (expected: ExpectedSnapshots): ExpectedSnapshots => ({
    ...expected,
    list: expected.list.map(({ at, objects }) => ({
      at,
      objects: mapValues(objects, (state, key) => change(key, state)),
    })),
  });
  return {
    ...trace,
    milestones: snapshots(trace.milestones),
    settled: snapshots(trace.settled),
    history: mapValues(trace.history, (expected, key) => ({
      ...expected,
      states: expected.states.map(({ at, state }): Moment => ({ at, state: state && change(key, state) })),
      final: rule.field in expected.final ? change(key, expected.final) : expected.final,
      ...(expected.fields && kindOf(key) === rule.kind && { fields: otherSequence(expected.fields, rule) }),
    })),
  };
}

function otherEvent(line: EventLine, rule: Deviation): readonly EventLine[] {
  if (rule.before === null) return [line];
  const message = otherValue(line.message, rule);
  return typeof message === 'string' ? [{ ...line, message }] : [];
}

function otherField(state: State, rule: Deviation): State {
  const value = otherValue(state[rule.field] ?? null, rule);
  const { [rule.field]: _before, ...rest } = state;
  return value === null ? rest : { ...rest, [rule.field]: value };
}

function otherSequence(
  fields: Readonly<Record<string, readonly unknown[]>>,
  rule: Deviation,
): Record<string, readonly unknown[]> {
  return { ...fields, [rule.field]: (fields[rule.field] ?? [null]).map((value) => otherValue(value, rule)) };
}

function otherValue(value: unknown, rule: Deviation): unknown {
  const { before, after } = rule;
  if (before === undefined) return value === null ? null : after;
  if (typeof before === 'string' && typeof value === 'string' && whole(before).test(value)) {
    return typeof after === 'string' ? value.replace(whole(before), after) : after;
  }
  return sameJson(before, value) ? after : value;
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

function withoutEmptyLists<T>(lists: Readonly<Record<string, readonly T[]>>): Record<string, readonly T[]> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}
