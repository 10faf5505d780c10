/** Blue/Green: the new version runs beside the old one, is shown on a preview Service, and takes over the active Service at once. */
import type { BlueGreenRolloutStatus, BlueGreenStrategy, RolloutStatus } from '#api/rollout.ts';
import { activeHashOf } from './active-service.ts';
import { reconcileBlueGreenAnalysis, isPostPromotionDone, isPrePromotionDone } from './analysis.ts';
import { decidePause, isFastTracked, isPauseCompleted } from './pause.ts';
import { isAtPreviewSize, previewSizeOf } from './size.ts';
import { hasTemplateChanged } from '../change.ts';
import { promote } from '../promotion.ts';
import type { Steps } from '../effects.ts';
import { syncEphemeralMetadata } from '../replica-sets/metadata-syncing.ts';
import {
  availableOf,
  hashOf,
  isFullyAvailable,
  isSaturated,
  observedOf,
  readyOf,
  sizeOf,
  type ReplicaSet,
} from '../replica-sets/replica-set.ts';
import { restartPods, satisfyRestart } from '../restart.ts';
import { pruneHistory } from '../replica-sets/revision-history.ts';
import { syncRevision } from '../replica-sets/revision.ts';
import {
  delaysAbort,
  dropDeadlines,
  isReferenced,
  scale,
  scaleAborted,
  scaleLingering,
} from '../replica-sets/scaling.ts';
import { requireService, selectedHash, switchService } from '../services.ts';
import {
  hasPauseCondition,
  isAborted,
  isHalted,
  isStableGone,
  newSetOf,
  otherSetsOf,
  replicasWanted,
  setOf,
  stableHashOf,
  stableSetOf,
  type Draft,
  type Pass,
} from '../snapshot.ts';
import { baseStatus, finishStatus, present, selectorText } from '../status/status.ts';
import { clearPause, keepResume } from '../status/pausing.ts';
import { verifyTargets } from '../canary/target-verification.ts';
import { scaleWorkloadProgressively } from '../workload-scaling.ts';

export function* blueGreenPass(pass: Pass, strategy: BlueGreenStrategy): Steps {
  requireService(pass, strategy.activeService);
  yield* syncRevision(pass);
  if (!isHalted(pass)) yield* showPreview(pass, strategy);
  if (hasTemplateChanged(pass)) return yield* startUpdate(pass, strategy);
  let restartedAt = pass.rollout.status?.restartedAt;
  yield* restartPods(pass, (moment) => (restartedAt = moment));
  yield* scaleBlueGreen(pass, strategy);
  yield* pruneHistory(pass);
  decidePause(pass, strategy);
  yield* switchActive(pass, strategy);
  yield* verifyTargets(pass, strategy.activeService);
  yield* reconcileBlueGreenAnalysis(pass, strategy);
  yield* syncEphemeralMetadata(pass);
  const status = blueGreenStatus(pass, strategy);
  if (restartedAt !== undefined) status.restartedAt = restartedAt;
  yield* endPass(pass, strategy, status);
}

/** The preview Service shows the new version from the start, whether its pods are there yet or not. */
function* showPreview(pass: Pass, { previewService }: BlueGreenStrategy): Steps {
  if (previewService === undefined || previewService === '') return;
  requireService(pass, previewService);
  const set = newSetOf(pass);
  if (set !== undefined) yield* switchService(pass, previewService, hashOf(set));
}

function* startUpdate(pass: Pass, strategy: BlueGreenStrategy): Steps {
  const status = blueGreenStatus(pass, strategy);
  clearPause(pass);
  satisfyRestart(pass, status);
  delete status.promoteFull;
  status.blueGreen = services(pass, strategy);
  yield* finishStatus(pass, status);
}

/** Sizes alone: the pass after somebody has changed `replicas`, and part of every other one. Answers whether a size has changed. */
export function* scaleBlueGreen(pass: Pass, strategy: BlueGreenStrategy): Steps<boolean> {
  yield* dropDeadlines(pass);
  let scaled = false;
  for (const used of setsInUse(pass, strategy)) scaled = (yield* scale(pass, used, replicasWanted(pass))) || scaled;
  const set = newSetOf(pass);
  if (set !== undefined) {
    const size = previewSizeOf(pass, strategy);
    yield* scaleWorkloadProgressively(pass, size < sizeOf(set));
    scaled = (delaysAbort(pass) ? yield* scaleAborted(pass, set) : yield* scale(pass, set, size)) || scaled;
  }
  return (yield* scaleOthers(pass, strategy)) || scaled;
}

/** What users have, and what they go back to. They differ while an update that was not confirmed is replaced by another. */
function setsInUse(pass: Pass, strategy: BlueGreenStrategy): readonly ReplicaSet[] {
  const active = setOf(pass.sets, activeHashOf(pass, strategy));
  const used = new Set([stableSetOf(pass), active].flatMap((set) => set ?? []));
  return [...used].filter((set) => hashOf(set) !== pass.hash);
}

function* scaleOthers(pass: Pass, strategy: BlueGreenStrategy): Steps<boolean> {
  if (hasPauseCondition(pass, 'InconclusiveAnalysisRun')) return false;
  // Old pods are what a failed post-promotion analysis goes back to.
  const isNeeded =
    strategy.postPromotionAnalysis !== undefined &&
    strategy.scaleDownDelaySeconds === undefined &&
    !isPostPromotionDone(pass, strategy);
  if (isNeeded) return false;
  const free = otherSetsOf(pass).filter((set) => !isReferenced(pass, set));
  return yield* scaleLingering(pass, free, () => replicasWanted(pass));
}

/**
 * The moment of Blue/Green: users get the new version once every one of its pods can serve them. Until then the Service is kept on the
 * version that it has: without a hash it would select both. An abort is not held up by a pause.
 */
