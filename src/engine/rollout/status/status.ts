/** The next status of a Rollout: counts of pods, conditions and phase, built anew in every pass. */
import type { Rollout, RolloutCondition, RolloutStatus } from '#api/rollout.ts';
import {
  condition,
  deadlineAt,
  findCondition,
  hasProgressed,
  hasTimedOut,
  isAvailable,
  isCompleted,
  isDeadlineExempt,
  isHealthy,
  replicaFailure,
  withCondition,
  withFreshCondition,
  withoutCondition,
} from './conditions.ts';
import { trackDuration } from './duration-tracking.ts';
import { ask, type Steps } from '../effects.ts';
import { abort, applyPause } from './pausing.ts';
import { phaseOf } from './phase.ts';
import { availableOf, observedOf, readyOf, total, type ReplicaSet } from '../replica-sets/replica-set.ts';
import { rolloutRevisionOf } from '../replica-sets/revision.ts';
import { isStableGone, newSetOf, nowOf, wakeIn, type Draft, type Pass } from '../snapshot.ts';
import { tell, warn } from '../telling.ts';

/** What every strategy says of its pods; pause, abort and conditions come when the pass ends. */
export function baseStatus(pass: Pass): Draft<RolloutStatus> {
  const { rollout, sets } = pass;
  const { metadata, spec, status: before = {} } = rollout;
  const { restartedAt, duration, collisionCount, conditions, stableRS, promoteFull } = before;
  return {
    ...loadBalancers(pass),
    ...present({ restartedAt, duration, collisionCount, stableRS, promoteFull }),
    ...present({ workloadObservedGeneration: pass.seen.workloadGeneration }),
    conditions: withoutCondition(conditions ?? [], 'InvalidSpec'),
    observedGeneration: String(metadata.generation ?? 0),
    currentPodHash: pass.hash,
    selector: selectorText(spec.selector),
    updatedReplicas: observedOf(newSetOf(pass)),
    ...podCounts(sets),
  };
}

/** Those that were asked in this pass, or what was known of them before. */
function loadBalancers({ albs, rollout }: Pass): Pick<RolloutStatus, 'alb' | 'albs'> {
  const { status = {} } = rollout;
  return albs === undefined
    ? present({ alb: status.alb, albs: status.albs })
    : { albs, ...present({ alb: albs.at(-1) }) };
}

export function podCounts(sets: readonly ReplicaSet[]): PodCounts {
  const replicas = total(sets, observedOf);
  return {
    replicas,
    readyReplicas: total(sets, readyOf),
    availableReplicas: total(sets, availableOf),
    HPAReplicas: replicas,
  };
}

type PodCounts = Required<Pick<RolloutStatus, 'replicas' | 'readyReplicas' | 'availableReplicas' | 'HPAReplicas'>>;

const countedFields = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'HPAReplicas'] as const;

/** As the original's type does: counts of nothing are not written. */
function dropZeros(status: Draft<RolloutStatus>): void {
  for (const field of countedFields) if (status[field] === 0) delete status[field];
}

/** Without members that are not there. */
export function present<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  // Entries lose the types of their keys.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}

/** As `kubectl -l` takes it, and as the API server writes it for autoscalers. */
export function selectorText(selector: Rollout['spec']['selector']): string {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const requirements = [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, text: expressionText(key, operator, values) })),
  ];
  return requirements
    .toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)))
    .map(({ text }) => text)
    .join(',');
}

