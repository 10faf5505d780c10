/** Sizes of a canary without a router: the number of pods splits the traffic, and pods are exchanged within limits. */
import type { Limits } from '../limits.ts';

export interface Sizes {
  readonly canary: number;
  readonly stable: number;
}

export interface SplitFacts {
  readonly replicas: number;
  /** Out of `maxWeight`. */
  readonly weight: number;
  readonly maxWeight: number;
  /** Pods that may be added beyond the replicas. */
  readonly surge: number;
}

interface Candidate {
  readonly canary: number;
  readonly total: number;
}

/**
 * The numbers of pods that come closest to the weight; one pod more than the replicas is taken where that is closer.
 * A version that is to get some traffic, but not all, gets at least one pod wherever the limits allow it.
 */
export function approximateSplit({ replicas, weight, maxWeight, surge }: SplitFacts): Sizes {
  if (replicas === 0) return { canary: 0, stable: 0 };
  const more = Math.ceil((replicas * weight) / maxWeight);
  const fewer = Math.floor((replicas * weight) / maxWeight);
  const mayVanish = weight === maxWeight || weight === 0 || (replicas === 1 && surge === 0);
  // Half a pod rounds up.
  const isTied = (total: number): boolean => (2 * total * weight) % (2 * maxWeight) === maxWeight;
  const mayRoundDown = (total: number): boolean => !isTied(total) && (fewer !== 0 || mayVanish);
  const candidates: Candidate[] = [];
  if (more < replicas || mayVanish) candidates.push({ canary: more, total: replicas });
  if (mayRoundDown(replicas)) candidates.push({ canary: fewer, total: replicas });
  if (surge > 0) candidates.push({ canary: more, total: replicas + 1 });
  if (surge > 0 && mayRoundDown(replicas + 1)) candidates.push({ canary: fewer, total: replicas + 1 });
  const [first, ...others] = candidates;
  if (first === undefined) return { canary: 0, stable: replicas };
  const error = ({ canary, total }: Candidate): number => Math.abs(canary * maxWeight - weight * total);
  // Fractions are compared by their products, without rounding; the first one wins ties.
  const { canary, total } = others.reduce(
    (best, other) => (error(other) * best.total < error(best) * other.total ? other : best),
    first,
  );
  return { canary, stable: total - canary };
}

/** What a ReplicaSet is told to have, and how many of its pods are available. */
export interface Pods {
  readonly size: number;
  readonly available: number;
}

/**
 * One move towards the wanted sizes. The stable one is applied first, and the canary's when there is nothing left to do
 * for it: each move is computed from what has become of the one before.
 */
export function moveTowards(
  { replicas, surge, unavailable }: Limits & { readonly replicas: number },
  wanted: Sizes,
  canary: Pods,
  stable: Pods,
  othersSize: number,
): Sizes {
  const most = replicas + surge;
  const least = replicas - unavailable;
  const grown = grow(most - canary.size - stable.size - othersSize, wanted, canary.size, stable.size);
  // Old revisions are drained before anything that is in use shrinks.
  if (othersSize > 0) return grown;
  const canaryGrows = wanted.canary >= canary.size;
  const spare = availableFor(canary, !canaryGrows) + availableFor(stable, canaryGrows) - least;
  if (spare <= 0) return grown;
  if (canaryGrows) {
    const drained = drain(grown.stable, stable.size, wanted.stable, spare);
    const sizes = withinLimits(most, least, drained, stable.available, grown.canary, canary.available);
    return { canary: sizes.other, stable: sizes.drained };
  }
  const drained = drain(grown.canary, canary.size, wanted.canary, spare);
  const sizes = withinLimits(most, least, drained, canary.available, grown.stable, stable.available);
  return { canary: sizes.drained, stable: sizes.other };
}

/** The room for more pods goes to the stable version first. */
function grow(room: number, wanted: Sizes, canary: number, stable: number): Sizes {
  const forStable = Math.min(Math.max(0, room), Math.max(0, wanted.stable - stable));
  const forCanary = Math.min(Math.max(0, room - forStable), Math.max(0, wanted.canary - canary));
  return { canary: canary + forCanary, stable: stable + forStable };
}

/** Pods of the side that shrinks count whether they work or not: a version that crashes must not block its own exchange. */
function availableFor({ size, available }: Pods, shrinks: boolean): number {
  return shrinks || size < available ? size : available;
}

function drain(planned: number, size: number, wanted: number, spare: number): number {
  return size > wanted ? Math.max(wanted, size - spare) : planned;
}

/** The side that grows gives way to the upper limit first, then keeps what the lower limit needs at the cost of the other. */
function withinLimits(
  most: number,
  least: number,
  drained: number,
  drainedAvailable: number,
  planned: number,
  available: number,
): { readonly drained: number; readonly other: number } {
  const other = planned - Math.max(0, planned + drained - most);
  const missing = Math.max(0, least - Math.min(drainedAvailable, drained) - Math.min(available, other));
  const kept = other + Math.min(Math.max(0, available - other), missing);
  return { drained: drained - Math.max(0, kept + drained - most), other: kept };
}
