/** What the plugin shows is read from raw objects: these are their types, and who belongs to whom. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { Experiment } from '#api/experiment.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { annotationKeys, type ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';

export type { AnalysisRun, Experiment, ReplicaSet, Rollout };

interface ContainerState {
  readonly waiting?: { readonly reason?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly containers: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** Everything of a namespace that may belong to one Rollout or Experiment. */
export interface Belongings {
  readonly replicaSets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  readonly experiments: readonly Experiment[];
  readonly analysisRuns: readonly AnalysisRun[];
}

/** Whether any of its owners is the object; which of them is the controller does not matter. */
export function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ uid }) => uid === owner.metadata.uid);
}

/** 0 without a revision, and for one that is no number. */
export function revisionOf({ metadata }: KubeObject): number {
  const text = metadata.annotations?.[annotationKeys.revision] ?? '';
  return /^[+-]?\d+$/.test(text) ? Number(text) : 0;
}

/** Milliseconds since the epoch; `undefined` without a time. */
export function createdAt({ metadata }: KubeObject): number | undefined {
  return timeOf(metadata.creationTimestamp);
}

export function timeOf(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** For sorting: objects without a time come first, as the zero time does. */
export const byCreation = (one: { readonly createdAt: number | undefined }, other: typeof one): number =>
  (one.createdAt ?? 0) - (other.createdAt ?? 0);

export const byName = (one: { readonly name: string }, other: typeof one): number =>
  one.name === other.name ? 0 : one.name < other.name ? -1 : 1;
