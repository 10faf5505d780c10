/** How many pods an update may add beyond the replicas, and how many of them may be missing. */
import { resolvePercent } from './int-or-percent.ts';

export interface Limits {
  readonly surge: number;
  readonly unavailable: number;
}

const defaultLimit = '25%';

interface LimitFacts {
  readonly replicas: number;
  readonly maxSurge?: number | string | undefined;
  readonly maxUnavailable?: number | string | undefined;
}

/** Of a canary. Both are 0 when one of them is a text that is no percentage: then nothing may move. */
export function rolloutLimits({
  replicas,
  maxSurge = defaultLimit,
  maxUnavailable = defaultLimit,
}: LimitFacts): Limits {
  const surge = resolvePercent(maxSurge, replicas, 'up');
  const unavailable = resolvePercent(maxUnavailable, replicas, 'down');
  if (surge === undefined || unavailable === undefined) return { surge: 0, unavailable: 0 };
  // With neither there would be no way to move.
  const least = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { surge, unavailable: Math.min(least, replicas) };
}

/** How many pods of a blue-green Rollout may restart at once; its versions are never mixed, so that it may be 0. */
export function blueGreenUnavailable({
  replicas,
  maxUnavailable = defaultLimit,
}: Omit<LimitFacts, 'maxSurge'>): number {
  return Math.min(resolvePercent(maxUnavailable, replicas, 'down') ?? 0, replicas);
}
