/** Analysis of a canary: one run in the background of the whole update, and one for each step that asks for it. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { CanaryStrategy } from '#api/rollout.ts';
import {
  applyVerdict,
  ensureRun,
  judgeRun,
  needsNoAnalysis,
  recordedRun,
  terminateRun,
} from '../analysis/analysis-runs.ts';
import { currentIndexOf, currentStepOf } from './steps.ts';
import { endOtherRuns } from '../analysis/child-history.ts';
import type { Steps } from '../effects.ts';
import { hasPauseCondition, isAborted, type Pass } from '../snapshot.ts';

export function* reconcileCanaryAnalysis(pass: Pass, strategy: CanaryStrategy): Steps {
  const before = pass.rollout.status?.canary;
  const recorded = {
    step: recordedRun(pass, before?.currentStepAnalysisRunStatus),
    background: recordedRun(pass, before?.currentBackgroundAnalysisRunStatus),
  };
  if (needsNoAnalysis(pass)) {
    yield* terminateRun(recorded.step);
    yield* terminateRun(recorded.background);
    return yield* endOtherRuns(pass, []);
  }
  const step = yield* stepRun(pass, recorded.step);
  const background = yield* backgroundRun(pass, strategy, recorded.background);
  yield* endOtherRuns(pass, [step, background]);
  const stepStatus = yield* judgeRun('Step', step, before?.currentStepAnalysisRunStatus);
  const backgroundStatus = yield* judgeRun('Background', background, before?.currentBackgroundAnalysisRunStatus);
  if (stepStatus !== undefined) pass.children.currentStepAnalysisRunStatus = stepStatus;
  if (backgroundStatus !== undefined) pass.children.currentBackgroundAnalysisRunStatus = backgroundStatus;
}

function* stepRun(pass: Pass, current: AnalysisRun | undefined): Steps<AnalysisRun | undefined> {
  const isWaiting = (pass.rollout.status?.pauseConditions ?? []).length > 0;
  if (isWaiting || isAborted(pass)) return current;
  const { analysis } = currentStepOf(pass) ?? {};
  const index = String(currentIndexOf(pass) ?? 0);
  if (analysis === undefined || (analysis.templates ?? []).length === 0) {
    yield* terminateRun(current);
    return undefined;
  }
  // That of another step ends; the next pass makes this step's own.
  if (current !== undefined && current.metadata.labels?.['step-index'] !== index) {
    yield* terminateRun(current);
    return undefined;
  }
  const wanted = { kind: 'Step', analysis, suffix: `-${index}`, labels: { 'step-index': index } } as const;
  const run = yield* ensureRun(pass, wanted, current);
  applyVerdict(pass, 'Step', run);
  return run;
}

function* backgroundRun(
  pass: Pass,
  { analysis }: CanaryStrategy,
  current: AnalysisRun | undefined,
): Steps<AnalysisRun | undefined> {
  if (analysis === undefined || (analysis.templates ?? []).length === 0) {
    yield* terminateRun(current);
    return undefined;
  }
  if ((currentIndexOf(pass) ?? 0) < (analysis.startingStep ?? 0)) return undefined;
  // A person judges it now; other waits go on meanwhile.
  if (hasPauseCondition(pass, 'InconclusiveAnalysisRun')) return current;
  const run = yield* ensureRun(pass, { kind: 'Background', analysis, suffix: '' }, current);
  applyVerdict(pass, 'Background', run);
  return run;
}
