/** The start of a run: ask whether it may start, then give the target its pods. Traffic is not touched. */
import { allToPrimary } from '#api/split.ts';
import type { Steps } from './effects.ts';
import { mayStart } from './gates.ts';
import { alerts, says } from './messages.ts';
import { carriesAll } from './policy.ts';
import { primaryReadiness } from './readiness.ts';
import { alert, tell } from './reporting.ts';
import { setRoutes } from './routes.ts';
import { scaleTargetFromZero } from './scaling.ts';
import type { Pass } from './snapshot.ts';
import { noCounters, syncStatus } from './status.ts';

export function* startRun(pass: Pass): Steps {
  if (!(yield* mayStart(pass))) return;
  yield* tell(pass, says.newRevision(pass.names), 'Progressing');
  yield* alert('info', alerts.progressing(), true);
  yield* scaleTargetFromZero(pass);
  // A canary that carries all the traffic keeps it while it is tried again.
  const canaryWeight = carriesAll(pass.status) ? 100 : 0;
  yield* syncStatus(pass, 'Progressing', { ...noCounters, canaryWeight });
}

/** Another revision came while one was analysed: from the beginning, with all traffic on the primary unless that cannot take it. */
export function* restartRun(pass: Pass): Steps {
  const irreplaceable = carriesAll(pass.status) && !primaryReadiness(pass).ready;
  if (!irreplaceable) yield* setRoutes(pass, allToPrimary);
  yield* tell(pass, says.restarting(pass.names));
  yield* syncStatus(pass, 'Progressing', { ...noCounters, canaryWeight: irreplaceable ? 100 : 0 });
}
