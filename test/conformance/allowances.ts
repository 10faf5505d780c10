/** Deviations in time: rules that say what of a trace is owed to how fast the original and its pods were, and need not be seen. */
import type { Deviation } from './deviations.ts';
import { sameJson } from './json.ts';
import { kindOf } from './projection.ts';
import { mapValues, type ExpectedSnapshots, type Moment, type Trace } from './trace.ts';

/** Seconds; what times in whole seconds leave open. */
const oneSecond = 1;

/** The trace with what the rules (those with `may`) leave open. */
export function allow(trace: Trace, rules: readonly Deviation[]): Trace {
  return rules.reduce((allowed, rule) => {
    if (rule.may === 'skip') return withoutWaiting(allowed, rule);
    if (rule.may === 'blur') return blurred(allowed, rule);
    return rule.may === 'rest' ? restingOrNot(allowed, rule) : allowed;
  }, trace);
}

/** A state with this value lasts no time, so that merging may drop it. */
function withoutWaiting(trace: Trace, { kind, field, before }: Deviation): Trace {
  const hurried = (moments: readonly Moment[]): readonly Moment[] => {
    let saved = 0;
    return moments.map(({ at, state }, index) => {
      const previous = moments[index - 1];
      if (previous && sameJson(previous.state?.[field] ?? null, before)) saved += at - previous.at;
      return { at: at - saved, state };
    });
  };
  return {
    ...trace,
    history: mapValues(trace.history, (expected, key) =>
      kindOf(key) === kind ? { ...expected, states: hurried(expected.states) } : expected,
    ),
  };
}

function blurred(trace: Trace, { kind, field }: Deviation): Trace {
  return {
    ...trace,
    history: mapValues(trace.history, (expected, key) =>
      kindOf(key) === kind ? { ...expected, coarse: [...expected.coarse, field] } : expected,
    ),
  };
}

/**
 * Whether the cluster comes to rest while a field keeps a value for less than a second is chance, and the trace's settled moments of that second may be missing.
 * A field whose values differ between the recordings may have kept the original from resting: settled moments may be seen that the trace does not have.
 */
function restingOrNot(trace: Trace, { kind, field }: Deviation): Trace {
  const keys = Object.keys(trace.history).filter((key) => kindOf(key) === kind);
  const short = keys.flatMap((key) => shortValues(trace.milestones, key, field));
  const list = trace.settled.list.map((snapshot) =>
    short.some(({ from, to }) => snapshot.at >= from && snapshot.at < to)
      ? { ...snapshot, isOptional: true }
      : snapshot,
  );
  const isUnstable = keys.some((key) => trace.history[key]?.unstable.includes(field));
  return { ...trace, settled: { ...trace.settled, list, subsequence: trace.settled.subsequence || isUnstable } };
}

/** When the field had a value that lasted less than a second. */
function shortValues({ list }: ExpectedSnapshots, key: string, field: string): { from: number; to: number }[] {
  const value = (index: number): unknown => list[index]?.objects[key]?.[field];
  return list.flatMap(({ at }, index) => {
    const starts = value(index) !== undefined && !sameJson(value(index), value(index - 1) ?? null);
    const end = starts
      ? list.find((_, later) => later > index && !sameJson(value(index), value(later) ?? null))
      : undefined;
    return end !== undefined && end.at - at < oneSecond ? [{ from: at, to: end.at }] : [];
  });
}
