/** Pods of a canary: how many each version should have by now, and the one change of size that comes next. */
import type { CanaryStrategy, TrafficWeights } from '#api/rollout.ts';
import { approximateSplit, moveTowards, type Sizes } from './basic-size.ts';
import { currentIndexOf } from './steps.ts';
import { isDynamic, isWhole, wantedWeight } from './weight.ts';
import { canaryOf, maxWeightOf, stepsOf, trafficRoutingOf } from '../defaults.ts';
import type { Steps } from '../effects.ts';
import { rolloutLimits } from '../limits.ts';
import { isReached } from './progress-threshold.ts';
import {
  availableOf,
  byAge,
  byRevisionDescending,
  deadlineOf,
  hashOf,
  observedOf,
  sizeOf,
  stayingOf,
  total,
  type ReplicaSet,
} from '../replica-sets/replica-set.ts';
import { canaryScaleInForce, routedSizes } from './routed-size.ts';
import {
  delaysAbort,
  dropDeadlines,
  isReferenced,
  scale,
  scaleAborted,
  scaleLingering,
} from '../replica-sets/scaling.ts';
import {
  isFullyPromoted,
  hasPauseCondition,
  isHalted,
  newSetOf,
  otherSetsOf,
  replicasWanted,
  stableSetOf,
  wasAborted,
  type Pass,
} from '../snapshot.ts';
import { scaleWorkloadProgressively } from '../workload-scaling.ts';

/** The stable ReplicaSet where it is another than the new one. */
function oldStableOf(pass: Pass): ReplicaSet | undefined {
  const stable = stableSetOf(pass);
  return stable === undefined || hashOf(stable) === pass.hash ? undefined : stable;
}

/** What the sizes should be in the end. `weights`: what the router was told, where stable shrinks with its traffic. */
export function wantedSizes(pass: Pass, weights: TrafficWeights | undefined): Sizes {
  const { rollout } = pass;
  const replicas = replicasWanted(pass);
  const strategy = canaryOf(rollout);
  const isRouted = trafficRoutingOf(rollout) !== undefined;
  const weight = wantedWeight(pass);
  const maxWeight = maxWeightOf(rollout);
  if (!isRouted) {
    if (oldStableOf(pass) === undefined) return { canary: replicas, stable: 0 };
    return approximateSplit({ replicas, weight, maxWeight, surge: limitsOf(pass).surge });
  }
  return routedSizes({
    replicas,
    weight,
    maxWeight,
    minPods: strategy?.minPodsPerReplicaSet,
    dynamicStableScale: isDynamic(pass),
    isAborted: wasAborted(pass),
    actual: weights === undefined ? undefined : { canary: weights.canary.weight, stable: weights.stable.weight },
    scale: canaryScaleInForce({
      steps: stepsOf(rollout),
      index: currentIndexOf(pass),
      isWhole: isWhole(pass),
      isAborted: wasAborted(pass),
      abortScaleDownDelaySeconds: strategy?.abortScaleDownDelaySeconds,
    }),
  });
}

function limitsOf({ rollout }: Pass): ReturnType<typeof rolloutLimits> {
  const { maxSurge, maxUnavailable } = canaryOf(rollout) ?? {};
  return rolloutLimits({ replicas: rollout.spec.replicas ?? 1, maxSurge, maxUnavailable });
}

/**
 * Both versions have the pods that the current step asks for, and nothing else takes requests. Without a router that is what the
 * limits allow as the next move: as the original, a step is complete where nothing can move for now.
 */
export function isSizeReached(pass: Pass, weights: TrafficWeights | undefined): boolean {
  const isRouted = trafficRoutingOf(pass.rollout) !== undefined;
  const wanted = isRouted ? wantedSizes(pass, weights) : nextBasicSizes(pass);
  const canary = newSetOf(pass);
  const threshold = canaryOf(pass.rollout)?.replicaProgressThreshold;
  const progress = { available: availableOf(canary), desired: wanted.canary, size: sizeOf(canary) };
  if (!isReached(progress, threshold)) return false;
  const stable = oldStableOf(pass);
  const isStableFree = isRouted && isDynamic(pass);
  if (
    stable !== undefined &&
    !isStableFree &&
    !(sizeOf(stable) === wanted.stable && observedOf(stable) === wanted.stable)
  )
    return false;
  return isRouted || total(otherSetsOf(pass), availableOf) === 0;
}

