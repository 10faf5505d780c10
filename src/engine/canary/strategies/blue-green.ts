/** Blue/Green: the canary is tested for a number of iterations without users, then gets all traffic at once. */
import { allToCanary, type Split } from '#api/split.ts';
import type { Steps } from '../effects.ts';
import { PassFailed } from '../effects.ts';
import { mayPromote } from '../gates.ts';
import { says } from '../messages.ts';
import { startPromotion } from '../promotion.ts';
import { complain, showWeight, tell } from '../reporting.ts';
import { setRoutes } from '../routes.ts';
import type { Pass } from '../snapshot.ts';
import { setStatus } from '../status.ts';

export function* blueGreen(pass: Pass, split: Split): Steps {
  const { iterations, provider, mirror } = pass.policy;
  const routed = provider !== 'kubernetes';
  if (pass.status.iterations < iterations) {
    if (routed && mirror && !split.mirrored) yield* startMirroring(pass);
    yield* setStatus(pass, { iterations: pass.status.iterations + 1 });
    yield* tell(pass, says.iteration(pass.names, pass.status.iterations, iterations));
    return;
  }
  if (!(yield* mayPromote(pass))) return;
  if (pass.status.iterations === iterations) {
    if (routed) yield* giveAllToCanary(pass, mirror);
    yield* setStatus(pass, { iterations: iterations + 1 });
    return;
  }
  yield* startPromotion(pass);
}

/** A mirror that cannot be made is reported, and the test goes on without it. */
function* startMirroring(pass: Pass): Steps {
  try {
    yield* setRoutes(pass, { primary: 100, canary: 0, mirrored: true });
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
    yield* complain(pass, error.message);
  }
}

function* giveAllToCanary(pass: Pass, mirror: boolean): Steps {
  yield* tell(pass, mirror ? says.stopMirroring() : says.allToCanary());
  yield* setRoutes(pass, allToCanary);
  yield* showWeight(0, 100);
}
