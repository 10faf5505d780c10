/** Deviations that change the rest of a run: from the moment in which the original does what Serin never does, nothing can be compared any more. */
import type { Deviation } from './deviations.ts';
import { sameJson } from './json.ts';
import { kindOf } from './projection.ts';
import { mapValues, type ExpectedList, type ExpectedSnapshots, type Recording, type Trace } from './trace.ts';

/** What the original does in one pass is seen within this time, in seconds: the pass that ends the comparison is left out whole. */
const onePass = 2;

/** The first moment of the trace, in seconds, at which a field returns as one of the rules says; `undefined` when none does. */
export function endOf(trace: Trace, rules: readonly Deviation[]): number | undefined {
  const moments = rules.filter(({ ends }) => ends === 'returns').flatMap((rule) => returnsOf(trace, rule));
  return moments.length === 0 ? undefined : Math.min(...moments) - onePass;
}

/** When a field of the kind returns to its first value although the main object stays in the same phase. */
function returnsOf(trace: Trace, { kind, field }: Deviation): readonly number[] {
  const histories = Object.entries(trace.history).filter(([key]) => kindOf(key) === kind);
  return histories.flatMap(([, { states }]) => {
    const [first] = states;
    const index = states.findIndex(
      ({ state }, position) =>
        position > 1 &&
        sameJson(state?.[field], first?.state?.[field]) &&
        !sameJson(states[position - 1]?.state?.[field], first?.state?.[field]),
    );
    const at = states[index]?.at;
    return at !== undefined &&
      phaseAt(trace, at) === phaseAt(trace, at - onePass) &&
      phaseAt(trace, at + onePass) === phaseAt(trace, at)
      ? [at]
      : [];
  });
}

function phaseAt(trace: Trace, at: number): unknown {
  return trace.history[trace.main]?.states.findLast((moment) => moment.at <= at)?.state?.['phase'];
}

export function traceUntil(trace: Trace, end: number): Trace {
  const before = ({ at }: { readonly at: number }): boolean => at < end;
  const cut = <T extends { readonly at: number }>(list: ExpectedList<T>): ExpectedList<T> => ({
    ...list,
    list: list.list.filter(before),
  });
  const snapshots = (expected: ExpectedSnapshots): ExpectedSnapshots => ({
    ...expected,
    list: expected.list.filter(before),
  });
  const { paths, ...hooks } = trace.hooks;
  return {
    ...trace,
    history: mapValues(trace.history, ({ states, ...rest }) => ({ ...rest, states: states.filter(before), final: {} })),
    milestones: snapshots(trace.milestones),
    settled: snapshots(trace.settled),
    events: mapValues(trace.events, cut),
    hooks: { ...cut(hooks), ...(paths === undefined ? {} : { paths: mapValues(paths, cut) }) },
    // Queries are recorded without their time.
    queries: { ...trace.queries, list: [] },
  };
}

export function recordingUntil(recording: Recording, end: number): Recording {
  const before = ({ at }: { readonly at: number }): boolean => at < end;
  return {
    ...recording,
    history: mapValues(recording.history, (moments) => moments.filter(before)),
    milestones: recording.milestones.filter(before),
    settled: recording.settled.filter(before),
    events: mapValues(recording.events, (list) => list.filter(before)),
    hooks: recording.hooks.filter(before),
    queries: [],
  };
}

/**
 * Both sides up to the moment in which the recording goes on to a value (`after`) although the field of the trace keeps another to its end.
 * The trace must be through by then: all of it has to be in the recording, less the moments settled after its last milestone.
 */
export function endWhereItGoesOn(trace: Trace, recording: Recording, rules: readonly Deviation[]): [Trace, Recording] {
  const [first] = rules
    .filter(({ ends }) => ends === 'goes on')
    .flatMap((rule) => Object.keys(recording.history).flatMap((key) => goesOn(trace, recording, key, rule)))
    .sort((one, other) => one.at - other.at);
  if (first === undefined) return [trace, recording];
  const last = trace.milestones.list.at(-1)?.at ?? 0;
  const list = trace.settled.list.filter(({ at }) => at < last);
  return [{ ...trace, settled: { ...trace.settled, list } }, recordingBefore(recording, first, trace)];
}

/** What goes on, after how many states, and when. */
interface GoingOn {
  readonly key: string;
  readonly states: number;
  readonly at: number;
}

function goesOn(trace: Trace, recording: Recording, key: string, rule: Deviation): readonly GoingOn[] {
  const { kind, field, after } = rule;
  const [expected, seen = []] = [trace.history[key], recording.history[key]];
  const wanted = expected?.states.at(-1)?.state;
  if (kindOf(key) !== kind || wanted === undefined || expected?.unstable.includes(field) === true) return [];
  if (sameJson(wanted[field] ?? null, after)) return [];
  const states = seen.findLastIndex(({ state }) => !sameJson(state?.[field] ?? null, after)) + 1;
  const first = seen[states];
  return first === undefined ? [] : [{ key, states, at: first.at }];
}

/** Several passes may share an instant of virtual time: of its events those belong to what was before that the trace has as well. */
function recordingBefore(recording: Recording, { key, states, at }: GoingOn, trace: Trace): Recording {
  const until = recordingUntil(recording, at + 0.0005);
  return {
    ...until,
    history: mapValues(until.history, (moments, name) => (name === key ? moments.slice(0, states) : moments)),
    events: mapValues(until.events, (lines, name) =>
      lines.filter((line, index) => line.at < at || index < (trace.events[name]?.list.length ?? 0)),
    ),
    queries: recording.queries,
  };
}
