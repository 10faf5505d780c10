/** Histories made comparable: a controller may write in one go what another one wrote in several. */
import { sameJson } from './json.ts';
import { pick } from './object-parts.ts';
import { keyFields, keyView, type State } from './projection.ts';
import { rounded, type Moment } from './trace.ts';

/** Seconds; a state that did not last longer may be left out. */
const quick = 0.5;

export interface Leniency {
  readonly unstable: readonly string[];
  readonly coarse: readonly string[];
}

/** Drops unstable fields, makes coarse ones coarse, merges quick states, drops repeated neighbours. */
export function comparable(
  kind: string,
  moments: readonly Moment[],
  { unstable, coarse }: Leniency,
): readonly Moment[] {
  const seen = distinct(
    moments.map(({ at, state }) => ({
      at,
      state:
        state &&
        coarsened(
          pick(state, (field) => !unstable.includes(field)),
          coarse,
        ),
    })),
  );
  return keyFields[kind] ? distinct(merged(kind, seen)) : seen;
}

/**
 * Messages that tell how far the pods are; which of them is seen depends on the speed of the pods.
 * They are one where a trace says so. Where it does not, five recordings on one machine, with the same speed, showed the same:
 * the rule `pods-speed` of deviations.yaml makes them one there as well, and a report says so.
 */
const podMessages: ReadonlySet<unknown> = new Set([
  'more replicas need to be updated',
  'updated replicas are still becoming available',
  'old replicas are pending termination',
  'active service cutover pending',
]);

export function coarseValue(value: unknown): unknown {
  return podMessages.has(value) ? '<pods>' : value;
}

function coarsened(state: State, coarse: readonly string[]): State {
  return Object.fromEntries(
    Object.entries(state).map(([field, value]) => [field, coarse.includes(field) ? coarseValue(value) : value]),
  );
}

function distinct(moments: readonly Moment[]): readonly Moment[] {
  return moments.filter(({ state }, index) => {
    const before = moments[index - 1];
    return before === undefined || !sameJson(before.state ?? null, state ?? null);
  });
}

/** From left to right, so that of several quick states with the same key fields the last one stays when nothing else shows them. */
function merged(kind: string, moments: readonly Moment[]): readonly Moment[] {
  const kept: Moment[] = [];
  moments.forEach((moment, index) => {
    const next = moments[index + 1];
    const isQuick = next !== undefined && rounded(next.at) - rounded(moment.at) <= quick + 1e-9;
    const repeats = (neighbour: Moment | undefined): boolean =>
      neighbour !== undefined && sameKeys(kind, neighbour, moment);
    if (isQuick && (repeats(kept.at(-1)) || repeats(next))) return;
    kept.push(moment);
  });
  return kept;
}

function sameKeys(kind: string, first: Moment, second: Moment): boolean {
  if (first.state === undefined || second.state === undefined) return first.state === second.state;
  return sameJson(keyView(kind, first.state), keyView(kind, second.state));
}
