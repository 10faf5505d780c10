/** Deployments as targets: parked by zero replicas, judged by their own rollout. */
import type { FieldChange } from '#api/field-change.ts';
import { parseTime } from '#api/time.ts';
import type { Workload, WorkloadCondition } from '#api/workload.ts';
import { prefixed, waiting, type Readiness } from './rollout-readiness.ts';
import { scalerMinimum } from '../scaler.ts';
import type { Pass } from '../snapshot.ts';
import { spreadAsPrimary, spreadAsTarget } from '../spreading.ts';
import type { TargetKind } from './target-kind.ts';

/** Fields of the spec that are copied as they are. */
const copiedFields = ['progressDeadlineSeconds', 'minReadySeconds', 'revisionHistoryLimit', 'strategy'] as const;

export const deployment: TargetKind = {
  kind: 'Deployment',
  template: (target) => target.spec.template,
  refusal: () => undefined,
  primaryPods: spreadAsPrimary,
  targetPods: spreadAsTarget,
  newSpec: (pass) => ({
    ...Object.fromEntries(copiedFields.map((field) => [field, pass.target.spec[field]])),
    replicas: atLeastOne(pass.target.spec.replicas),
  }),
  promoted: ({ target, primary, canary }) => [
    ...copiedFields.map((field) => ({ path: ['spec', field], value: target.spec[field] })),
    // With a scaler the number of pods is the scaler's business.
    ...(canary.spec.autoscalerRef === undefined ? replicas(wantedPods(target, primary)) : []),
  ],
  park: () => replicas(0),
  isParked: ({ spec }) => spec.replicas === 0,
  unpark: ({ target, primary, seen }) => {
    const parked = target.spec.replicas === 0;
    return replicas((parked ? scalerMinimum(seen) : undefined) ?? wantedPods(target, primary));
  },
  revert: ({ target, primary, seen }) => {
    if (primary !== undefined) return replicas(primary.spec.replicas ?? 1);
    return replicas(scalerMinimum(seen) ?? atLeastOne(target.spec.replicas));
  },
  primaryReadiness: (primary, pass) =>
    prefixed(
      `${pass.names.primary}.${pass.names.namespace} not ready: `,
      readinessOf(primary, pass.policy.primaryReadyThreshold, pass),
    ),
  targetReadiness: (pass) =>
    prefixed(
      `canary deployment ${pass.names.target}.${pass.names.namespace} not ready: `,
      readinessOf(pass.target, pass.policy.canaryReadyThreshold, pass),
    ),
};

function replicas(count: number): readonly FieldChange[] {
  return [{ path: ['spec', 'replicas'], value: count }];
}

/** As many as the target has; one that is parked wants as many as the primary. */
function wantedPods(target: Workload, primary: Workload | undefined): number {
  return target.spec.replicas === 0 ? atLeastOne(primary?.spec.replicas) : (target.spec.replicas ?? 1);
}

/** A workload that is scaled to zero says nothing about how many pods are wanted. */
function atLeastOne(count: number | undefined): number {
  return Math.max(1, count ?? 1);
}

/**
 * The original's rules, in its order. `threshold` is the percentage of updated pods that must be available;
 * the Canary's deadline counts from the last update of a Deployment that lacks its minimum of pods.
 */
function readinessOf({ spec, status = {}, metadata }: Workload, threshold: number, pass: Pass): Readiness {
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) {
    return waiting('observed deployment generation less than desired generation');
  }
  const conditions = status.conditions ?? [];
  const progressing = conditions.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return { ready: false, final: true, message: `deployment "${metadata.name}" exceeded its progress deadline` };
  }
  const final = progressing !== undefined && unavailableTooLong(conditions, pass);
  const desired = spec.replicas ?? 1;
  const { updatedReplicas: updated = 0, replicas: all = 0, availableReplicas: available = 0 } = status;
  if (updated < desired) return waiting(`${updated} out of ${desired} new replicas have been updated`, final);
  if (all > updated) return waiting(`${all - updated} old replicas are pending termination`, final);
  const needed = Math.trunc(Math.fround(updated * Math.fround(threshold / 100)));
  if (available < needed) {
    return waiting(`${available} of ${needed} (readyThreshold ${threshold}%) updated replicas are available`, final);
  }
  return { ready: true };
}

function unavailableTooLong(conditions: readonly WorkloadCondition[], pass: Pass): boolean {
  const available = conditions.find((condition) => condition.type === 'Available');
  if (available?.status !== 'False' || available.reason !== 'MinimumReplicasUnavailable') return false;
  const since = parseTime(available.lastUpdateTime ?? '');
  return since + pass.policy.progressDeadline * 1000 < pass.seen.now;
}
