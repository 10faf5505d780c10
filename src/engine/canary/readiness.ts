/** Whether a workload has finished its own rollout, and whether waiting for it still makes sense. */
import { parseTime } from '#api/time.ts';
import type { Workload, WorkloadCondition } from '#api/workload.ts';
import type { Pass } from './snapshot.ts';

export type Readiness =
  | { readonly ready: true }
  /** `final`: the deadline is over, waiting longer is pointless. */
  | { readonly ready: false; readonly final: boolean; readonly message: string };

const ready: Readiness = { ready: true };

/** The primary, judged by `analysis.primaryReadyThreshold`. */
export function primaryReadiness(pass: Pass): Readiness {
  const { primary, namespace } = pass.names;
  if (pass.primary === undefined)
    return notFound(`deployment ${primary}.${namespace} get query error: deployments.apps "${primary}" not found`);
  return prefixed(
    `${primary}.${namespace} not ready: `,
    deploymentReadiness(pass.primary, pass.policy.primaryReadyThreshold, pass),
  );
}

/** The target, judged by `analysis.canaryReadyThreshold`. */
export function targetReadiness(pass: Pass): Readiness {
  const { target, namespace } = pass.names;
  return prefixed(
    `canary deployment ${target}.${namespace} not ready: `,
    deploymentReadiness(pass.target, pass.policy.canaryReadyThreshold, pass),
  );
}

function notFound(message: string): Readiness {
  return { ready: false, final: false, message };
}

function prefixed(prefix: string, readiness: Readiness): Readiness {
  return readiness.ready ? readiness : { ...readiness, message: `${prefix}${readiness.message}` };
}

/**
 * The original's rules for a Deployment, in its order. `threshold` is the percentage of updated pods that must be available;
 * the Canary's deadline counts from the last update of a Deployment that lacks its minimum of pods.
 */
function deploymentReadiness(deployment: Workload, threshold: number, pass: Pass): Readiness {
  const { spec, status = {}, metadata } = deployment;
  const waiting = (detail: string, final: boolean): Readiness => ({
    ready: false,
    final,
    message: `waiting for rollout to finish: ${detail}`,
  });
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return waiting('observed deployment generation less than desired generation', false);
  }
  const conditions = status.conditions ?? [];
  const progressing = conditions.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return { ready: false, final: true, message: `deployment "${metadata.name}" exceeded its progress deadline` };
  }
  const final = progressing !== undefined && unavailableTooLong(conditions, pass);
  const desired = spec.replicas ?? 1;
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status;
  if (updated < desired) return waiting(`${updated} out of ${desired} new replicas have been updated`, final);
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination`, final);
  const needed = Math.trunc(Math.fround(updated * Math.fround(threshold / 100)));
  if (available < needed) {
    return waiting(`${available} of ${needed} (readyThreshold ${threshold}%) updated replicas are available`, final);
  }
  return ready;
}

function unavailableTooLong(conditions: readonly WorkloadCondition[], pass: Pass): boolean {
  const available = conditions.find((condition) => condition.type === 'Available');
  if (available?.status !== 'False' || available.reason !== 'MinimumReplicasUnavailable') return false;
  const since = parseTime(available.lastUpdateTime ?? '');
  return since + pass.policy.progressDeadline * 1000 < pass.seen.now;
}
