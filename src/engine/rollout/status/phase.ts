/** `phase` and `message` of a Rollout: the one line that users, scripts and Argo CD look at. */
import { parseTime } from '#api/time.ts';
import type { Rollout, RolloutStatus } from '#api/rollout.ts';
import { replicasOf, trafficRoutingOf } from '../defaults.ts';

export interface Phase {
  readonly phase: 'Degraded' | 'Paused' | 'Progressing' | 'Healthy';
  readonly message?: string;
}

/** The first of the rules that holds. */
export function phaseOf(rollout: Rollout, status: RolloutStatus): Phase {
  return degraded(status) ?? paused(rollout, status) ?? progressing(rollout, status) ?? { phase: 'Healthy' };
}

function degraded({ conditions = [] }: RolloutStatus): Phase | undefined {
  for (const { type, reason = '', message = '' } of conditions) {
    if (type === 'InvalidSpec') return { phase: 'Degraded', message: `InvalidSpec: ${message}` };
    if (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded')
      return { phase: 'Degraded', message: `${reason}: ${message}` };
  }
  return undefined;
}

function paused({ spec }: Rollout, { pauseConditions = [] }: RolloutStatus): Phase | undefined {
  if (spec.paused === true) return { phase: 'Paused', message: 'manually paused' };
  const [first] = pauseConditions;
  return first === undefined ? undefined : { phase: 'Paused', message: first.reason };
}

function progressing(rollout: Rollout, status: RolloutStatus): Phase | undefined {
  const message = pending(rollout, status);
  return message === undefined ? undefined : { phase: 'Progressing', message };
}

function pending(rollout: Rollout, status: RolloutStatus): string | undefined {
  const { updatedReplicas = 0, availableReplicas = 0, restartedAt } = status;
  const { restartAt, strategy } = rollout.spec;
  if (restartAt !== undefined && !isSameMoment(restartAt, restartedAt)) return 'rollout is restarting';
  if (updatedReplicas < replicasOf(rollout)) return 'more replicas need to be updated';
  if (availableReplicas < updatedReplicas) return 'updated replicas are still becoming available';
  return strategy?.blueGreen === undefined ? pendingCanary(rollout, status) : pendingBlueGreen(rollout, status);
}

function pendingBlueGreen({ spec }: Rollout, status: RolloutStatus): string | undefined {
  const { activeSelector = '', postPromotionAnalysisRunStatus: run } = status.blueGreen ?? {};
  if (activeSelector === '' || activeSelector !== status.currentPodHash) return 'active service cutover pending';
  if (isStable(status)) return undefined;
  const isAnalysed = spec.strategy?.blueGreen?.postPromotionAnalysis !== undefined;
  const isOver = run !== undefined && ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(run.status);
  return isAnalysed && !isOver
    ? 'waiting for analysis to complete'
    : 'waiting for post-promotion verification to complete';
}

function pendingCanary(rollout: Rollout, status: RolloutStatus): string | undefined {
  const { replicas = 0, updatedReplicas = 0 } = status;
  if (trafficRoutingOf(rollout) === undefined && replicas > updatedReplicas)
    return 'old replicas are pending termination';
  return isStable(status) ? undefined : 'waiting for all steps to complete';
}

const isStable = ({ stableRS = '', currentPodHash }: RolloutStatus): boolean =>
  stableRS !== '' && stableRS === currentPodHash;

export function isSameMoment(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && parseTime(one) === parseTime(other);
}
