/** Keeps `status.duration` in step with what a pass has decided. */
import { rfc3339 } from '#api/time.ts';
import type { RolloutStatus } from '#api/rollout.ts';
import { hasChanged } from '../change.ts';
import { findCondition } from './conditions.ts';
import { currentStepOf } from '../canary/steps.ts';
import { canaryOf, isAutoPromotionEnabled } from '../defaults.ts';
import { nextDuration, type DurationFacts } from './duration-record.ts';
import { availableOf, isMadeBefore } from '../replica-sets/replica-set.ts';
import { isFullyPromoted, newSetOf, nowOf, replicasWanted, stableSetOf, type Draft, type Pass } from '../snapshot.ts';

export function trackDuration(pass: Pass, status: Draft<RolloutStatus>): void {
  const { record, finished } = nextDuration(pass.rollout.status?.duration, factsOf(pass, status));
  if (record === undefined) delete status.duration;
  else status.duration = record;
  if (finished !== undefined) pass.finished = finished;
}

function factsOf(pass: Pass, status: RolloutStatus): DurationFacts {
  const before = pass.rollout.status ?? {};
  const isStable = (status.stableRS ?? '') !== '' && status.stableRS === status.currentPodHash;
  const isFirst = before.currentPodHash === undefined;
  return {
    now: rfc3339(nowOf(pass)),
    isInvalid: findCondition(status.conditions, 'InvalidSpec') !== undefined,
    isChanged: isFirst || hasChanged(pass),
    rollback: isFirst ? undefined : rollbackName(pass),
    isRetried:
      before.abort !== true && before.abortedAt !== undefined && status.abortedAt === undefined && !hasChanged(pass),
    isPausedByHand: isPausedByHand(pass, status),
    promotion: pass.promotion === undefined ? undefined : before.promoteFull === true ? 'FastPromoted' : 'Promoted',
    isAtRest: isStable && availableOf(newSetOf(pass)) >= replicasWanted(pass),
    isAborted: status.abort === true,
  };
}

/** Back to the stable version, or to one that is older. */
function rollbackName(pass: Pass): DurationFacts['rollback'] {
  const set = newSetOf(pass);
  const stable = stableSetOf(pass);
  if (set === undefined || stable === undefined) return undefined;
  if (!isFullyPromoted(pass) && !isMadeBefore(set, stable)) return undefined;
  return pass.rollback.isFast ? 'FastRolledBack' : 'RolledBack';
}

/** It waits for a person: a pause that ends by itself is part of the update. */
function isPausedByHand(pass: Pass, status: RolloutStatus): boolean {
  const { rollout } = pass;
  if (rollout.spec.paused === true) return true;
  return (status.pauseConditions ?? []).some(({ reason }) => {
    if (reason === 'BlueGreenPause') return !isAutoPromotionEnabled(rollout);
    if (reason === 'CanaryPauseStep')
      return canaryOf(rollout) !== undefined && currentStepOf(pass)?.pause?.duration === undefined;
    return true;
  });
}
