/** What a pass over a Rollout starts from, and what it carries along while its own writes change the world. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { Experiment } from '#api/experiment.ts';
import type { AlbStatus, PauseReason, Rollout, RolloutStatus, TrafficWeights } from '#api/rollout.ts';
import { deadlineOf, hashOf, type ReplicaSet } from './replica-sets/replica-set.ts';
import { canaryOf, replicasOf } from './defaults.ts';
import type { FinishedUpdate } from './status/duration-record.ts';
import { findNewReplicaSet } from './replica-sets/new-replica-set.ts';
import { rollbackOf, type Rollback } from './rollback.ts';
import { stepHash } from './canary/step-hash.ts';
import { templateHash } from './pod-template/template-hash.ts';
import type { References } from './validation/references.ts';

export interface RolloutSnapshot {
  /** With the pod template and the selector of the workload that it refers to. */
  readonly rollout: Rollout;
  /** Why the workload that it refers to cannot be used. */
  readonly unresolved?: string;
  /** `metadata.generation` of that workload. */
  readonly workloadGeneration?: string;
  /** Its own ReplicaSets. */
  readonly sets: readonly ReplicaSet[];
  /** ReplicaSets without an owner that its selector means. */
  readonly orphans: readonly ReplicaSet[];
  /** Its own ReplicaSets that its selector does not mean any more. */
  readonly strays?: readonly ReplicaSet[];
  readonly runs: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
  readonly references: References;
  /** Names of the routers that it configures, in the order in which they are told. */
  readonly routers: readonly string[];
  /** Label of everything that this controller works on; absent when it works on what has none. */
  readonly instanceId?: string;
  /** Load balancers outside of the cluster are asked whether they know the pods. */
  readonly verifiesTargets?: boolean;
  /** How long to wait before a data plane is asked again, in milliseconds. */
  readonly verifyAgainIn?: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Why the list of pause conditions changes, and whether the update is given up. */
export interface PauseChanges {
  readonly added: PauseReason[];
  readonly removed: PauseReason[];
  /** A user has ended the pause, and the update could not go on yet: that is remembered until it can. */
  isResumeOpen: boolean;
  /** Nothing of pause and abort survives. */
  isCleared: boolean;
  /** Set where the pass itself gives up: what is appended to the message of the abort. */
  abortCause?: string;
}

/** A status under construction. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Pass {
  readonly seen: RolloutSnapshot;
  /** As its own writes have made it. */
  rollout: Rollout;
  sets: readonly ReplicaSet[];
  /** Hash of the wanted pod template: the label of its ReplicaSet, or the one that it will have. */
  readonly hash: string;
  readonly stepsHash: string | undefined;
  readonly rollback: Rollback;
  readonly pause: PauseChanges;
  /** What the routers were told in this pass; `undefined`: nothing yet. */
  weights: TrafficWeights | undefined;
  /** The load balancers that were asked in this pass. */
  albs: readonly AlbStatus[] | undefined;
  /** Every load balancer knows the pods that have just got a Service: those of the version before may go. */
  areTargetsVerified: boolean;
  /** What of analysis and experiments goes into the next status. */
  readonly children: Draft<Pick<NonNullable<RolloutStatus['canary']>, ChildFields>> & {
    prePromotion?: NonNullable<RolloutStatus['blueGreen']>['prePromotionAnalysisRunStatus'];
    postPromotion?: NonNullable<RolloutStatus['blueGreen']>['postPromotionAnalysisRunStatus'];
  };
  /** The experiment of the current step has ended well. */
  isExperimentDone: boolean;
  /** Why the new version has become the stable one in this pass. */
  promotion: string | undefined;
  /** An update that ended with the status of this pass. */
  finished: FinishedUpdate | undefined;
  /** Milliseconds until it is worth looking again. */
  wakeIn: number | undefined;
}

type ChildFields = 'currentStepAnalysisRunStatus' | 'currentBackgroundAnalysisRunStatus' | 'currentExperiment';

