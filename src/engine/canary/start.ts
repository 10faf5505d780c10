/** The start of a run: ask whether it may start, then give the target its pods. Traffic is not touched. */
import { allToPrimary } from '#api/split.ts';
import type { Steps } from './effects.ts';
import { mayStart } from './gates.ts';
import { alerts, says } from './messages.ts';
import { alert, tell } from './reporting.ts';
import { setRoutes } from './routes.ts';
import { scaleTargetFromZero } from './scaling.ts';
import type { Pass } from './snapshot.ts';
import { syncStatus } from './status.ts';

export function* startRun(pass: Pass): Steps {
  if (!(yield* mayStart(pass))) return;
  yield* tell(pass, says.newRevision(pass.names), 'Progressing');
  yield* alert('info', alerts.progressing(), true);
  yield* scaleTargetFromZero(pass);
  yield* syncStatus(pass, 'Progressing');
}

/** Another revision came while one was analysed: all traffic to the primary, and from the beginning. */
export function* restartRun(pass: Pass): Steps {
  yield* tell(pass, says.restarting(pass.names));
  yield* setRoutes(pass, allToPrimary);
  yield* syncStatus(pass, 'Progressing');
}
