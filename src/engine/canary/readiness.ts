/** Whether a workload has finished its own rollout, and whether waiting for it still makes sense. */
import type { Pass } from './snapshot.ts';
import type { Readiness } from './targets/rollout-readiness.ts';
import { targetKindOf } from './targets/target-kinds.ts';

/** The primary, judged by `analysis.primaryReadyThreshold`. */
export function primaryReadiness(pass: Pass): Readiness {
  const { primary, namespace, kind } = pass.names;
  if (pass.primary !== undefined) return targetKindOf(pass.canary).primaryReadiness(pass.primary, pass);
  const lower = kind.toLowerCase();
  return {
    ready: false,
    final: false,
    message: `${lower} ${primary}.${namespace} get query error: ${lower}s.apps "${primary}" not found`,
  };
}

/** The target, judged by `analysis.canaryReadyThreshold`. */
export function targetReadiness(pass: Pass): Readiness {
  return targetKindOf(pass.canary).targetReadiness(pass);
}
