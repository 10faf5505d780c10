/** The status of a Rollout between what its passes decide and what the API server has: written as seldom as nobody can tell the difference. */
import type { RolloutStatus } from '#api/rollout.ts';
import { sameJson } from '#cluster/merge-diff.ts';
import { rollouts } from '#cluster/resource.ts';
import { writeStatus } from '../conditional-writes.ts';
import { readRollout } from './observing.ts';
import type { Performer } from './performer.ts';

/** How long counts of pods may wait for more of their kind, in milliseconds: pods of one update become ready one after the other. */
export const countsMayWait = 250;

/**
 * Key fields are what users, scripts and `wait` conditions look at: each of their states is written, with all that follows from it by
 * itself, and before anything else is. What changes beside them waits until they change, or until the passes end.
 */
export async function keepStatus(performer: Performer, status: RolloutStatus): Promise<void> {
  const before = performer.pending ?? performer.rollout.status ?? {};
  if (sameJson(before, status)) return;
  performer.hasChanged = true;
  if (performer.pending !== undefined && keyOf(before) !== keyOf(status)) await flushStatus(performer);
  performer.pending = status;
}

/** Before other objects are written: whoever sees them sees why. */
export async function flushVisible(performer: Performer): Promise<void> {
  if (isVisible(performer)) await flushStatus(performer);
}

/** Whether what was kept differs in more than counts from what the API server has. */
export function isUrgent(performer: Performer): boolean {
  const { pending, object } = performer;
  if (pending === undefined) return false;
  return withoutCounts(pending) !== withoutCounts(readRollout(object).status ?? {});
}

function isVisible({ pending, object }: Performer): boolean {
  return pending !== undefined && keyOf(pending) !== keyOf(readRollout(object).status ?? {});
}

function keyOf({ phase, currentStepIndex, abort, stableRS, blueGreen, pauseConditions }: RolloutStatus): string {
  const { activeSelector, previewSelector } = blueGreen ?? {};
  const reasons = (pauseConditions ?? []).map(({ reason }) => reason);
  return JSON.stringify([phase, currentStepIndex, abort, stableRS, activeSelector, previewSelector, reasons]);
}

const counts: ReadonlySet<string> = new Set([
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'HPAReplicas',
]);

/** Of the conditions only their status: when they were last renewed follows from the counts. */
function withoutCounts(status: RolloutStatus): string {
  const { conditions = [], ...rest } = status;
  const fields = Object.entries(rest).filter(([name]) => !counts.has(name));
  return JSON.stringify([
    fields.toSorted(([one], [other]) => (one < other ? -1 : 1)),
    conditions.map(({ type, status: is, reason }) => [type, is, reason]),
  ]);
}

/** Writes what was kept. */
export async function flushStatus(performer: Performer): Promise<void> {
  const { pending, cluster, signal, object } = performer;
  if (pending === undefined) return;
  performer.pending = undefined;
  performer.object =
    (await writeStatus(cluster.client, { resource: rollouts, live: object }, pending, signal)) ?? object;
  for (const update of performer.finished.splice(0)) performer.measure(update);
}
