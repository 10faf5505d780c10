/** Analysis of a Blue/Green update: before users get the new version, and after they have got it. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { AnalysisRunReference, BlueGreenStrategy, RolloutAnalysis } from '#api/rollout.ts';
import {
  applyVerdict,
  ensureRun,
  judgeRun,
  needsNoAnalysis,
  recordedRun,
  terminateRun,
  type WantedRun,
} from '../analysis/analysis-runs.ts';
import { isAtPreviewSize } from './size.ts';
import { endOtherRuns } from '../analysis/child-history.ts';
import type { Steps } from '../effects.ts';
import { isSaturated } from '../replica-sets/replica-set.ts';
import { isFullyPromoted, newSetOf, replicasWanted, type Pass } from '../snapshot.ts';

/** Users may get the new version: it has been approved, or nobody asked for that. */
export function isPrePromotionDone(pass: Pass, { prePromotionAnalysis }: BlueGreenStrategy): boolean {
  return prePromotionAnalysis === undefined || phaseOf(pass, recordedOf(pass).pre) === 'Successful';
}

/** The old version is not needed any more. */
export function isPostPromotionDone(pass: Pass, { postPromotionAnalysis }: BlueGreenStrategy): boolean {
  if (postPromotionAnalysis === undefined || needsNoAnalysis(pass)) return true;
  return phaseOf(pass, recordedOf(pass).post) === 'Successful';
}

function recordedOf({ rollout }: Pass): {
  pre: AnalysisRunReference | undefined;
  post: AnalysisRunReference | undefined;
} {
  const { prePromotionAnalysisRunStatus: pre, postPromotionAnalysisRunStatus: post } = rollout.status?.blueGreen ?? {};
  return { pre, post };
}

const phaseOf = (pass: Pass, recorded: AnalysisRunReference | undefined): string | undefined =>
  recordedRun(pass, recorded)?.status?.phase;

export function* reconcileBlueGreenAnalysis(pass: Pass, strategy: BlueGreenStrategy): Steps {
  const before = recordedOf(pass);
  let pre = recordedRun(pass, before.pre);
  let post = recordedRun(pass, before.post);
  if (needsNoAnalysis(pass)) {
    yield* terminateRun(pre);
    yield* terminateRun(post);
  } else {
    pre = yield* gate(pass, wantedRun('PrePromotion', strategy.prePromotionAnalysis), pre, () =>
      isPreviewReady(pass, strategy),
    );
    post = yield* gate(pass, wantedRun('PostPromotion', strategy.postPromotionAnalysis), post, () => isServing(pass));
  }
  yield* endOtherRuns(pass, [pre, post]);
  const preStatus = yield* judgeRun('PrePromotion', pre, before.pre);
  const postStatus = yield* judgeRun('PostPromotion', post, before.post);
  if (preStatus !== undefined) pass.children.prePromotion = preStatus;
  if (postStatus !== undefined) pass.children.postPromotion = postStatus;
}

function wantedRun(
  kind: 'PrePromotion' | 'PostPromotion',
  analysis: RolloutAnalysis | undefined,
): WantedRun | undefined {
  if (analysis === undefined || (analysis.templates ?? []).length === 0) return undefined;
  return { kind, analysis, suffix: kind === 'PrePromotion' ? '-pre' : '-post' };
}

/** Starts the run when it may; one that runs already goes on, whatever its pods do. */
function* gate(
  pass: Pass,
  wanted: WantedRun | undefined,
  current: AnalysisRun | undefined,
  mayStart: () => boolean,
): Steps<AnalysisRun | undefined> {
  if (wanted === undefined) {
    yield* terminateRun(current);
    return undefined;
  }
  if (current === undefined && !mayStart()) return undefined;
  const run = yield* ensureRun(pass, wanted, current);
  applyVerdict(pass, wanted.kind, run);
  return run;
}

/** What the last status says: a switch of this pass is looked at by the next one. */
const recordedActive = ({ rollout }: Pass): string => rollout.status?.blueGreen?.activeSelector ?? '';

/** The new version can be looked at, and does not serve users yet. */
function isPreviewReady(pass: Pass, strategy: BlueGreenStrategy): boolean {
  const active = recordedActive(pass);
  if (isFullyPromoted(pass) || active === '' || active === pass.hash) return false;
  return strategy.previewReplicaCount === undefined
    ? isSaturated(newSetOf(pass), replicasWanted(pass))
    : isAtPreviewSize(pass, strategy);
}

/** The new version serves users, and is not the stable one yet. */
function isServing(pass: Pass): boolean {
  return (
    pass.areTargetsVerified &&
    !isFullyPromoted(pass) &&
    recordedActive(pass) === pass.hash &&
    isSaturated(newSetOf(pass), replicasWanted(pass))
  );
}
