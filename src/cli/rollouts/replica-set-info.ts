/** A ReplicaSet as the plugin shows it: how it is, what it is for the Rollout, when it goes, and its pods. */
import type { KubeObject } from '#api/kubernetes.ts';
import { annotationKeys, hashOf } from '#engine/rollout/replica-sets/replica-set.ts';
import { type PodInfo, podInfo } from './pod-info.ts';
import {
  byCreation,
  byName,
  createdAt,
  isOwnedBy,
  type Pod,
  type ReplicaSet,
  revisionOf,
  type Rollout,
} from './rollout-objects.ts';

/** What a ReplicaSet is for its Rollout, in the order in which images name it. */
export const tagOrder = ['canary', 'stable', 'active', 'preview', 'ping', 'pong'] as const;

export type Tag = (typeof tagOrder)[number];

export interface ReplicaSetInfo {
  readonly name: string;
  readonly createdAt: number | undefined;
  readonly revision: number;
  readonly status: ReplicaSetStatus;
  readonly icon: string;
  readonly tags: ReadonlySet<Tag>;
  /** Pods that exist. */
  readonly replicas: number;
  readonly available: number;
  /** Name of the Experiment's template that it was made from. */
  readonly template: string | undefined;
  /** The annotation as it is: it may be no time at all. */
  readonly scaleDownDeadline: string | undefined;
  readonly images: readonly string[];
  readonly pods: readonly PodInfo[];
}

export type ReplicaSetStatus = 'Progressing' | 'Healthy' | 'ReplicaFailure' | 'ScaledDown';

const icons: Readonly<Record<ReplicaSetStatus, string>> = {
  Progressing: '◌',
  Healthy: '✔',
  ReplicaFailure: '✖',
  ScaledDown: '•',
};

const templateAnnotation = 'experiment.argoproj.io/template-name';

/** Those of `owner`, newest revision first, each with its pods. Only a Rollout gives tags. */
export function replicaSetInfos(
  owner: KubeObject,
  sets: readonly ReplicaSet[],
  pods: readonly Pod[],
  tagsFor: (set: ReplicaSet) => ReadonlySet<Tag>,
): readonly ReplicaSetInfo[] {
  const podsBySet = groupPods(sets, pods);
  return sets
    .filter((set) => isOwnedBy(set, owner))
    .map((set) => infoOf(set, podsBySet.get(set.metadata.uid) ?? [], tagsFor(set)))
    .toSorted((one, other) => other.revision - one.revision || byName(one, other));
}

function infoOf(set: ReplicaSet, pods: readonly Pod[], tags: ReadonlySet<Tag>): ReplicaSetInfo {
  const { metadata, spec } = set;
  const status = statusOf(set);
  return {
    name: metadata.name,
    createdAt: createdAt(set),
    revision: revisionOf(set),
    status,
    icon: icons[status],
    tags,
    replicas: set.status?.replicas ?? 0,
    available: set.status?.availableReplicas ?? 0,
    template: metadata.annotations?.[templateAnnotation],
    scaleDownDeadline: metadata.annotations?.[annotationKeys.scaleDownDeadline],
    images: (spec.template?.spec?.containers ?? []).map(({ image = '' }) => image),
    pods: pods.map(podInfo).toSorted((one, other) => byCreation(one, other) || byName(one, other)),
  };
}

/** By the uid of the first owner that is one of the ReplicaSets. */
function groupPods(sets: readonly ReplicaSet[], pods: readonly Pod[]): ReadonlyMap<string | undefined, readonly Pod[]> {
  const uids = new Set(sets.map(({ metadata }) => metadata.uid));
  return Map.groupBy(pods, ({ metadata }) => metadata.ownerReferences?.find(({ uid }) => uids.has(uid))?.uid);
}

function statusOf({ metadata, spec, status = {} }: ReplicaSet): ReplicaSetStatus {
  if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0)) return 'Progressing';
  if ((status.conditions ?? []).some(({ type, status }) => type === 'ReplicaFailure' && status === 'True'))
    return 'ReplicaFailure';
  if (spec.replicas !== undefined && (status.availableReplicas ?? 0) < spec.replicas) return 'Progressing';
  return spec.replicas === 0 ? 'ScaledDown' : 'Healthy';
}

/** By hash alone: one without a hash counts as that of a status without one. */
export function tagsOf({ spec, status = {} }: Rollout, set: ReplicaSet): ReadonlySet<Tag> {
  const hash = hashOf(set);
  const isStable = hash === (status.stableRS ?? '');
  const { strategy = {} } = spec;
  if (strategy.canary !== undefined) {
    const isCanary = !isStable && hash === (status.currentPodHash ?? '');
    const isPing = (status.canary?.stablePingPong === 'ping') === isStable;
    return tagSet({
      stable: isStable,
      canary: isCanary,
      [isPing ? 'ping' : 'pong']: strategy.canary.pingPong !== undefined && (isStable || isCanary),
    });
  }
  if (strategy.blueGreen === undefined) return new Set();
  const isActive = hash === (status.blueGreen?.activeSelector ?? '');
  return tagSet({
    stable: isStable,
    active: isActive,
    preview: !isActive && hash === (status.blueGreen?.previewSelector ?? ''),
  });
}

function tagSet(is: Partial<Record<Tag, boolean>>): ReadonlySet<Tag> {
  return new Set(tagOrder.filter((tag) => is[tag] === true));
}