function* switchActive(pass: Pass, strategy: BlueGreenStrategy): Steps {
  const set = newSetOf(pass);
  const selected = activeHashOf(pass, strategy);
  const isOpen = selectedHash(requireService(pass, strategy.activeService)) === undefined;
  if (isOpen && availableOf(setOf(pass.sets, selected)) > 0)
    yield* switchService(pass, strategy.activeService, selected);
  if (isAborted(pass)) return yield* returnToStable(pass, strategy, selected);
  if (isHalted(pass) || set === undefined || !isReadyToServe(pass, strategy, set)) return;
  const mayServe =
    isFastTracked(pass, strategy) || (isPauseCompleted(pass, strategy) && isPrePromotionDone(pass, strategy));
  yield* switchService(pass, strategy.activeService, mayServe ? hashOf(set) : selected);
}

function isReadyToServe(pass: Pass, strategy: BlueGreenStrategy, set: ReplicaSet | undefined): boolean {
  return isAtPreviewSize(pass, strategy) && isSaturated(set, replicasWanted(pass));
}

/** However the new version is: what takes over needs all its pods, or no fewer than users have now. */
function* returnToStable(pass: Pass, { activeService }: BlueGreenStrategy, selected: string): Steps {
  const stable = stableSetOf(pass);
  if (stable === undefined || selected === hashOf(stable) || availableOf(stable) === 0) return;
  const isBetter = availableOf(stable) >= availableOf(setOf(pass.sets, selected));
  if (isBetter || isFullyAvailable(stable)) yield* switchService(pass, activeService, hashOf(stable));
}

function services(pass: Pass, strategy: BlueGreenStrategy): Draft<BlueGreenRolloutStatus> {
  const { previewService = '' } = strategy;
  const active = activeHashOf(pass, strategy);
  const preview = previewService === '' ? undefined : selectedHash(pass.seen.references.service(previewService));
  return present({ activeSelector: active === '' ? undefined : active, previewSelector: preview });
}

/** Users, and autoscalers, look at what the active Service selects. */
function blueGreenStatus(pass: Pass, strategy: BlueGreenStrategy): Draft<RolloutStatus> {
  const { status = {} } = pass.rollout;
  const selectors = services(pass, strategy);
  const active = setOf(pass.sets, selectors.activeSelector);
  const { prePromotion, postPromotion } = pass.children;
  return {
    ...baseStatus(pass),
    ...(active === undefined
      ? {}
      : {
          readyReplicas: readyOf(active),
          availableReplicas: availableOf(active),
          HPAReplicas: observedOf(active),
          selector: selectorText(active.spec.selector),
        }),
    blueGreen: {
      ...selectors,
      ...present({
        prePromotionAnalysisRunStatus: prePromotion,
        postPromotionAnalysisRunStatus: postPromotion,
        scaleUpPreviewCheckPoint: status.blueGreen?.scaleUpPreviewCheckPoint,
      }),
    },
  };
}

function* endPass(pass: Pass, strategy: BlueGreenStrategy, status: Draft<RolloutStatus>): Steps {
  const { promoteFull } = status;
  if (promoteFull === true || (pass.rollback.isWithinWindow && !isAborted(pass))) clearPause(pass);
  const reason = promotionReason(pass, strategy, status);
  if (reason !== undefined) {
    clearPause(pass);
    delete status.promoteFull;
    yield* promote(pass, status, reason);
  }
  const { scaleUpPreviewCheckPoint: _before, ...blueGreen } = status.blueGreen ?? {};
  const isPreviewOver = reason === undefined && isCheckpointReached(pass, strategy);
  status.blueGreen = isPreviewOver ? { ...blueGreen, scaleUpPreviewCheckPoint: true } : blueGreen;
  const isToSwitch = !isPreviewOver && blueGreen.activeSelector !== pass.hash;
  if (isToSwitch && isPrePromotionDone(pass, strategy)) keepResume(pass);
  yield* finishStatus(pass, status);
}

/** Once the preview has shown what it should, the new version grows to its full size, and does not shrink again. */
function isCheckpointReached(pass: Pass, strategy: BlueGreenStrategy): boolean {
  if (pass.rollout.status?.blueGreen?.scaleUpPreviewCheckPoint === true) return true;
  const { previewReplicaCount } = strategy;
  return (
    previewReplicaCount !== undefined &&
    isPrePromotionDone(pass, strategy) &&
    isPauseCompleted(pass, strategy) &&
    availableOf(newSetOf(pass)) === previewReplicaCount
  );
}

function promotionReason(
  pass: Pass,
  strategy: BlueGreenStrategy,
  { blueGreen, promoteFull }: RolloutStatus,
): string | undefined {
  const active = blueGreen?.activeSelector ?? '';
  if (stableHashOf(pass) === '' || active === '') return 'Initial deploy';
  if (active !== pass.hash || !pass.areTargetsVerified) return undefined;
  if (promoteFull === true) return 'Full promotion requested';
  if (isStableGone(pass)) return 'Initial deploy';
  if (pass.rollback.isWithinWindow) return 'Rollback within window';
  if (pass.rollback.isFast) return 'Fast rollback';
  if (isAborted(pass)) return undefined;
  if (strategy.postPromotionAnalysis !== undefined && !isPostPromotionDone(pass, strategy)) return undefined;
  return 'Completed blue-green update';
}

/** Sizes after `replicas` has changed, nothing else. */
export function* scaleOnlyBlueGreen(pass: Pass, strategy: BlueGreenStrategy): Steps {
  if (pass.seen.references.service(strategy.activeService) === undefined) return;
  yield* scaleBlueGreen(pass, strategy);
}
