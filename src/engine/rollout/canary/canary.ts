/** Canary: the new version gets a growing share of pods or of traffic, step by step. */
import type { CanaryStrategy, RolloutStatus } from '#api/rollout.ts';
import { hasChanged } from '../change.ts';
import { reconcileCanaryAnalysis } from './analysis.ts';
import { decidePauseStep } from './pause.ts';
import { scaleCanary } from './scaling.ts';
import { completeStep, currentIndexOf } from './steps.ts';
import { stepsOf } from '../defaults.ts';
import type { Steps } from '../effects.ts';
import { reconcileExperiments } from './experiments.ts';
import { syncEphemeralMetadata } from '../replica-sets/metadata-syncing.ts';
import { clearPause } from '../status/pausing.ts';
import { pointServices, servicePair } from './services.ts';
import { isReached } from './progress-threshold.ts';
import { promote } from '../promotion.ts';
import { availableOf, hashOf, sizeOf } from '../replica-sets/replica-set.ts';
import { restartPods, satisfyRestart } from '../restart.ts';
import { pruneHistory } from '../replica-sets/revision-history.ts';
import { syncRevision } from '../replica-sets/revision.ts';
import { isAborted, isStableGone, newSetOf, replicasWanted, stableHashOf, type Draft, type Pass } from '../snapshot.ts';
import { baseStatus, finishStatus, present } from '../status/status.ts';
import { runStepPlugin } from './step-plugins.ts';
import { verifyTargets } from './target-verification.ts';
import { tell } from '../telling.ts';
import { routeTraffic } from './traffic.ts';

export function* canaryPass(pass: Pass, strategy: CanaryStrategy): Steps {
  yield* syncRevision(pass);
  if (hasChanged(pass)) return yield* startUpdate(pass);
  let restartedAt = pass.rollout.status?.restartedAt;
  if (yield* restartPods(pass, (moment) => (restartedAt = moment))) return;
  yield* syncEphemeralMetadata(pass);
  yield* pruneHistory(pass);
  yield* pointServices(pass, strategy);
  yield* verifyTargets(pass, servicePair(pass, strategy).stable);
  yield* routeTraffic(pass, strategy);
  yield* reconcileExperiments(pass);
  yield* reconcileCanaryAnalysis(pass, strategy);
  yield* runStepPlugin(pass);
  const isBusy = pass.pause.added.length > 0 || (yield* scaleCanary(pass, strategy));
  if (!isBusy) decidePauseStep(pass);
  const status = canaryStatus(pass);
  if (restartedAt !== undefined) status.restartedAt = restartedAt;
  yield* endPass(pass, strategy, status);
}

function* startUpdate(pass: Pass): Steps {
  const status = canaryStatus(pass);
  const steps = stepsOf(pass.rollout);
  clearPause(pass);
  satisfyRestart(pass, status);
  delete status.promoteFull;
  status.canary = present({ ...status.canary, ...forgotten });
  if (steps.length > 0) status.currentStepIndex = 0;
  const set = newSetOf(pass);
  const skips = set === undefined || steps.length === 0 ? undefined : skipReason(pass);
  if (skips !== undefined) {
    status.currentStepIndex = steps.length;
    yield* tell('SkipSteps', skips);
  }
  yield* finishStatus(pass, status);
}

const forgotten = {
  currentStepAnalysisRunStatus: undefined,
  currentBackgroundAnalysisRunStatus: undefined,
  stepPluginStatuses: undefined,
};

function skipReason(pass: Pass): string | undefined {
  if (stableHashOf(pass) === pass.hash) return 'Rollback to stable ReplicaSets';
  const runs = sizeOf(newSetOf(pass)) > 0;
  return pass.rollback.isWithinWindow && runs ? 'Rollback to active ReplicaSets within RollbackWindow' : undefined;
}

function canaryStatus(pass: Pass): Draft<RolloutStatus> {
  const { stablePingPong, stepPluginStatuses } = pass.rollout.status?.canary ?? {};
  const canary = present({ ...pass.children, weights: pass.weights, stablePingPong, stepPluginStatuses });
  const index = currentIndexOf(pass);
  return {
    ...baseStatus(pass),
    ...present({ currentStepHash: pass.stepsHash, currentStepIndex: index }),
    canary,
  };
}

function* endPass(pass: Pass, strategy: CanaryStrategy, status: Draft<RolloutStatus>): Steps {
  const { length } = stepsOf(pass.rollout);
  const all = length === 0 ? {} : { currentStepIndex: length };
  if (status.promoteFull === true || (pass.rollback.isWithinWindow && !isAborted(pass))) {
    clearPause(pass);
    Object.assign(status, all);
  }
  const reason = promotionReason(pass, strategy, status);
  if (reason !== undefined) {
    clearPause(pass);
    delete status.promoteFull;
    Object.assign(status, all);
    if (status.stableRS !== pass.hash) flipPingPong(strategy, status);
    yield* promote(pass, status, reason);
  } else if (isAborted(pass)) {
    if (length > 0) status.currentStepIndex = status.stableRS === pass.hash ? length : 0;
  } else yield* completeStep(pass, status);
  yield* finishStatus(pass, status);
}

function promotionReason(
  pass: Pass,
  strategy: CanaryStrategy,
  { promoteFull, currentStepIndex = 0 }: RolloutStatus,
): string | undefined {
  const set = newSetOf(pass);
  if (stableHashOf(pass) === '') return 'Initial deploy';
  if (isAborted(pass)) return undefined;
  const desired = replicasWanted(pass);
  const available = availableOf(set);
  const isThere = available >= desired || isReached({ available, desired }, strategy.replicaProgressThreshold);
  if (set === undefined || !isThere) return undefined;
  if (promoteFull === true) return 'Full promotion requested';
  if (isStableGone(pass)) return 'Initial deploy';
  if (pass.rollback.isWithinWindow) return 'Rollback within window';
  if (hashOf(set) === stableHashOf(pass)) return 'Fast rollback';
  const { length } = stepsOf(pass.rollout);
  return length === 0 || currentStepIndex === length ? `Completed all ${length} canary steps` : undefined;
}

function flipPingPong({ pingPong }: CanaryStrategy, status: Draft<RolloutStatus>): void {
  if (pingPong === undefined) return;
  const stablePingPong = status.canary?.stablePingPong === 'ping' ? 'pong' : 'ping';
  status.canary = { ...status.canary, stablePingPong };
}
