/** How many Pods each ReplicaSet of a Deployment should have: the arithmetic of rolling updates, without any I/O. */
import type { Deployment, IntOrPercent, ReplicaSet } from './shapes.ts';

export const annotations = {
  revision: 'deployment.kubernetes.io/revision',
  revisionHistory: 'deployment.kubernetes.io/revision-history',
  desired: 'deployment.kubernetes.io/desired-replicas',
  max: 'deployment.kubernetes.io/max-replicas',
} as const;

/** The ReplicaSets of a Deployment; the old ones from the oldest to the youngest. */
export interface ReplicaSets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export interface Resize {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

export function isRecreate(deployment: Deployment): boolean {
  return deployment.spec.strategy?.type === 'Recreate';
}

/** A share of `total`: surge is rounded up, unavailability down. */
export function share(value: IntOrPercent, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const exact = (total * Number.parseFloat(value)) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}

export function limitsOf(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const desired = replicasOf(deployment);
  if (isRecreate(deployment)) return { surge: 0, unavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = share(maxSurge, desired, 'up');
  const unavailable = share(maxUnavailable, desired, 'down');
  // With neither, an update could never begin.
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired) };
}

/** The most Pods that may exist at once. */
export function ceilingOf(deployment: Deployment): number {
  return replicasOf(deployment) + limitsOf(deployment).surge;
}

export function sum(replicaSets: readonly ReplicaSet[], count: (replicaSet: ReplicaSet) => number): number {
  return replicaSets.reduce((total, replicaSet) => total + count(replicaSet), 0);
}

export function available(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0;
}

export function all({ current, old }: ReplicaSets): readonly ReplicaSet[] {
  return current === undefined ? old : [...old, current];
}

/** Replicas of the newest ReplicaSet: as many as the surge allows, never more than wanted. */
export function newSize(deployment: Deployment, sets: ReplicaSets): number {
  const desired = replicasOf(deployment);
  const now = sets.current === undefined ? 0 : replicasOf(sets.current);
  if (isRecreate(deployment) || now > desired) return desired;
  const room = ceilingOf(deployment) - sum(all(sets), replicasOf);
  return room <= 0 ? now : now + Math.min(room, desired - now);
}

/** The next step down of the old ReplicaSets: broken Pods first, then as many available ones as may be missing. */
export function shrinkOld(deployment: Deployment, { current, old }: ReplicaSets): Resize[] {
  const everything = all({ current, old });
  const floor = replicasOf(deployment) - limitsOf(deployment).unavailable;
  const newUnavailable = current === undefined ? 0 : Math.max(0, replicasOf(current) - available(current));
  const removable = sum(everything, replicasOf) - floor - newUnavailable;
  if (sum(old, replicasOf) === 0 || removable <= 0) return [];
  const sizes = new Map(old.map((replicaSet) => [replicaSet, replicasOf(replicaSet)]));
  take(sizes, removable, (replicaSet, size) => Math.max(0, size - available(replicaSet)));
  take(sizes, sum(everything, available) - floor, (_, size) => size);
  return resizes(sizes);
}

function take(
  sizes: Map<ReplicaSet, number>,
  total: number,
  most: (replicaSet: ReplicaSet, size: number) => number,
): void {
  let left = total;
  for (const [replicaSet, size] of sizes) {
    const taken = Math.max(0, Math.min(left, most(replicaSet, size)));
    sizes.set(replicaSet, size - taken);
    left -= taken;
  }
}

function resizes(sizes: ReadonlyMap<ReplicaSet, number>): Resize[] {
  return [...sizes]
    .filter(([replicaSet, size]) => size !== replicasOf(replicaSet))
    .map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}

/** Sizes after `spec.replicas` was changed: a rollout under way keeps its proportions. */
export function rescale(deployment: Deployment, sets: ReplicaSets): Resize[] {
  const desired = replicasOf(deployment);
  const active = all(sets).filter((replicaSet) => replicasOf(replicaSet) > 0);
  const only = active.length === 0 ? (sets.current ?? sets.old.at(-1)) : active.length === 1 ? active[0] : undefined;
  if (only !== undefined) return [{ replicaSet: only, replicas: desired }];
  if (isSaturated(deployment, sets.current)) return sets.old.map((replicaSet) => ({ replicaSet, replicas: 0 }));
  return isRecreate(deployment) ? [] : inProportion(deployment, active);
}

function isSaturated(deployment: Deployment, current: ReplicaSet | undefined): boolean {
  if (current === undefined) return false;
  const desired = replicasOf(deployment);
  const known = Number(current.metadata.annotations?.[annotations.desired] ?? Number.NaN);
  return replicasOf(current) === desired && known === desired && available(current) === desired;
}

function inProportion(deployment: Deployment, active: readonly ReplicaSet[]): Resize[] {
  const desired = replicasOf(deployment);
  const toAdd = (desired > 0 ? ceilingOf(deployment) : 0) - sum(active, replicasOf);
  const youngest = active.toReversed();
  // The biggest carries what rounding leaves over; of equal ones the youngest when growing, the oldest when shrinking.
  const ordered = (toAdd > 0 ? youngest : [...active]).sort((a, b) => replicasOf(b) - replicasOf(a));
  let added = 0;
  const result = ordered.map((replicaSet) => {
    const part = toAdd === 0 ? 0 : proportion(deployment, replicaSet, toAdd, added);
    added += part;
    return { replicaSet, replicas: replicasOf(replicaSet) + part };
  });
  return result.map((resize, index) =>
    index === 0 ? { ...resize, replicas: Math.max(0, resize.replicas + toAdd - added) } : resize,
  );
}

function proportion(deployment: Deployment, replicaSet: ReplicaSet, toAdd: number, added: number): number {
  const size = replicasOf(replicaSet);
  const before = Number(replicaSet.metadata.annotations?.[annotations.max] ?? deployment.status?.replicas ?? 0);
  const allowed = toAdd - added;
  if (size === 0 || allowed === 0 || before === 0) return 0;
  const fraction = replicasOf(deployment) === 0 ? -size : Math.round((size * ceilingOf(deployment)) / before) - size;
  return toAdd > 0 ? Math.min(fraction, allowed) : Math.max(fraction, allowed);
}
