/** How traffic leaves an aborted canary whose stable version has shrunk: no faster than stable pods come back to take it. */

export interface AbortFacts {
  readonly replicas: number;
  /** Available pods of each version. */
  readonly stableAvailable: number;
  readonly canaryAvailable: number;
  /** Weights of the steps and of the result are out of it. */
  readonly maxWeight: number;
  readonly steps: readonly { readonly setWeight?: number }[];
  /** `abortScaleDownDelaySeconds` is written, and not 0: the canary keeps its pods until it has no traffic. */
  readonly hasExplicitDelay: boolean;
}

/** The weight of the canary to go to next: the steps are walked backwards as far as the pods do not allow more. */
export function desiredAbortWeight(facts: AbortFacts): number {
  const { replicas, stableAvailable, canaryAvailable, maxWeight, steps, hasExplicitDelay } = facts;
  const missing = replicas - stableAvailable;
  const busy = hasExplicitDelay ? missing : Math.max(missing, canaryAvailable);
  return (
    steps
      .flatMap(({ setWeight }) => (setWeight === undefined ? [] : [setWeight]))
      .findLast((weight) => Math.ceil((replicas * weight) / maxWeight) < busy) ?? 0
  );
}

export interface AbortWeightFacts extends AbortFacts {
  readonly dynamicStableScale: boolean;
  /** Weight of the canary that the router was last told. */
  readonly recorded: number | undefined;
}

/** The weight that the router is told. */
export function abortWeight(facts: AbortWeightFacts): number {
  const { replicas, stableAvailable, maxWeight, dynamicStableScale, recorded } = facts;
  if (!dynamicStableScale || replicas === 0) return 0;
  const bearable = Math.floor((maxWeight * stableAvailable) / replicas);
  const rest = Math.max(0, maxWeight - bearable);
  const desired = desiredAbortWeight(facts);
  if (recorded === undefined) return Math.max(rest, desired);
  if (desired <= 0) return Math.min(rest, recorded);
  const isStableReady = bearable >= maxWeight - desired;
  return isStableReady ? Math.min(desired, recorded) : recorded;
}
