/** The status of a Deployment: counts, and the conditions Available and Progressing. Pure. */
import { all, available, limitsOf, type ReplicaSets, replicasOf, sum } from './deployment-size.ts';
import { conditionOf } from './conditions.ts';
import type { Condition, Deployment, DeploymentStatus } from './shapes.ts';
import { withoutZeros } from './status.ts';

/** "No deadline" as clients write it: the greatest 32-bit integer. */
const noDeadline = 2_147_483_647;
const defaultDeadline = 600;

export interface Moment {
  readonly now: number;
  /** `now` as conditions hold it. */
  readonly timestamp: string;
}

export function hasDeadline(deployment: Deployment): boolean {
  return deadlineOf(deployment) !== noDeadline;
}

function deadlineOf(deployment: Deployment): number {
  return deployment.spec.progressDeadlineSeconds ?? defaultDeadline;
}

/** A condition with both of its times at the moment. */
export function freshCondition(
  type: string,
  status: string,
  reason: string,
  message: string,
  { timestamp }: Moment,
): Condition {
  return { type, status, lastUpdateTime: timestamp, lastTransitionTime: timestamp, reason, message };
}

/** The list with `next`; nothing changes, its times neither, when status and reason are those of the present one. */
export function settled(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const current = conditionOf(conditions, next.type);
  if (current?.status === next.status && current.reason === next.reason) return conditions;
  return replaced(conditions, next);
}

/** The list with `next` in place of its type, at the end as the Deployment controller writes it. */
function replaced(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  const current = conditionOf(conditions, next.type);
  const since = current?.status === next.status ? current.lastTransitionTime : undefined;
  return [
    ...conditions.filter((condition) => condition.type !== next.type),
    since === undefined ? next : { ...next, lastTransitionTime: since },
  ];
}

/** What the ReplicaSets add up to, with the condition Available. */
export function countedStatus(deployment: Deployment, sets: ReplicaSets, moment: Moment): DeploymentStatus {
  const everything = all(sets);
  const availableReplicas = sum(everything, available);
  const enough = availableReplicas >= replicasOf(deployment) - limitsOf(deployment).unavailable;
  const condition = enough
    ? freshCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', moment)
    : freshCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        moment,
      );
  return {
    ...withoutZeros({
      observedGeneration: deployment.metadata.generation,
      replicas: sum(everything, (replicaSet) => replicaSet.status?.replicas ?? 0),
      updatedReplicas: sets.current?.status?.replicas,
      readyReplicas: sum(everything, (replicaSet) => replicaSet.status?.readyReplicas ?? 0),
      availableReplicas,
      unavailableReplicas: Math.max(0, sum(everything, replicasOf) - availableReplicas),
      collisionCount: deployment.status?.collisionCount,
    }),
    conditions: settled(deployment.status?.conditions ?? [], condition),
  };
}

/** The counted status with the condition Progressing brought up to date. */
export function rolloutStatus(deployment: Deployment, sets: ReplicaSets, moment: Moment): DeploymentStatus {
  const counted = countedStatus(deployment, sets, moment);
  const conditions = counted.conditions ?? [];
  if (!hasDeadline(deployment)) {
    return { ...counted, conditions: conditions.filter((condition) => condition.type !== 'Progressing') };
  }
  const current = conditionOf(deployment.status?.conditions, 'Progressing');
  const rested = (counted.replicas ?? 0) === (counted.updatedReplicas ?? 0);
  if (rested && current?.reason === 'NewReplicaSetAvailable') return counted;
  const next = (status: string, reason: string, what: string): Condition =>
    freshCondition('Progressing', status, reason, `${subject(deployment, sets)} ${what}.`, moment);
  if (isComplete(deployment, counted)) {
    return {
      ...counted,
      conditions: settled(conditions, next('True', 'NewReplicaSetAvailable', 'has successfully progressed')),
    };
  }
  if (hasProgressed(deployment, counted)) {
    return { ...counted, conditions: replaced(conditions, next('True', 'ReplicaSetUpdated', 'is progressing')) };
  }
  if (hasTimedOut(deployment, counted, moment.now)) {
    return {
      ...counted,
      conditions: settled(conditions, next('False', 'ProgressDeadlineExceeded', 'has timed out progressing')),
    };
  }
  return counted;
}

function subject(deployment: Deployment, { current }: ReplicaSets): string {
  return current === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${current.metadata.name}"`;
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const desired = replicasOf(deployment);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  return (
    updatedReplicas === desired &&
    replicas === desired &&
    availableReplicas === desired &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed({ status: before = {} }: Deployment, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus): number => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const condition = conditionOf(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineAt(deployment, condition) < now;
}

function deadlineAt(deployment: Deployment, condition: Condition): number {
  return Date.parse(condition.lastUpdateTime ?? '') + deadlineOf(deployment) * 1000;
}

/** Milliseconds until a rollout that makes no progress must be judged; a second more than the deadline, as times are whole seconds. */
export function judgedIn(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const condition = conditionOf(status.conditions, 'Progressing');
  if (!hasDeadline(deployment) || condition === undefined || isComplete(deployment, status)) return undefined;
  if (condition.reason === 'ProgressDeadlineExceeded' || condition.reason === 'NewReplicaSetAvailable')
    return undefined;
  const left = deadlineAt(deployment, condition) - now;
  return left < 1000 ? Math.max(1, left + 1) : left + 1000;
}
