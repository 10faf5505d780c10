/** Pause and abort: what the next status says of them, from what was and what the pass has decided. */
import { parseTime, rfc3339 } from '#api/time.ts';
import type { PauseCondition, PauseReason, RolloutStatus } from '#api/rollout.ts';
import { hasPauseCondition, isAborted, nowOf, type Draft, type Pass } from '../snapshot.ts';

export function addPause({ pause }: Pass, reason: PauseReason): void {
  pause.added.push(reason);
}

export function removePause({ pause }: Pass, reason: PauseReason): void {
  pause.removed.push(reason);
}

/** Neither pause nor abort survive: another version is wanted, or this one is through. */
export function clearPause({ pause }: Pass): void {
  pause.isCleared = true;
}

/** What the user wanted by ending the pause is still to be done: the next pass shall know. */
export function keepResume({ pause }: Pass): void {
  pause.isResumeOpen = true;
}

/** Gives the update up; `cause` is appended to the message. The first cause is kept. */
export function abort({ pause }: Pass, cause: string): void {
  pause.abortCause ??= cause;
}

/** The controller has paused for `reason`, and somebody has removed the condition: go on. */
export function isResumedByUser(pass: Pass, reason: PauseReason): boolean {
  return pass.rollout.status?.controllerPause === true && !hasPauseCondition(pass, reason);
}

/** Milliseconds since the epoch. */
export function pausedSince({ rollout }: Pass, reason: PauseReason): number | undefined {
  const found = (rollout.status?.pauseConditions ?? []).find((one) => one.reason === reason);
  return found === undefined ? undefined : parseTime(found.startTime);
}

/** Writes the fields of pause and abort into the next status. */
export function applyPause(pass: Pass, status: Draft<RolloutStatus>): void {
  const { pause, rollout } = pass;
  const before = rollout.status ?? {};
  if (isAborted(pass)) {
    status.abort = true;
    status.abortedAt = before.abortedAt ?? rfc3339(nowOf(pass));
    return;
  }
  if (pause.isCleared) return;
  const conditions = nextConditions(pass, before.pauseConditions ?? []);
  if (conditions.length > 0) status.pauseConditions = conditions;
  const mayStay = conditions.length > 0 || pause.isResumeOpen;
  if (pause.added.length > 0 || (mayStay && before.controllerPause === true)) status.controllerPause = true;
}

function nextConditions(pass: Pass, before: readonly PauseCondition[]): readonly PauseCondition[] {
  const { added, removed } = pass.pause;
  const kept = before.filter(({ reason }) => !removed.includes(reason));
  const startTime = rfc3339(nowOf(pass));
  const fresh = [...new Set(added)].filter((reason) => !kept.some((one) => one.reason === reason));
  return [...kept, ...fresh.map((reason) => ({ reason, startTime }))];
}
