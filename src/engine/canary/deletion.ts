/** The end of a Canary with `revertOnDeletion`: its users get back what they had before there was one. */
import { parseTime } from '#api/time.ts';
import type { Steps } from './effects.ts';
import { ask, PassFailed } from './effects.ts';
import { startDraining, stillDraining } from './draining.ts';
import { says } from './messages.ts';
import { targetReadiness } from './readiness.ts';
import { tell } from './reporting.ts';
import { revertTarget } from './scaling.ts';
import { apexSelectsTarget, revertApexService } from './services.ts';
import type { Pass } from './snapshot.ts';
import { setPhase, setStatus } from './status.ts';

const finalizer = 'finalizer.flagger.app';

/** How long a target that starts is given before it is looked at again, in milliseconds. */
export const readinessPoll = 3_000;

/** How long a target may take to start before the user is told that the Canary waits for it, in milliseconds: as long as the original's last check. */
const readinessPatience = 21_000;

/** When a revert that the world refused is tried again, in milliseconds: as often as the original's resync. */
export const revertRetry = 30_000;

/** Keeps the finalizer as the Canary's user wants it: with it the API server waits for `revert` before the Canary is gone. */
export function* keepFinalizer(pass: Pass): Steps {
  const { finalizers = [] } = pass.canary.metadata;
  const wanted = pass.canary.spec.revertOnDeletion === true;
  if (wanted === finalizers.includes(finalizer)) return;
  yield* ask({ do: 'set-finalizer', name: finalizer, present: wanted });
}

export function mustRevert({ canary }: Pass): boolean {
  return canary.metadata.deletionTimestamp !== undefined && canary.metadata.finalizers?.includes(finalizer) === true;
}

/** One pass of the end: pods for the target, then its Service, then no more traffic for the primary. Answers whether to look again soon. */
export function* revert(pass: Pass): Steps<boolean> {
  if (pass.status.phase !== 'Terminating') {
    yield* setPhase(pass, 'Terminating');
    yield* tell(pass, says.terminating(pass.names));
  }
  // A target that is gone needs nothing back, and must not keep the Canary for ever; nor does one that another Canary works on.
  const { target, rival } = pass.seen;
  if (target !== undefined && rival === undefined && pass.status.draining === undefined) {
    yield* revertTarget(pass);
    const readiness = targetReadiness(pass);
    if (!readiness.ready) {
      if (readiness.final || waitsTooLong(pass)) throw new PassFailed(says.notFinalized(readiness.message));
      return true;
    }
    if (pass.seen.services.apex !== undefined && !apexSelectsTarget(pass)) {
      yield* revertApexService(pass);
      startDraining(pass, 'Terminated');
      if (pass.status.draining !== undefined) yield* setStatus(pass, { draining: pass.status.draining });
    }
  }
  if (yield* stillDraining(pass)) return false;
  // The event comes first: with its last finalizer the Canary is gone.
  yield* tell(pass, says.terminated(pass.names));
  yield* ask({ do: 'set-finalizer', name: finalizer, present: false });
  return false;
}

/** The last write of the status was that of the phase. */
function waitsTooLong({ status, seen }: Pass): boolean {
  return parseTime(status.lastTransitionTime ?? '') + readinessPatience <= seen.now;
}