export function startPass(seen: RolloutSnapshot): Pass {
  const { rollout, sets } = seen;
  const newSet = findNewReplicaSet({ rollout, sets });
  const { template } = rollout.spec;
  const stableSet = setOf(sets, rollout.status?.stableRS);
  return {
    seen,
    rollout,
    sets,
    hash:
      newSet !== undefined
        ? hashOf(newSet)
        : template === undefined
          ? ''
          : templateHash(template, rollout.status?.collisionCount),
    stepsHash: canaryOf(rollout) === undefined ? undefined : stepHash(canaryOf(rollout)?.steps),
    rollback: rollbackOf({ rollout, newSet, stableSet, sets, now: seen.now }),
    pause: { added: [], removed: [], isResumeOpen: false, isCleared: false },
    weights: rollout.status?.canary?.weights,
    albs: undefined,
    areTargetsVerified: true,
    children: {},
    isExperimentDone: false,
    promotion: undefined,
    finished: undefined,
    wakeIn: undefined,
  };
}

/** The ReplicaSet of the wanted pod template. */
export const newSetOf = (pass: Pass): ReplicaSet | undefined => setOf(pass.sets, pass.hash);

/** The ReplicaSet of the last template that was fully promoted. */
export const stableSetOf = (pass: Pass): ReplicaSet | undefined => setOf(pass.sets, stableHashOf(pass));

export const stableHashOf = (pass: Pass): string => pass.rollout.status?.stableRS ?? '';

/** Every ReplicaSet but the new one. */
export const olderSetsOf = (pass: Pass): readonly ReplicaSet[] => pass.sets.filter((set) => hashOf(set) !== pass.hash);

/** Neither new nor stable. */
export const otherSetsOf = (pass: Pass): readonly ReplicaSet[] =>
  olderSetsOf(pass).filter((set) => hashOf(set) !== stableHashOf(pass));

export function setOf(sets: readonly ReplicaSet[], hash: string | undefined): ReplicaSet | undefined {
  return hash === undefined || hash === '' ? undefined : sets.find((set) => hashOf(set) === hash);
}

/** Puts what the API server answered in the place of what was seen. */
export function keepSet(pass: Pass, changed: ReplicaSet): void {
  const isKnown = pass.sets.some((set) => set.metadata.uid === changed.metadata.uid);
  pass.sets = isKnown
    ? pass.sets.map((set) => (set.metadata.uid === changed.metadata.uid ? changed : set))
    : [...pass.sets, changed];
}

/** Looks again in `milliseconds` at the latest. */
export function wakeIn(pass: Pass, milliseconds: number): void {
  const wait = Math.max(0, milliseconds);
  pass.wakeIn = pass.wakeIn === undefined ? wait : Math.min(pass.wakeIn, wait);
}

/** Whether all that there is runs the wanted template: nothing is being updated. */
export const isFullyPromoted = (pass: Pass): boolean => stableHashOf(pass) !== '' && stableHashOf(pass) === pass.hash;

/** The version that users had has lost its ReplicaSet: nothing is left to go back to, or to share the traffic with. */
export const isStableGone = (pass: Pass): boolean =>
  stableHashOf(pass) !== '' && !isFullyPromoted(pass) && stableSetOf(pass) === undefined;

/** Given up before this pass: what sizes and weights follow. An abort of the pass itself is followed by the next one. */
export const wasAborted = (pass: Pass): boolean => !pass.pause.isCleared && pass.rollout.status?.abort === true;

/** Given up by the user, or by this pass. */
export const isAborted = (pass: Pass): boolean =>
  !pass.pause.isCleared && (pass.pause.abortCause !== undefined || pass.rollout.status?.abort === true);

export const hasPauseCondition = (pass: Pass, reason: PauseReason): boolean =>
  (pass.rollout.status?.pauseConditions ?? []).some((condition) => condition.reason === reason);

export const isPaused = (pass: Pass): boolean =>
  pass.rollout.spec.paused === true || (pass.rollout.status?.pauseConditions ?? []).length > 0;

/** Sizes and switches stand still: by hand, or until a person has judged an analysis that could not. */
export const isHalted = (pass: Pass): boolean =>
  pass.rollout.spec.paused === true || hasPauseCondition(pass, 'InconclusiveAnalysisRun');

export const replicasWanted = (pass: Pass): number => replicasOf(pass.rollout);

/** Any ReplicaSet but the new and the stable one, or those too, waits for its scale-down. */
export const isLingering = (sets: readonly ReplicaSet[]): boolean => sets.some((set) => deadlineOf(set) !== undefined);

export const nowOf = (pass: Pass): number => pass.seen.now;