/**
 * Sizes stay as they are, whatever is wanted. An abort is not held up by a pause of the user: the new version must not go on serving.
 * A pause for an undecided analysis ends with the pass that sees the abort.
 */
export const isFrozen = (pass: Pass): boolean =>
  hasPauseCondition(pass, 'InconclusiveAnalysisRun') || (isHalted(pass) && !wasAborted(pass));

/** The first change that is due; the next pass reckons anew from what has become of it. Answers whether a size has changed. */
export function* scaleCanary(pass: Pass, strategy: CanaryStrategy): Steps<boolean> {
  if (isFrozen(pass)) return false;
  yield* dropDeadlines(pass);
  const isRouted = trafficRoutingOf(pass.rollout) !== undefined;
  const next = isRouted ? nextRoutedSizes(pass) : nextBasicSizes(pass);
  const stable = oldStableOf(pass);
  if (stable !== undefined && (yield* scale(pass, stable, next.stable))) return true;
  const set = newSetOf(pass);
  if (set !== undefined) {
    yield* scaleWorkloadProgressively(pass, next.canary < sizeOf(set));
    if (delaysAbort(pass) ? yield* scaleAborted(pass, set) : yield* scale(pass, set, next.canary)) return true;
  }
  return yield* scaleOthers(pass, strategy, isRouted);
}

/** Stable follows what the router had been told before this pass, the canary what it is told now. */
function nextRoutedSizes(pass: Pass): Sizes {
  return {
    stable: wantedSizes(pass, pass.rollout.status?.canary?.weights).stable,
    canary: wantedSizes(pass, pass.weights).canary,
  };
}

function nextBasicSizes(pass: Pass): Sizes {
  const limits = { ...limitsOf(pass), replicas: replicasWanted(pass) };
  const pods = (set: ReplicaSet | undefined): { size: number; available: number } => ({
    size: sizeOf(set),
    available: availableOf(set),
  });
  const others = total(otherSetsOf(pass), sizeOf);
  return moveTowards(limits, wantedSizes(pass, undefined), pods(newSetOf(pass)), pods(oldStableOf(pass)), others);
}

/** Versions that are neither new nor stable go, as fast as enough pods are left to serve. */
function* scaleOthers(pass: Pass, strategy: CanaryStrategy, isRouted: boolean): Steps<boolean> {
  if (!pass.areTargetsVerified) return false;
  let scaled = yield* dropUnhealthy(pass);
  let budget = total(pass.sets, stayingOf) - (replicasWanted(pass) - limitsOf(pass).unavailable);
  if (budget <= 0) return scaled;
  const sets = otherSetsOf(pass).filter((set) => sizeOf(set) > 0);
  const free = isRouted ? sets.filter((set) => !isReferenced(pass, set)) : sets;
  const lingers = (set: ReplicaSet): boolean =>
    isRouted && strategy.dynamicStableScale !== true && (isFullyPromoted(pass) || deadlineOf(set) !== undefined);
  scaled = (yield* scaleLingering(pass, free.filter(lingers), sizeOf)) || scaled;
  for (const set of free.filter((one) => !lingers(one)).toSorted(byRevisionDescending)) {
    if (budget <= 0) break;
    const size = isRouted ? 0 : Math.max(0, sizeOf(set) - budget);
    budget -= sizeOf(set) - size;
    scaled = (yield* scale(pass, set, size)) || scaled;
  }
  return scaled;
}

/** Pods of old versions that are not available are of no use to anybody. */
function* dropUnhealthy(pass: Pass): Steps<boolean> {
  let scaled = false;
  for (const set of otherSetsOf(pass).toSorted(byAge))
    if (sizeOf(set) > availableOf(set)) scaled = (yield* scale(pass, set, availableOf(set))) || scaled;
  return scaled;
}
