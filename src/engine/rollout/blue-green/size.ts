/** How many pods the new version of a Blue/Green update has before it is promoted. */
import type { BlueGreenStrategy } from '#api/rollout.ts';
import { availableOf, sizeOf } from '../replica-sets/replica-set.ts';
import { isPaused, newSetOf, replicasWanted, setOf, type Pass } from '../snapshot.ts';

/** `previewReplicaCount` while it is only looked at, all of them when it is about to serve users. */
export function previewSizeOf(pass: Pass, { previewReplicaCount }: BlueGreenStrategy): number {
  const replicas = replicasWanted(pass);
  if (previewReplicaCount === undefined) return replicas;
  const { status = {} } = pass.rollout;
  const active = status.blueGreen?.activeSelector;
  if (setOf(pass.sets, active) === undefined || active === pass.hash) return replicas;
  if (status.promoteFull === true) return replicas;
  if (status.currentPodHash !== pass.hash) return previewReplicaCount;
  return !isPaused(pass) && status.blueGreen?.scaleUpPreviewCheckPoint === true ? replicas : previewReplicaCount;
}

/** It has the pods that it should have by now, and all are available. */
export function isAtPreviewSize(pass: Pass, strategy: BlueGreenStrategy): boolean {
  const set = newSetOf(pass);
  const size = previewSizeOf(pass, strategy);
  return set !== undefined && sizeOf(set) === size && availableOf(set) === size;
}
