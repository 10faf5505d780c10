/** What was new becomes stable. */
import type { RolloutStatus } from '#api/rollout.ts';
import type { Steps } from './effects.ts';
import { rolloutRevisionOf } from './replica-sets/revision.ts';
import type { Draft, Pass } from './snapshot.ts';
import { tell } from './telling.ts';
import { scaleWorkloadOnSuccess } from './workload-scaling.ts';

/** Tells it when it is a change, and lets the workload go whose template was taken over. */
export function* promote(pass: Pass, status: Draft<RolloutStatus>, reason: string): Steps {
  if (status.stableRS !== pass.hash) {
    status.stableRS = pass.hash;
    pass.promotion = reason;
    yield* tell(
      'RolloutCompleted',
      `Rollout completed update to revision ${rolloutRevisionOf(pass)} (${pass.hash}): ${reason}`,
    );
  }
  yield* scaleWorkloadOnSuccess(pass);
}
