/** Sizes of a canary with a router: the router splits the traffic, so that each version has the pods that its share needs. */
import type { CanaryStep, SetCanaryScale } from '#api/rollout.ts';
import type { Sizes } from './basic-size.ts';

/** What a `setCanaryScale` step asks for: a number of pods, or a share of the replicas out of `maxWeight`. */
export type CanaryScale = { readonly replicas: number } | { readonly weight: number };

/** Weights that the router was last told, out of `maxWeight`. */
export interface ActualWeights {
  readonly canary: number;
  readonly stable: number;
}

export interface RoutedFacts {
  readonly replicas: number;
  /** The wanted weight of the canary, out of `maxWeight`. */
  readonly weight: number;
  readonly maxWeight: number;
  /** The `setCanaryScale` that is in force. */
  readonly scale?: CanaryScale | undefined;
  /** Least pods of a version that has any: `minPodsPerReplicaSet`. */
  readonly minPods?: number | undefined;
  /** The stable version shrinks as its traffic does. */
  readonly dynamicStableScale?: boolean | undefined;
  readonly actual?: ActualWeights | undefined;
  readonly isAborted?: boolean | undefined;
}

export function routedSizes(facts: RoutedFacts): Sizes {
  const { replicas, maxWeight, scale, actual } = facts;
  const canary = canarySize(facts);
  if (facts.dynamicStableScale !== true) return { canary, stable: replicas };
  const weight = scale !== undefined && 'replicas' in scale ? 0 : facts.weight;
  // Pods that still get traffic stay until the router has taken it from them.
  const busyCanary = facts.isAborted === true ? share(facts, actual?.canary ?? 0) : 0;
  const busyStable = share(facts, actual?.stable ?? 0);
  return {
    canary: atLeast(facts, Math.max(canary, busyCanary)),
    stable: atLeast(facts, Math.max(0, share(facts, maxWeight - weight), busyStable)),
  };
}

function canarySize(facts: RoutedFacts): number {
  const { scale } = facts;
  if (scale === undefined) return atLeast(facts, share(facts, facts.weight));
  return 'replicas' in scale ? scale.replicas : atLeast(facts, share(facts, scale.weight));
}

/** Pods for a weight. */
function share({ replicas, maxWeight }: RoutedFacts, weight: number): number {
  return Math.ceil((replicas * weight) / maxWeight);
}

/** A version that has no pods needs none. */
function atLeast({ minPods = 0, replicas }: RoutedFacts, size: number): number {
  return size === 0 ? 0 : Math.max(size, Math.min(minPods, replicas));
}

export interface ScaleFacts {
  readonly steps: readonly CanaryStep[];
  /** Of the current step. */
  readonly index: number | undefined;
  /** Nothing is tried out: a full promotion, a first deployment, or the stable version itself. */
  readonly isWhole: boolean;
  readonly isAborted: boolean;
  /** As the user wrote it. */
  readonly abortScaleDownDelaySeconds?: number | undefined;
}

/** The last `setCanaryScale` up to the current step, unless it is the weight that decides. */
export function canaryScaleInForce(facts: ScaleFacts): CanaryScale | undefined {
  const { steps, index, isWhole, isAborted, abortScaleDownDelaySeconds } = facts;
  if (isWhole || index === undefined || index >= steps.length) return undefined;
  if (isAborted && abortScaleDownDelaySeconds !== 0) return undefined;
  const last = steps.slice(0, index + 1).findLast((step) => step.setCanaryScale !== undefined);
  return wantedScale(last?.setCanaryScale);
}

function wantedScale(step: SetCanaryScale | undefined): CanaryScale | undefined {
  if (step === undefined || step.matchTrafficWeight === true) return undefined;
  if (step.replicas !== undefined) return { replicas: step.replicas };
  return step.weight === undefined ? undefined : { weight: step.weight };
}
