/** What every tick makes sure of, and what turns a new Canary into an initialised one. */
import { startDraining, stillDraining } from './draining.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { alerts, says } from './messages.ts';
import { isInitialising } from './policy.ts';
import { ensurePrimary, promoteTarget, runsTarget } from './primary.ts';
import { primaryReadiness } from './readiness.ts';
import { alert, complain, tell, warn } from './reporting.ts';
import { ensurePrimaryScaler } from './scaler.ts';
import { scaleTargetToZero } from './scaling.ts';
import { apexSelectsTarget, ensureApexService, ensureReleaseServices } from './services.ts';
import type { Pass } from './snapshot.ts';
import { setStatus, syncStatus } from './status.ts';

/** Services, primary and routes as the Canary wants them. Answers whether the pass may go on. */
export function* ensureObjects(pass: Pass): Steps<boolean> {
  const initialising = isInitialising(pass.status.phase);
  const checked = initialising && !pass.policy.skip;
  yield* ensureReleaseServices(pass);
  if (checked && pass.status.draining === undefined) yield* checkMetricServers(pass);
  yield* ensurePrimary(pass);
  // Without analysis only users who are served by the target already make the wait worth while.
  const awaited = checked || (initialising && apexSelectsTarget(pass));
  if (awaited && !(yield* firstVersionReady(pass))) return false;
  yield* ensurePrimaryScaler(pass);
  const servedByTarget = apexSelectsTarget(pass);
  yield* ensureApexService(pass);
  if (initialising && !(yield* stopTarget(pass, servedByTarget))) return false;
  yield* ask({ do: 'reconcile-routes' });
  if (initialising) yield* initialised(pass);
  return true;
}

function* checkMetricServers(pass: Pass): Steps {
  const answer = yield* ask({ do: 'check-metric-servers' });
  if (answer.ok) yield* tell(pass, says.metricServersAvailable());
  // Nothing waits for the answer: a run that needs it will tell again.
  else yield* complain(pass, says.metricServersFail(answer.message));
}

/** The first version must run before users are sent to it. There is nothing to go back to: a broken one is waited for, and said on every tick. */
function* firstVersionReady(pass: Pass): Steps<boolean> {
  const readiness = primaryReadiness(pass);
  if (readiness.ready) return true;
  yield* warn(pass, readiness.message);
  if (readiness.final && !runsTarget(pass)) {
    // The user has corrected the target: its new version is the first one.
    yield* tell(pass, says.firstVersionReplaced(pass.names));
    yield* promoteTarget(pass);
  }
  return false;
}

/** Scales the target to zero, after the requests that the apex Service sent to it have ended. */
function* stopTarget(pass: Pass, servedByTarget: boolean): Steps<boolean> {
  if (servedByTarget && pass.status.draining === undefined) {
    startDraining(pass, 'Initialized');
    yield* setStatus(pass, { draining: pass.status.draining });
  }
  if (yield* stillDraining(pass)) return false;
  try {
    yield* scaleTargetToZero(pass);
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
    yield* warn(pass, says.scaleDownFailed(pass.names, error.message));
    return false;
  }
  return true;
}

function* initialised(pass: Pass): Steps {
  yield* syncStatus(pass, 'Initialized');
  yield* tell(pass, says.initialised(pass.names));
  yield* alert('info', alerts.initialised(pass.names), true);
}
