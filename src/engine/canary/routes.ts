/** Moving traffic. Every change of a route goes through here, and is refused where traffic could not be taken. */
import { allToPrimary, type Split } from '#api/split.ts';
import type { Workload } from '#api/workload.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { says } from './messages.ts';
import { isRunning } from './policy.ts';
import { showWeight, warn } from './reporting.ts';
import type { Pass } from './snapshot.ts';
import { setStatus, withFields } from './status.ts';

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

/**
 * Takes the traffic from a canary whose pods are gone, or which is gone itself, as long as the primary can take it. The run stays
 * where it is: once the canary has pods again, it is given traffic from the first step on.
 */
export function* leaveVanishedCanary(pass: Pass): Steps {
  const { policy, status } = pass;
  const target = pass.seen.target;
  if (!isRunning(status.phase) || policy.provider === 'kubernetes' || hasPods(target) || !hasPods(pass.primary)) return;
  const split = yield* ask({ do: 'read-routes' });
  if (split.canary === 0) return;
  yield* ask({ do: 'set-routes', split: allToPrimary });
  yield* warn(pass, says.canaryVanished(pass.names));
  yield* showWeight(100, 0);
  yield* setStatus(pass, { canaryWeight: 0 });
}

function hasPods(workload: Workload | undefined): boolean {
  const { availableReplicas, numberAvailable } = (workload?.status ?? {}) as {
    availableReplicas?: number;
    numberAvailable?: number;
  }; // of a Deployment or a DaemonSet
  return (availableReplicas ?? numberAvailable ?? 0) > 0;
}
