/** How many pods the target runs: none between runs, as many as the primary when a run starts. */
import type { Steps } from './effects.ts';
import { ask } from './effects.ts';
import type { Pass } from './snapshot.ts';

export function* scaleTargetToZero(pass: Pass): Steps {
  yield* scaleTarget(pass, 0);
}

/** A target that already has pods keeps their number; else it gets the primary's. */
export function* scaleTargetFromZero(pass: Pass): Steps {
  const own = pass.target.spec.replicas ?? 1;
  const ofPrimary = pass.primary?.spec.replicas ?? 1;
  yield* scaleTarget(pass, own > 0 ? own : Math.max(1, ofPrimary));
}

function* scaleTarget(pass: Pass, replicas: number): Steps {
  const { target, namespace } = pass.names;
  if (pass.target.spec.replicas === replicas) return;
  const changed = yield* ask({
    do: 'change',
    kind: 'Deployment',
    ref: { namespace, name: target },
    changes: [{ path: ['spec', 'replicas'], value: replicas }],
    failure: `scaling ${replicas > 0 ? 'up' : 'down'} ${target}.${namespace} to ${replicas} failed`,
  });
  // What was scaled is a Deployment, and comes back as one.
  pass.target = changed as Pass['target'];
}
