/** Whether the target runs pods: none between runs, some while a run goes on. */
import type { FieldChange } from '#api/field-change.ts';
import type { Steps } from './effects.ts';
import { ask } from './effects.ts';
import { pauseTargetScaler, resumeTargetScaler } from './scaler.ts';
import type { Pass } from './snapshot.ts';
import { targetKindOf } from './targets/target-kinds.ts';

export function* scaleTargetToZero(pass: Pass): Steps {
  yield* pauseTargetScaler(pass);
  yield* scaleTarget(pass, targetKindOf(pass.canary).park(pass), 'down');
}

export function* scaleTargetFromZero(pass: Pass): Steps {
  yield* resumeTargetScaler(pass);
  yield* scaleTarget(pass, targetKindOf(pass.canary).unpark(pass), 'up');
}

/** Gives the target back the pods that its users had before there was a Canary. */
export function* revertTarget(pass: Pass): Steps {
  yield* resumeTargetScaler(pass);
  yield* scaleTarget(pass, targetKindOf(pass.canary).revert(pass), 'up');
}

function* scaleTarget(pass: Pass, changes: readonly FieldChange[], direction: 'up' | 'down'): Steps {
  const { target, namespace } = pass.names;
  const changed = yield* ask({
    do: 'change',
    kind: targetKindOf(pass.canary).kind,
    ref: { namespace, name: target },
    changes,
    failure: `scaling ${direction} ${target}.${namespace} failed`,
  });
  // What was scaled is a workload, and comes back as one.
  pass.target = changed as Pass['target'];
}
