/** The weight that a canary is meant to have by its steps: what its pods are sized for, and what the router gets. */
import { desiredAbortWeight, type AbortFacts } from './abort-weight.ts';
import { currentIndexOf, weightAt } from './steps.ts';
import { abortScaleDownDelaySecondsOf, canaryOf, maxWeightOf, stepsOf } from '../defaults.ts';
import { availableOf } from '../replica-sets/replica-set.ts';
import {
  isFullyPromoted,
  isStableGone,
  newSetOf,
  replicasWanted,
  stableHashOf,
  stableSetOf,
  wasAborted,
  type Pass,
} from '../snapshot.ts';

/** Nothing is tried out: the whole Rollout runs, or is to run, one version. */
export function isWhole(pass: Pass): boolean {
  return (
    pass.rollout.status?.promoteFull === true ||
    stableHashOf(pass) === '' ||
    isFullyPromoted(pass) ||
    isStableGone(pass)
  );
}

/** Out of `maxTrafficWeight`. */
export function wantedWeight(pass: Pass): number {
  const all = maxWeightOf(pass.rollout);
  if (isWhole(pass)) return all;
  if (wasAborted(pass)) return isDynamic(pass) ? desiredAbortWeight(abortFacts(pass)) : 0;
  const index = currentIndexOf(pass);
  if (index === undefined || index >= stepsOf(pass.rollout).length) return all;
  return weightAt(pass, index) ?? 0;
}

export const isDynamic = ({ rollout }: Pass): boolean => canaryOf(rollout)?.dynamicStableScale === true;

/** What an abort has to know of the pods that take the traffic back. */
export function abortFacts(pass: Pass): AbortFacts {
  const { rollout } = pass;
  const explicit = canaryOf(rollout)?.abortScaleDownDelaySeconds;
  return {
    replicas: replicasWanted(pass),
    stableAvailable: availableOf(stableSetOf(pass)),
    canaryAvailable: availableOf(newSetOf(pass)),
    maxWeight: maxWeightOf(rollout),
    steps: stepsOf(rollout),
    hasExplicitDelay: explicit !== undefined && abortScaleDownDelaySecondsOf(rollout) !== undefined,
  };
}
