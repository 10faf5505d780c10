/** The progressive canary: traffic moves to the canary step by step, up to the weight at which it is promoted. */
import type { Split } from '#api/split.ts';
import type { Steps } from '../effects.ts';
import { mayIncreaseTraffic, mayPromote } from '../gates.ts';
import { says } from '../messages.ts';
import { nextStep } from '../policy.ts';
import { startPromotion } from '../promotion.ts';
import { showWeight, tell } from '../reporting.ts';
import { setRoutes } from '../routes.ts';
import type { Pass } from '../snapshot.ts';
import { setStatus } from '../status.ts';

export function* progressive(pass: Pass, split: Split): Steps {
  const { names, policy, canary } = pass;
  const step = nextStep(canary.spec.analysis, split.canary);
  if (step <= 0) return;
  const waitingForPromotion = pass.status.phase === 'WaitingPromotion';
  if (!split.mirrored && !waitingForPromotion && !(yield* mayIncreaseTraffic(pass))) return;

  if (split.canary < policy.maxWeight) {
    const next = advanced(split, step, policy.mirror);
    yield* setRoutes(pass, next);
    yield* setStatus(pass, { canaryWeight: next.canary });
    yield* showWeight(next.primary, next.canary);
    yield* tell(pass, says.canaryWeight(names, next.canary));
    return;
  }
  if (yield* mayPromote(pass)) yield* startPromotion(pass);
}

/** The next split: with `mirror` the first step copies the traffic, and only the following one shifts it. */
function advanced(split: Split, step: number, mirror: boolean): Split {
  if (mirror && split.canary === 0 && !split.mirrored) return { primary: 100, canary: 0, mirrored: true };
  return { primary: Math.max(0, split.primary - step), canary: Math.min(100, split.canary + step), mirrored: false };
}
