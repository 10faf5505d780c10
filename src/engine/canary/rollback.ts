/** The two ways in which a run fails: back to the primary, or, when the primary itself broke while it was promoted, on with the canary. */
import { allToCanary, allToPrimary } from '#api/split.ts';
import { startDraining, stillDraining } from './draining.ts';
import type { Steps } from './effects.ts';
import { callPostRollout } from './gates.ts';
import { alerts, says } from './messages.ts';
import { alert, countFinished, showWeight, warn } from './reporting.ts';
import { setRoutes } from './routes.ts';
import { scaleTargetToZero } from './scaling.ts';
import { giveApexToCanary } from './services.ts';
import type { Pass } from './snapshot.ts';
import { noCounters, setStatus, syncFailed } from './status.ts';

/**
 * All traffic back to the primary; the target's pods go once the data plane has followed. `reason`: why, where it is neither the threshold
 * nor a hook, which alert by themselves.
 */
export function* rollBack(pass: Pass, reason?: string): Steps {
  const { names, policy, status } = pass;
  if (status.failedChecks >= policy.threshold) {
    yield* warn(pass, says.thresholdReached(names, status.failedChecks));
    yield* alert('error', alerts.thresholdReached(status.failedChecks));
  } else if (reason !== undefined) {
    yield* alert('error', alerts.failed(reason));
  }
  yield* setRoutes(pass, allToPrimary);
  yield* warn(pass, says.failed(names), 'Failed');
  yield* showWeight(100, 0);
  startDraining(pass, 'Failed');
  if (pass.status.draining === undefined) yield* finishRollback(pass);
  else yield* setStatus(pass, { draining: pass.status.draining });
}

/** The end of a rollback, in a pass of its own when traffic had to drain. */
export function* finishRollback(pass: Pass): Steps {
  if (yield* stillDraining(pass)) return;
  const before = pass.status.phase;
  yield* scaleTargetToZero(pass);
  yield* syncFailed(pass);
  yield* countFinished(pass, 'failure');
  yield* callPostRollout(pass, 'Failed', before);
}

/** The primary broke while promoting: all traffic to the canary, which has passed its analysis and stays up. */
export function* failPromotion(pass: Pass, reason: string): Steps {
  yield* warn(pass, says.promotionFailed(pass.names, reason));
  yield* alert('error', alerts.promotionFailed(reason));
  yield* setRoutes(pass, allToCanary);
  yield* showWeight(0, 100);
  yield* giveApexToCanary(pass);
  yield* syncFailed(pass, { ...noCounters, canaryWeight: 100 });
  yield* countFinished(pass, 'failure');
  yield* callPostRollout(pass, 'Failed');
}
