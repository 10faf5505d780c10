/** Promotion without checks, for users who set `skipAnalysis`, at any point of a run. */
import { allToPrimary } from '#api/split.ts';
import { startDraining, stillDraining } from './draining.ts';
import type { Steps } from './effects.ts';
import { callPostRollout } from './gates.ts';
import { alerts, says } from './messages.ts';
import { promoteTarget } from './primary.ts';
import { alert, countFinished, showWeight, tell } from './reporting.ts';
import { setRoutes } from './routes.ts';
import { updatePrimaryScaler } from './scaler.ts';
import { scaleTargetToZero } from './scaling.ts';
import type { Pass } from './snapshot.ts';
import { setPhase, setStatus } from './status.ts';

export function* skipAnalysis(pass: Pass): Steps {
  yield* setRoutes(pass, allToPrimary);
  yield* showWeight(100, 0);
  yield* tell(pass, says.copying(pass.names));
  yield* promoteTarget(pass);
  yield* updatePrimaryScaler(pass);
  startDraining(pass, 'Succeeded');
  if (pass.status.draining === undefined) yield* finishSkip(pass);
  else yield* setStatus(pass, { draining: pass.status.draining });
}

/** The end of a skipped run, in a pass of its own when traffic had to drain. */
export function* finishSkip(pass: Pass): Steps {
  if (yield* stillDraining(pass)) return;
  yield* scaleTargetToZero(pass);
  yield* setPhase(pass, 'Succeeded');
  yield* countFinished(pass, 'success', 'skipped');
  yield* callPostRollout(pass, 'Succeeded');
  yield* tell(pass, says.skipped(pass.names));
  yield* alert('info', alerts.skipped());
}
