/** From a passed analysis to Succeeded: copy the spec, give the primary its traffic back, scale the target down. */
import { allToPrimary, type Split } from '#api/split.ts';
import { startDraining, stillDraining } from './draining.ts';
import type { Steps } from './effects.ts';
import { callPostRollout } from './gates.ts';
import { alerts, says } from './messages.ts';
import { carriesAll } from './policy.ts';
import { promoteTarget } from './primary.ts';
import { alert, countFinished, showWeight, tell } from './reporting.ts';
import { setRoutes } from './routes.ts';
import { updatePrimaryScaler } from './scaler.ts';
import { scaleTargetToZero } from './scaling.ts';
import { giveApexToPrimary } from './services.ts';
import type { Pass } from './snapshot.ts';
import { setPhase, setStatus } from './status.ts';
import { targetKindOf } from './targets/target-kinds.ts';

/** Copies the target's spec to the primary, which begins to roll. */
export function* startPromotion(pass: Pass): Steps {
  yield* tell(pass, says.copying(pass.names), 'Progressing');
  yield* promoteTarget(pass);
  yield* setPhase(pass, 'Promoting');
}

/** One tick of Promoting, with primary and target ready: traffic goes back to the primary, at once or in steps. */
export function* routeToPrimary(pass: Pass, split: Split): Steps {
  yield* updatePrimaryScaler(pass);
  if (pass.policy.provider === 'kubernetes') {
    if (carriesAll(pass.status)) {
      yield* giveApexToPrimary(pass);
      startDraining(pass);
    }
    yield* setPhase(pass, 'Finalising');
    return;
  }
  const step = pass.canary.spec.analysis.stepWeightPromotion ?? 0;
  // Pods that somebody has stopped can take no part of the traffic any more.
  if (step <= 0 || targetKindOf(pass.canary).isParked(pass.target)) {
    yield* tell(pass, says.allToPrimary());
    yield* setRoutes(pass, allToPrimary);
    yield* showWeight(100, 0);
    yield* finalise(pass);
    return;
  }
  // A crash after the last route write leaves a canary without traffic: then only the status is missing, with the cookies of the route.
  if (split.canary === 0) {
    yield* setRoutes(pass, allToPrimary);
    yield* finalise(pass);
    return;
  }
  const next: Split = {
    primary: Math.min(100, split.primary + step),
    canary: Math.max(0, split.canary - step),
    mirrored: false,
  };
  yield* setRoutes(pass, next);
  yield* showWeight(next.primary, next.canary);
  yield* tell(pass, says.primaryWeight(pass.names, next.primary));
  if (next.primary === 100) yield* finalise(pass);
  else yield* setStatus(pass, { canaryWeight: next.canary });
}

function* finalise(pass: Pass): Steps {
  startDraining(pass);
  yield* setPhase(pass, 'Finalising');
}

/** The tick of Finalising: once the data plane has followed, the target's pods are no longer needed. */
export function* finish(pass: Pass): Steps {
  if (yield* stillDraining(pass)) return;
  yield* scaleTargetToZero(pass);
  yield* setPhase(pass, 'Succeeded');
  yield* countFinished(pass, 'success');
  yield* callPostRollout(pass, 'Succeeded');
  yield* tell(pass, says.promoted(pass.names));
  yield* alert('info', alerts.promoted());
}
