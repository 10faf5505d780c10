/** How far a canary is: its step, the weight that it should have and the one that it has. */
import { canaryOf, maxWeightOf, stepsOf } from '#engine/rollout/defaults.ts';
import type { ReplicaSetInfo } from './replica-set-info.ts';
import type { Rollout } from './rollout-objects.ts';

/** `2/5`; empty without steps, and before the controller has begun to count. */
export function stepText(rollout: Rollout): string {
  const { length } = stepsOf(rollout);
  const index = rollout.status?.currentStepIndex;
  return length === 0 || index === undefined ? '' : `${index}/${length}`;
}

/** The weight that the steps ask for. */
export function setWeightOf(rollout: Rollout): number {
  if (rollout.status?.abort === true) return 0;
  if (isThrough(rollout)) return maxWeightOf(rollout);
  return (
    stepsOf(rollout)
      .slice(0, indexOf(rollout) + 1)
      .findLast(({ setWeight }) => setWeight !== undefined)?.setWeight ?? 0
  );
}

/** The weight that the new version has: of the router, or by its share of the available pods. */
export function actualWeightOf(rollout: Rollout, sets: readonly ReplicaSetInfo[]): number {
  const { availableReplicas = 0, canary } = rollout.status ?? {};
  if (isThrough(rollout)) return maxWeightOf(rollout);
  if (availableReplicas <= 0) return 0;
  if (canaryOf(rollout)?.trafficRouting !== undefined)
    return canary?.weights === undefined ? setWeightOf(rollout) : (canary.weights.canary?.weight ?? 0);
  const available = sets.find(({ tags }) => tags.has('canary'))?.available ?? 0;
  return Math.floor((available * maxWeightOf(rollout)) / availableReplicas);
}

const indexOf = (rollout: Rollout): number => rollout.status?.currentStepIndex ?? 0;

/** No step is left, or there never was one. */
const isThrough = (rollout: Rollout): boolean => indexOf(rollout) >= stepsOf(rollout).length;
