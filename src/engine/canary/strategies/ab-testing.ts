/** A/B testing: requests that match go to the canary for a number of iterations, all others to the primary. */
import { allToCanary } from '#api/split.ts';
import type { Steps } from '../effects.ts';
import { mayPromote } from '../gates.ts';
import { says } from '../messages.ts';
import { startPromotion } from '../promotion.ts';
import { showWeight, tell } from '../reporting.ts';
import { setRoutes } from '../routes.ts';
import type { Pass } from '../snapshot.ts';
import { setStatus } from '../status.ts';

export function* abTesting(pass: Pass): Steps {
  const { iterations } = pass.policy;
  if (pass.status.iterations < iterations) {
    // The router gives this split to the matching requests only.
    yield* setRoutes(pass, allToCanary);
    yield* showWeight(0, 100);
    yield* setStatus(pass, { iterations: pass.status.iterations + 1 });
    yield* tell(pass, says.iteration(pass.names, pass.status.iterations, iterations));
    return;
  }
  if (yield* mayPromote(pass)) yield* startPromotion(pass);
}
