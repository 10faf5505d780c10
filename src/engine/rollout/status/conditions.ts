/** Conditions of a Rollout: what clients, dashboards and Argo CD read its state from. */
import { parseTime, rfc3339 } from '#api/time.ts';
import type { RolloutCondition, RolloutStatus } from '#api/rollout.ts';
import { progressDeadlineSecondsOf, replicasOf, stepsOf } from '../defaults.ts';
import { availableOf, deadlineOf, isSaturated, sizeOf, total } from '../replica-sets/replica-set.ts';
import { newSetOf, nowOf, otherSetsOf, setOf, type Pass } from '../snapshot.ts';

export type ConditionType = RolloutCondition['type'];

export function condition(
  pass: Pass,
  type: ConditionType,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
): RolloutCondition {
  const now = rfc3339(nowOf(pass));
  return { type, status, reason, message, lastUpdateTime: now, lastTransitionTime: now };
}

export const findCondition = (
  conditions: readonly RolloutCondition[] | undefined,
  type: ConditionType,
): RolloutCondition | undefined => (conditions ?? []).find((one) => one.type === type);

export const withoutCondition = (
  conditions: readonly RolloutCondition[],
  type: ConditionType,
): readonly RolloutCondition[] => conditions.filter((one) => one.type !== type);

/** The same status and reason change nothing, so that time and text are those of the moment when it became so. */
export function withCondition(
  conditions: readonly RolloutCondition[],
  wanted: RolloutCondition,
): readonly RolloutCondition[] {
  const before = findCondition(conditions, wanted.type);
  if (before?.status === wanted.status && before.reason === wanted.reason) return conditions;
  return replaced(conditions, wanted);
}

/** As `withCondition`, but the moment of the last update moves on: progress was made. */
export function withFreshCondition(
  conditions: readonly RolloutCondition[],
  wanted: RolloutCondition,
): readonly RolloutCondition[] {
  return replaced(conditions, wanted);
}

/** In its place, so that a list of conditions does not change its order with every update. */
function replaced(conditions: readonly RolloutCondition[], wanted: RolloutCondition): readonly RolloutCondition[] {
  const before = findCondition(conditions, wanted.type);
  const kept: RolloutCondition =
    before?.status === wanted.status && before.lastTransitionTime !== undefined
      ? { ...wanted, lastTransitionTime: before.lastTransitionTime }
      : wanted;
  return before === undefined
    ? [...conditions, kept]
    : conditions.map((one) => (one.type === wanted.type ? kept : one));
}

/** The update that the status tells of has ended well. `generation` is the one that was stored as observed. */
export function isHealthy(pass: Pass, status: RolloutStatus): boolean {
  const { rollout } = pass;
  const replicas = replicasOf(rollout);
  const isObserved = rollout.status?.observedGeneration === String(rollout.metadata.generation);
  if (!isObserved || (status.updatedReplicas ?? 0) !== replicas || (status.availableReplicas ?? 0) !== replicas)
    return false;
  const { blueGreen } = rollout.spec.strategy ?? {};
  if (blueGreen !== undefined) {
    const { activeSelector, previewSelector } = status.blueGreen ?? {};
    const isPreviewed = (blueGreen.previewService ?? '') === '' || previewSelector === status.currentPodHash;
    return activeSelector === status.currentPodHash && isPreviewed;
  }
  const steps = stepsOf(rollout);
  const isThrough =
    steps.length === 0 || status.currentStepIndex === undefined || status.currentStepIndex === steps.length;
  return isThrough && isCompleted(status) && (status.replicas ?? 0) === replicas;
}

/** What is wanted is what is stable. */
export const isCompleted = ({ stableRS = '', currentPodHash }: RolloutStatus): boolean =>
  stableRS !== '' && stableRS === currentPodHash;

/** Whether anything moved towards the wanted state. */
export function hasProgressed(before: RolloutStatus, after: RolloutStatus): boolean {
  const old = (status: RolloutStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) !== (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    hasMovedOn(before, after)
  );
}

function hasMovedOn(before: RolloutStatus, after: RolloutStatus): boolean {
  if (after.blueGreen !== undefined)
    return (
      (after.blueGreen.activeSelector ?? '') !== (before.blueGreen?.activeSelector ?? '') ||
      (after.blueGreen.previewSelector ?? '') !== (before.blueGreen?.previewSelector ?? '')
    );
  return (
    (after.stableRS ?? '') !== (before.stableRS ?? '') ||
    after.currentStepIndex !== before.currentStepIndex ||
    (after.currentStepHash ?? '') !== (before.currentStepHash ?? '')
  );
}

/** No progress for `progressDeadlineSeconds`, by the stored conditions. */
export function hasTimedOut(pass: Pass, status: RolloutStatus): boolean {
  const progressing = findCondition(status.conditions, 'Progressing');
  if (progressing === undefined) return false;
  if (progressing.reason === 'RolloutAborted' || progressing.reason === 'RolloutPaused') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineAt(pass, progressing) < nowOf(pass);
}

/** Milliseconds since the epoch. */
export function deadlineAt({ rollout }: Pass, { lastUpdateTime }: RolloutCondition): number {
  return parseTime(lastUpdateTime) + progressDeadlineSecondsOf(rollout) * 1000;
}

/** Steps that may take as long as they need, a pause, and old pods that still wait to go: no time runs. */
export function isDeadlineExempt(pass: Pass): boolean {
  const { rollout } = pass;
  const step = stepsOf(rollout)[rollout.status?.currentStepIndex ?? 0];
  const waits = step?.pause !== undefined || step?.analysis !== undefined || step?.experiment !== undefined;
  const isPausedStep = rollout.spec.strategy?.canary !== undefined && waits;
  const isPaused = findCondition(rollout.status?.conditions, 'Paused')?.status === 'True';
  return isPausedStep || isPaused || otherSetsOf(pass).some((set) => sizeOf(set) > 0 && deadlineOf(set) !== undefined);
}

/** Whether users are served by as many pods as they should be. */
export function isAvailable(pass: Pass, status: RolloutStatus): boolean {
  const { rollout, sets } = pass;
  if (rollout.spec.strategy?.blueGreen === undefined) return total(sets, availableOf) >= replicasOf(rollout);
  const active = setOf(sets, status.blueGreen?.activeSelector);
  return active !== undefined && isSaturated(active, replicasOf(rollout));
}

/** What a ReplicaSet says of pods that it cannot create. */
export function replicaFailure(pass: Pass): RolloutCondition | undefined {
  const failing = [newSetOf(pass), ...pass.sets].flatMap((set) => set?.status?.conditions ?? []);
  const found = failing.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (found === undefined) return undefined;
  const { reason = '', message = '' } = found;
  return condition(pass, 'ReplicaFailure', 'True', reason, message);
}
