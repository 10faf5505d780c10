/** The ReplicaSets of a Rollout: what the engine reads of them, and the labels and annotations that carry its bookkeeping. */
import { parseTime } from '#api/time.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { hashLabel, managedByAnnotation } from '#api/rollout-keys.ts';
import type { LabelSelector, PodTemplate, WorkloadCondition } from '#api/workload.ts';

export { hashLabel };

export const annotationKeys = {
  revision: 'rollout.argoproj.io/revision',
  revisionHistory: 'rollout.argoproj.io/revision-history',
  desiredReplicas: 'rollout.argoproj.io/desired-replicas',
  ephemeralMetadata: 'rollout.argoproj.io/ephemeral-metadata',
  workloadGeneration: 'rollout.argoproj.io/workload-generation',
  scaleDownDeadline: 'scale-down-deadline',
  managedBy: managedByAnnotation,
} as const;

export interface ReplicaSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly minReadySeconds?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly [field: string]: unknown;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly WorkloadCondition[];
    readonly [field: string]: unknown;
  };
}

/** Empty for a ReplicaSet without the label, or for none. */
export function hashOf(set: ReplicaSet | undefined): string {
  return set?.metadata.labels?.[hashLabel] ?? '';
}

/** Pods that the ReplicaSet is told to have. */
export function sizeOf(set: ReplicaSet | undefined): number {
  return set === undefined ? 0 : (set.spec.replicas ?? 1);
}

export function availableOf(set: ReplicaSet | undefined): number {
  return set?.status?.availableReplicas ?? 0;
}

/** Available pods less those that it has been told to give up, which its status may still count. */
export function stayingOf(set: ReplicaSet | undefined): number {
  return Math.min(sizeOf(set), availableOf(set));
}

export function readyOf(set: ReplicaSet | undefined): number {
  return set?.status?.readyReplicas ?? 0;
}

/** Pods that exist. */
export function observedOf(set: ReplicaSet | undefined): number {
  return set?.status?.replicas ?? 0;
}

/** 0 without a revision, or with one that is no number. */
export function revisionOf(set: ReplicaSet | undefined): number {
  const revision = Number(set?.metadata.annotations?.[annotationKeys.revision] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

/** The Rollout's replicas when the ReplicaSet was last sized; `undefined` when that is not known. */
export function desiredReplicasOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[annotationKeys.desiredReplicas];
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}

/** Milliseconds since the epoch; NaN for an annotation that is no time, `undefined` without one. */
export function deadlineOf(set: ReplicaSet | undefined): number | undefined {
  const text = set?.metadata.annotations?.[annotationKeys.scaleDownDeadline];
  return text === undefined ? undefined : parseTime(text);
}

/** Milliseconds since the epoch. */
export function createdAt(set: ReplicaSet): number {
  return parseTime(set.metadata.creationTimestamp ?? '');
}

/** All pods that it is told to have are available, and there are some. */
export function isFullyAvailable(set: ReplicaSet | undefined): boolean {
  return sizeOf(set) > 0 && availableOf(set) >= sizeOf(set);
}

/** It has exactly as many pods as the Rollout wants, was sized for that number, and all of them are available. */
export function isSaturated(set: ReplicaSet | undefined, replicas: number): boolean {
  return (
    set !== undefined &&
    sizeOf(set) === replicas &&
    availableOf(set) === replicas &&
    desiredReplicasOf(set) === replicas
  );
}

export const total = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((sum, set) => sum + count(set), 0);

/** The revision that it was made for: one that is used again gets another. */
function firstRevisionOf(set: ReplicaSet): number {
  const [first = ''] = (set.metadata.annotations?.[annotationKeys.revisionHistory] ?? '').split(',');
  return first === '' ? revisionOf(set) : Number(first);
}

/** Oldest first. Times are in whole seconds: between those of one second the revision that they were made for decides. */
export function byAge(one: ReplicaSet, other: ReplicaSet): number {
  return createdAt(one) - createdAt(other) || firstRevisionOf(one) - firstRevisionOf(other);
}

export const isMadeBefore = (one: ReplicaSet, other: ReplicaSet): boolean => byAge(one, other) < 0;

export function byRevisionDescending(one: ReplicaSet, other: ReplicaSet): number {
  return revisionOf(other) - revisionOf(one);
}
