/** Deviations that change the rest of a run: from the moment in which the original does what Serin never does, nothing can be compared any more. */
import type { Deviation } from './deviations.ts';
import { sameJson } from './json.ts';
import { kindOf } from './projection.ts';
import { mapValues, type ExpectedList, type ExpectedSnapshots, type Recording, type Trace } from './trace.ts';

/** What the original does in one pass is seen within this time, in seconds: the pass that ends the comparison is left out whole. */
const onePass = 2;

/** A rule that says when the comparison ends instead of what differs. */
export function isEnding(rule: Deviation): boolean {
  return rule.ends !== undefined;
}

/** The first moment of the trace, in seconds, that one of the rules speaks of; `undefined` when none does. */
export function endOf(trace: Trace, rules: readonly Deviation[]): number | undefined {
  const moments = rules.filter(isEnding).flatMap((rule) => returnsOf(trace, rule));
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
