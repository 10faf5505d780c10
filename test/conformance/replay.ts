/** A recording made of a trace itself, as a controller would leave it that behaves exactly like the recorded one. */
import type { ExpectedHistory, Moment, Recording, Trace } from './trace.ts';
import { mapValues } from './trace.ts';

export function replay(trace: Trace): Recording {
  const { paths } = trace.hooks;
  return {
    main: trace.main,
    steps: [],
    history: mapValues(trace.history, replayHistory),
    milestones: trace.milestones.list,
    settled: trace.settled.list,
    events: mapValues(trace.events, ({ list }) => list),
    hooks: paths ? Object.values(paths).flatMap(({ list }) => list) : trace.hooks.list,
    queries: trace.queries.list,
  };
}

function replayHistory(expected: ExpectedHistory): readonly Moment[] {
  const moments = expected.fields ? oneFieldAtATime(expected.fields) : [...expected.states];
  const last = moments.at(-1);
  return [...moments.slice(0, -1), { at: last?.at ?? 0, state: last?.state && { ...last.state, ...expected.final } }];
}

/** Fields advance in turn, ten seconds apart; which of several orders it is does not matter to `match: fields`. */
function oneFieldAtATime(fields: Readonly<Record<string, readonly unknown[]>>): readonly Moment[] {
  const state = (positions: ReadonlyMap<string, number>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields)
        .map(([field, values]) => [field, values[positions.get(field) ?? 0]] as const)
        .filter(([, value]) => value !== null && value !== undefined),
    );
  const positions = new Map<string, number>();
  const moments: Moment[] = [{ at: 0, state: state(positions) }];
  for (const [field, values] of Object.entries(fields)) {
    for (let position = 1; position < values.length; position++) {
      positions.set(field, position);
      moments.push({ at: moments.length * 10, state: state(positions) });
    }
  }
  return moments;
}
