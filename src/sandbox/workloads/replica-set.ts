/** The ReplicaSet controller: as many Pods as `spec.replicas` says. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { pods, refOf, replicaSets } from '#cluster/resource.ts';

import { isOf, type RunningController, runController, type World } from './controller.ts';
import { selects } from './labels.ts';
import { controlledBy, controllerOf, type OwnerIndex } from './owners.ts';
import { podOf } from './pod-template.ts';
import { byDeletionPreference, countReady, isActive } from './pods.ts';
import { type Pod, type ReplicaSet, shaped } from './shapes.ts';
import { withoutZeros, writeStatus } from './status.ts';

export function runReplicaSets(world: World, owners: OwnerIndex): RunningController {
  return runController(world, {
    *concerns({ resource, object }) {
      if (isOf(resource, replicaSets)) yield refOf(object);
      if (!isOf(resource, pods)) return;
      const owner = controllerOf(object);
      if (owner === undefined) yield* adopters(world, object);
      else if (owner.kind === 'ReplicaSet') yield { ...refOf(object), name: owner.name };
    },
    reconcile(ref) {
      const found = world.objects.get(replicaSets, ref);
      if (found === undefined) return undefined;
      const replicaSet = shaped('ReplicaSet', found);
      if (found.metadata.deletionTimestamp === undefined) {
        adopt(world, owners, replicaSet);
        scale(world, replicaSet, podsOf(owners, replicaSet));
      }
      return report(world, replicaSet, podsOf(owners, replicaSet));
    },
  });
}

/** The active Pods that the ReplicaSet controls. */
function podsOf(owners: OwnerIndex, replicaSet: ReplicaSet): Pod[] {
  return owners
    .controlledBy(replicaSet, pods)
    .map((pod) => shaped('Pod', pod))
    .filter(isActive);
}

function* adopters(world: World, pod: KubeObject): Generator<Ref> {
  for (const object of world.objects.list(replicaSets, pod.metadata.namespace)) {
    if (selects(shaped('ReplicaSet', object).spec.selector, pod.metadata.labels)) yield refOf(object);
  }
}

/** Pods without a controller that the selector selects become the ReplicaSet's own. */
function adopt(world: World, owners: OwnerIndex, replicaSet: ReplicaSet): void {
  for (const pod of owners.orphans(pods, replicaSet.metadata.namespace)) {
    if (!selects(replicaSet.spec.selector, pod.metadata.labels) || !isActive(shaped('Pod', pod))) continue;
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controlledBy(replicaSets, replicaSet)];
    world.objects.update(pods, { ...pod, metadata: { ...pod.metadata, ownerReferences } });
  }
}

function scale({ objects, random }: World, replicaSet: ReplicaSet, own: Pod[]): void {
  const missing = (replicaSet.spec.replicas ?? 1) - own.length;
  const owner = controlledBy(replicaSets, replicaSet);
  for (let created = 0; created < missing; created += 1) {
    objects.create(pods, podOf(replicaSet.spec.template, owner, replicaSet.metadata.namespace, random));
  }
  if (missing >= 0) return;
  for (const pod of own.sort(byDeletionPreference).slice(0, -missing)) objects.delete(pods, refOf(pod));
}

/** Writes the status; says when a Pod becomes available by the passing of time. */
function report({ objects, clock }: World, replicaSet: ReplicaSet, own: readonly Pod[]): number | undefined {
  const { ready, available, nextIn } = countReady(own, replicaSet.spec.minReadySeconds ?? 0, clock.now());
  const labels = replicaSet.spec.template?.metadata?.labels ?? {};
  const labelled = own.filter((pod) => selects({ matchLabels: labels }, pod.metadata.labels));
  const status = {
    replicas: own.length,
    ...withoutZeros({
      fullyLabeledReplicas: labelled.length,
      readyReplicas: ready,
      availableReplicas: available,
      observedGeneration: replicaSet.metadata.generation,
      conditions: replicaSet.status?.conditions,
    }),
  };
  writeStatus(objects, replicaSets, replicaSet, status);
  return nextIn;
}