function expressionText(key: string, operator: string, values: readonly string[]): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.toSorted().join(',')})`;
}

/** Ends a pass: completes the status with pause, conditions, phase and duration, and writes it when anything differs. */
export function* finishStatus(pass: Pass, status: Draft<RolloutStatus>): Steps {
  const before = pass.rollout.status ?? {};
  abortAtDeadline(pass, status);
  applyPause(pass, status);
  status.conditions = yield* nextConditions(pass, before, status);
  trackDuration(pass, status);
  const { phase, message } = phaseOf(pass.rollout, status);
  status.phase = phase;
  if (message === undefined) delete status.message;
  else status.message = message;
  dropZeros(status);
  yield* ask({ do: 'write-status', status });
  yield* tellPause(before, status);
  wakeAtDeadline(pass, status);
}

function abortAtDeadline(pass: Pass, status: RolloutStatus): void {
  const { rollout } = pass;
  const before = rollout.status ?? {};
  if (rollout.spec.progressDeadlineAbort !== true || before.abort === true || pass.pause.isCleared) return;
  if (isCompleted(status) || isStableGone(pass) || hasProgressed(before, status) || isDeadlineExempt(pass)) return;
  if (hasTimedOut(pass, before)) abort(pass, timedOutText(pass));
}

function* nextConditions(pass: Pass, before: RolloutStatus, status: RolloutStatus): Steps<readonly RolloutCondition[]> {
  const isPaused = pass.rollout.spec.paused === true || (status.pauseConditions ?? []).length > 0;
  const healthy = isHealthy(pass, status);
  const wasHealthy = findCondition(before.conditions, 'Healthy')?.status === 'True';
  let conditions = status.conditions ?? [];
  if (!isPaused && healthy) conditions = withCondition(conditions, healthCondition(pass, true));
  else if (findCondition(conditions, 'Healthy') !== undefined)
    conditions = withCondition(conditions, healthCondition(pass, false));
  const becameUnhealthy = wasHealthy && findCondition(conditions, 'Healthy')?.status === 'False';
  conditions =
    status.abort === true
      ? yield* withAbort(pass, conditions)
      : withProgress(pass, before, status, {
          conditions,
          isHealthy: healthy && (!isPaused || isCompleted(status)),
          becameUnhealthy,
        });
  conditions = withCondition(conditions, availability(pass, isAvailable(pass, status)));
  const failure = replicaFailure(pass);
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : withCondition(conditions, failure);
  return yield* withCompletion(pass, status, conditions);
}

const healthCondition = (pass: Pass, healthy: boolean): RolloutCondition =>
  condition(
    pass,
    'Healthy',
    healthy ? 'True' : 'False',
    'RolloutHealthy',
    healthy ? 'Rollout is healthy' : 'Rollout is not healthy',
  );

const availability = (pass: Pass, available: boolean): RolloutCondition =>
  condition(
    pass,
    'Available',
    available ? 'True' : 'False',
    'AvailableReason',
    available ? 'Rollout has minimum availability' : 'Rollout does not have minimum availability',
  );

function* withAbort(pass: Pass, conditions: readonly RolloutCondition[]): Steps<readonly RolloutCondition[]> {
  const cause = pass.pause.abortCause ?? '';
  const message = `Rollout aborted update to revision ${rolloutRevisionOf(pass)}${cause === '' ? '' : `: ${cause}`}`;
  const next = withCondition(conditions, condition(pass, 'Progressing', 'False', 'RolloutAborted', message));
  if (next !== conditions) yield* warn('RolloutAborted', message);
  return next;
}

interface Progress {
  readonly conditions: readonly RolloutCondition[];
  readonly isHealthy: boolean;
  readonly becameUnhealthy: boolean;
}

function withProgress(
  pass: Pass,
  before: RolloutStatus,
  status: RolloutStatus,
  { conditions, isHealthy: healthy, becameUnhealthy }: Progress,
): readonly RolloutCondition[] {
  const subject = subjectOf(pass);
  const progressing = (...said: ['True' | 'False', string, string]): RolloutCondition =>
    condition(pass, 'Progressing', ...said);
  if (healthy)
    return withCondition(
      conditions,
      progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`),
    );
  if (hasProgressed(before, status) || becameUnhealthy) {
    return withFreshCondition(
      conditions,
      becameUnhealthy && isCompleted(status)
        ? progressing('True', 'ReplicaSetNotAvailable', 'Rollout does not have minimum availability')
        : progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`),
    );
  }
  if (!isDeadlineExempt(pass) && hasTimedOut(pass, before))
    return withCondition(conditions, progressing('False', 'ProgressDeadlineExceeded', timedOutText(pass)));
  return conditions;
}

function subjectOf(pass: Pass): string {
  const set = newSetOf(pass);
  return set === undefined ? `Rollout "${pass.rollout.metadata.name}"` : `ReplicaSet "${set.metadata.name}"`;
}

const timedOutText = (pass: Pass): string => `${subjectOf(pass)} has timed out progressing.`;

function* withCompletion(
  pass: Pass,
  status: RolloutStatus,
  conditions: readonly RolloutCondition[],
): Steps<readonly RolloutCondition[]> {
  const completed = isCompleted(status);
  const wanted = condition(pass, 'Completed', completed ? 'True' : 'False', 'RolloutCompleted', 'RolloutCompleted');
  const next = withCondition(conditions, wanted);
  if (next !== conditions && !completed)
    yield* tell(
      'RolloutNotCompleted',
      `Rollout not completed, started update to revision ${rolloutRevisionOf(pass)} (${pass.hash})`,
    );
  return next;
}

function* tellPause(before: RolloutStatus, status: RolloutStatus): Steps {
  const wasPaused = (before.pauseConditions ?? []).length > 0;
  const [reason] = status.pauseConditions ?? [];
  if (!wasPaused && reason !== undefined) yield* tell('RolloutPaused', `Rollout is paused (${reason.reason})`);
  if (wasPaused && reason === undefined && status.abort !== true) yield* tell('RolloutResumed', 'Rollout is resumed');
}

/** The deadline has to be noticed also when nothing else happens. */
function wakeAtDeadline(pass: Pass, status: RolloutStatus): void {
  const progressing = findCondition(status.conditions, 'Progressing');
  if (progressing === undefined || isDeadlineExempt(pass) || isHealthy(pass, status)) return;
  if (['RolloutAborted', 'RolloutPaused', 'ProgressDeadlineExceeded'].includes(progressing.reason)) return;
  wakeIn(pass, deadlineAt(pass, progressing) + 1000 - nowOf(pass));
}

/**
 * Pause and retry as conditions, before anything else is done: a user who has just pressed a button sees it taken on.
 * Answers whether there was something to write. Skipped while a change of the spec is not observed.
 */
export function* syncPauseConditions(pass: Pass): Steps<boolean> {
  const { rollout } = pass;
  const before = rollout.status ?? {};
  if (before.observedGeneration !== String(rollout.metadata.generation)) return false;
  const conditions = pauseConditionsNow(pass, before);
  if (conditions === before.conditions) return false;
  const status: Draft<RolloutStatus> = { ...before, conditions: conditions ?? [] };
  trackDuration(pass, status);
  const { phase, message } = phaseOf(rollout, status);
  status.phase = phase;
  if (message === undefined) delete status.message;
  else status.message = message;
  yield* ask({ do: 'write-status', status });
  return true;
}

function pauseConditionsNow(pass: Pass, before: RolloutStatus): RolloutStatus['conditions'] {
  const isPaused = pass.rollout.spec.paused === true || (before.pauseConditions ?? []).length > 0;
  let conditions = before.conditions ?? [];
  const progressing = findCondition(conditions, 'Progressing');
  const isAborted = progressing?.reason === 'RolloutAborted';
  const unknown = (reason: string, message: string): void => {
    conditions = withCondition(conditions, condition(pass, 'Progressing', 'Unknown', reason, message));
  };
  if (isPaused !== (progressing?.reason === 'RolloutPaused') && !isAborted && !isCompleted(before)) {
    if (isPaused) unknown('RolloutPaused', 'Rollout is paused');
    else unknown('RolloutResumed', 'Rollout is resumed');
  }
  if (before.abort !== true && isAborted) unknown('RolloutRetry', 'Retrying Rollout after abort');
  const paused = findCondition(conditions, 'Paused')?.status === 'True';
  if (isPaused !== paused && !isAborted)
    conditions = withCondition(
      conditions,
      condition(pass, 'Paused', isPaused ? 'True' : 'False', 'RolloutPaused', 'Rollout is paused'),
    );
  return conditions === (before.conditions ?? []) ? before.conditions : conditions;
}
