/** Moving traffic. Every change of a route goes through here, and is refused where traffic could not be taken. */
import type { Split } from '#api/split.ts';
import type { Workload } from '#api/workload.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import type { Pass } from './snapshot.ts';
import { withFields } from './status.ts';

/** Writes a split; session cookies that the router made are in the status from then on, and are kept by its next write. */
export function* setRoutes(pass: Pass, split: Split): Steps {
  const refusal = refusedBecause(split, pass);
  if (refusal !== undefined) throw new PassFailed(refusal);
  const cookies = yield* ask({ do: 'set-routes', split });
  pass.status = withFields(pass.status, cookies);
}

/**
 * Where traffic may go: a side that gets some must have an available pod, unless the other side has none either
 * (then any choice is as bad, and the caller knows which side is wanted). `undefined` when the split may be written.
 */
export function refusedBecause(
  split: Split,
  { primary, target, names }: Pick<Pass, 'primary' | 'target' | 'names'>,
): string | undefined {
  const primaryServes = hasPods(primary);
  const canaryServes = hasPods(target);
  if (split.canary > 0 && !canaryServes && primaryServes) {
    return `Cannot route ${split.canary}% of the traffic to ${names.target}.${names.namespace}: it has no available pods`;
  }
  if (split.primary > 0 && !primaryServes && canaryServes) {
    return `Cannot route ${split.primary}% of the traffic to ${names.primary}.${names.namespace}: it has no available pods`;
  }
  return undefined;
}

function hasPods(workload: Workload | undefined): boolean {
  const { availableReplicas, numberAvailable } = (workload?.status ?? {}) as {
    availableReplicas?: number;
    numberAvailable?: number;
  }; // of a Deployment or a DaemonSet
  return (availableReplicas ?? numberAvailable ?? 0) > 0;
}
