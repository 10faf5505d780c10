/** Whether an update goes back to a version that has run before, and may therefore skip what a new version has to go through. */
import type { Rollout } from '#api/rollout.ts';
import { deadlineOf, hashOf, isMadeBefore, type ReplicaSet } from './replica-sets/replica-set.ts';

export interface Rollback {
  /** Back to a ReplicaSet that is older than the stable one, with fewer than `rollbackWindow.revisions` in between. */
  readonly isWithinWindow: boolean;
  /** Back to a version whose pods are trusted: no pause and no analysis. */
  readonly isFast: boolean;
}

export interface RollbackFacts {
  readonly rollout: Rollout;
  readonly newSet: ReplicaSet | undefined;
  readonly stableSet: ReplicaSet | undefined;
  readonly sets: readonly ReplicaSet[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Ages are those of the ReplicaSets, also of one that is used again. */
export function rollbackOf({ rollout, newSet, stableSet, sets, now }: RollbackFacts): Rollback {
  if (newSet === undefined || stableSet === undefined) return { isWithinWindow: false, isFast: false };
  const isOlder = isMadeBefore(newSet, stableSet);
  const window = rollout.spec.rollbackWindow?.revisions ?? 0;
  const between = sets.filter((set) => isMadeBefore(newSet, set) && isMadeBefore(set, stableSet)).length;
  const isWithinWindow = isOlder && window > 0 && between < window;
  const isStable = hashOf(newSet) === hashOf(stableSet);
  const deadline = deadlineOf(newSet);
  const lingers = rollout.spec.strategy?.blueGreen !== undefined && isOlder && deadline !== undefined && deadline > now;
  return { isWithinWindow, isFast: isStable || isWithinWindow || lingers };
}
