/** `workloadRef.scaleDown`: the Deployment whose template the Rollout took over gives its pods up. */
import { ask, PassFailed, type Steps } from './effects.ts';
import { revisionOf } from './replica-sets/replica-set.ts';
import { newSetOf, replicasWanted, type Pass } from './snapshot.ts';
import { rolloutRevisionOf } from './replica-sets/revision.ts';

/** `onsuccess`: once the first revision is healthy. */
export function* scaleWorkloadOnSuccess(pass: Pass): Steps {
  const { workloadRef } = pass.rollout.spec;
  if (workloadRef?.scaleDown !== 'onsuccess' || workloadRef.name === undefined) return;
  if (rolloutRevisionOf(pass) !== '1' || pass.rollout.status?.phase !== 'Healthy') return;
  yield* ask({ do: 'scale-deployment', name: workloadRef.name, replicas: 0 });
}

/**
 * `progressively`: as many pods as the first revision does not have yet. `isShrinking`: the new ReplicaSet is about to lose pods.
 * What goes wrong here must not stop the Rollout: the next pass tries again.
 */
export function* scaleWorkloadProgressively(pass: Pass, isShrinking: boolean): Steps {
  const { workloadRef } = pass.rollout.spec;
  const set = newSetOf(pass);
  if (workloadRef?.scaleDown !== 'progressively' || workloadRef.name === undefined || revisionOf(set) !== 1) return;
  const { phase, readyReplicas = 0 } = pass.rollout.status ?? {};
  const isHealthy = phase === 'Healthy';
  if (!isHealthy && readyReplicas === 0 && !isShrinking) return;
  const replicas = isHealthy ? 0 : Math.max(0, replicasWanted(pass) - readyReplicas);
  try {
    yield* ask({ do: 'scale-deployment', name: workloadRef.name, replicas });
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
  }
}
