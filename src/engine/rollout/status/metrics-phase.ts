/** The phase that metrics show: by the conditions, and not the one of the status. */
import type { Rollout } from '#api/rollout.ts';
import { findCondition } from './conditions.ts';

/** Those that `rollout_phase` tells of every Rollout. */
export const metricsPhases = ['Completed', 'Progressing', 'Paused', 'Timeout', 'Error', 'Abort'] as const;

/** By the reason of a condition; the last condition that says something counts. */
const byReason: ReadonlyMap<string, string> = new Map([
  ['NewReplicaSetAvailable', 'Completed'],
  ['RolloutPaused', 'Paused'],
  ['ReplicaSetCreateError', 'Error'],
  ['ProgressDeadlineExceeded', 'Timeout'],
  ['RolloutAborted', 'Abort'],
]);

export function metricsPhase({ status }: Rollout): string {
  if (findCondition(status?.conditions, 'InvalidSpec') !== undefined) return 'InvalidSpec';
  // The condition `Paused` keeps its reason when the pause is over.
  const progressing = findCondition(status?.conditions, 'Progressing')?.reason ?? '';
  return byReason.get(progressing) ?? 'Progressing';
}
