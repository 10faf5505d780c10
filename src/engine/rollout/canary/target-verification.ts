/** Pods of the version before stay until every load balancer knows those that have taken over. */
import { blueGreenOf, trafficRoutingOf } from '../defaults.ts';
import { ask, type Steps } from '../effects.ts';
import { deadlineOf, sizeOf } from '../replica-sets/replica-set.ts';
import { selectedHash } from '../services.ts';
import { isFullyPromoted, otherSetsOf, wakeIn, type Pass } from '../snapshot.ts';

/** How long to wait for a data plane that has not taken a weight or a pod on, in milliseconds. */
export const verifyAgainIn = 10_000;

/** Asks about the Service right after it has been pointed at the new version. */
export function* verifyTargets(pass: Pass, service: string | undefined): Steps {
  if (pass.seen.verifiesTargets !== true || service === undefined || service === '') return;
  if (!isJustSwitched(pass, service)) return;
  if (yield* ask({ do: 'verify-targets', service })) return;
  pass.areTargetsVerified = false;
  wakeIn(pass, pass.seen.verifyAgainIn ?? verifyAgainIn);
}

function isJustSwitched(pass: Pass, service: string): boolean {
  const { rollout, seen } = pass;
  if (selectedHash(seen.references.service(service)) !== pass.hash) return false;
  if (blueGreenOf(rollout) !== undefined)
    return !isFullyPromoted(pass) && rollout.status?.blueGreen?.postPromotionAnalysisRunStatus === undefined;
  if (trafficRoutingOf(rollout)?.alb === undefined || !isFullyPromoted(pass)) return false;
  return otherSetsOf(pass).some((set) => sizeOf(set) > 0 && deadlineOf(set) === undefined);
}
