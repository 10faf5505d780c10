/** The policy of a Rollout: one look at it, from top to bottom. */
import type { RolloutStatus } from '#api/rollout.ts';
import { blueGreenPass, scaleBlueGreen } from './blue-green/blue-green.ts';
import { canaryPass } from './canary/canary.ts';
import { isFrozen, scaleCanary } from './canary/scaling.ts';
import { withoutCondition } from './status/conditions.ts';
import { blueGreenOf, canaryOf } from './defaults.ts';
import type { FinishedUpdate } from './status/duration-record.ts';
import { claimSets } from './replica-sets/claiming.ts';
import { ask, type Steps } from './effects.ts';
import { reportInvalid } from './validation/invalid-spec.ts';
import { createNewSet } from './replica-sets/new-set-creation.ts';
import {
  annotationKeys,
  availableOf,
  desiredReplicasOf,
  observedOf,
  total,
  sizeOf,
  type ReplicaSet,
} from './replica-sets/replica-set.ts';
import {
  isFullyPromoted,
  isStableGone,
  newSetOf,
  replicasWanted,
  setOf,
  stableSetOf,
  startPass,
  type Draft,
  type Pass,
  type RolloutSnapshot,
} from './snapshot.ts';
import { keepResume } from './status/pausing.ts';
import { finishStatus, syncPauseConditions } from './status/status.ts';
import { validateReferences } from './validation/references.ts';
import { validateSpec } from './validation/validation.ts';

export interface Outcome {
  /** Milliseconds until it is worth looking again, also when nothing happens before. */
  readonly wakeIn: number | undefined;
  /** An update that is over once the status of this pass is written. */
  readonly finished?: FinishedUpdate;
}

/** How long to wait before an invalid Rollout is looked at again, in milliseconds. What it refers to is watched as well. */
const invalidAgainIn = 20_000;

export function* rolloutPass(seen: RolloutSnapshot): Steps<Outcome> {
  const problem = seen.unresolved ?? validateSpec(seen.rollout) ?? validateReferences(seen.rollout, seen.references);
  if (problem !== undefined) {
    yield* reportInvalid(seen, problem);
    return { wakeIn: invalidAgainIn };
  }
  const pass = startPass({ ...seen, sets: yield* claimSets(seen) });
  yield* noteWorkload(pass);
  settleAbort(pass);
  yield* onePass(pass);
  const { finished } = pass;
  return { wakeIn: pass.wakeIn, ...(finished === undefined ? {} : { finished }) };
}

/** One look at a valid Rollout: the first thing that is due. */
function* onePass(pass: Pass): Steps {
  if (newSetOf(pass) === undefined) return yield* createNewSet(pass);
  if (pass.rollout.spec.replicas === undefined) {
    // Autoscalers need a number to start from.
    yield* ask({ do: 'change-rollout', changes: [{ path: ['spec', 'replicas'], value: 1 }] });
    return;
  }
  if (yield* syncPauseConditions(pass)) return;
  if (isScalingEvent(pass)) return yield* scaleOnly(pass);
  const blueGreen = blueGreenOf(pass.rollout);
  const canary = canaryOf(pass.rollout);
  if (blueGreen !== undefined) yield* blueGreenPass(pass, blueGreen);
  else if (canary !== undefined) yield* canaryPass(pass, canary);
}

/** Clients wait for the version of the workload that they have changed. */
function* noteWorkload(pass: Pass): Steps {
  const { workloadGeneration: value } = pass.seen;
  const { annotations } = pass.rollout.metadata;
  if (annotations?.[annotationKeys.workloadGeneration] === value) return;
  const path = ['metadata', 'annotations', annotationKeys.workloadGeneration];
  const { spec } = pass.rollout;
  pass.rollout = { ...(yield* ask({ do: 'change-rollout', changes: [{ path, value }] })), spec };
}

/**
 * An abort with nothing to give up, or nothing to go back to, is dropped. One that was said after a full promotion (it has no time yet)
 * ends that; a full promotion that was said after an abort ends the abort.
 */
function settleAbort(pass: Pass): void {
  const { status = {} } = pass.rollout;
  if (status.abort !== true) return;
  const { abort: _abort, ...unaborted } = status;
  const { promoteFull: _full, ...unpromoted } = status;
  if (isFullyPromoted(pass) || isStableGone(pass)) pass.rollout = { ...pass.rollout, status: unaborted };
  else if (status.abortedAt === undefined) pass.rollout = { ...pass.rollout, status: unpromoted };
}

/** Somebody has changed `replicas` since the ReplicaSets got their sizes, and these may follow. */
function isScalingEvent(pass: Pass): boolean {
  if (canaryOf(pass.rollout) !== undefined && isFrozen(pass)) return false;
  const wanted = replicasWanted(pass);
  const isOutdated = (set: ReplicaSet | undefined): boolean =>
    set !== undefined && sizeOf(set) > 0 && desiredReplicasOf(set) !== wanted;
  return isOutdated(newSetOf(pass)) || isOutdated(stableSetOf(pass));
}

/** Pods alone: services, traffic, analysis and steps stay where they are. */
function* scaleOnly(pass: Pass): Steps {
  const { rollout } = pass;
  const blueGreen = blueGreenOf(rollout);
  const canary = canaryOf(rollout);
  if (blueGreen !== undefined) {
    if (pass.seen.references.service(blueGreen.activeService) === undefined) return;
    yield* scaleBlueGreen(pass, blueGreen);
  } else if (canary !== undefined) yield* scaleCanary(pass, canary);
  keepResume(pass);
  yield* finishStatus(pass, scaledStatus(pass));
}

function scaledStatus(pass: Pass): Draft<RolloutStatus> {
  const { rollout, sets } = pass;
  const { abort: _a, abortedAt: _b, pauseConditions: _c, controllerPause: _d, ...kept } = rollout.status ?? {};
  const active = setOf(sets, kept.blueGreen?.activeSelector);
  const counted = active === undefined ? sets : [active];
  return {
    ...kept,
    observedGeneration: String(rollout.metadata.generation ?? 0),
    conditions: withoutCondition(kept.conditions ?? [], 'InvalidSpec'),
    availableReplicas: total(counted, availableOf),
    HPAReplicas: total(counted, observedOf),
  };
}
