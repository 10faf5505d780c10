/** The DaemonSet controller, for a cluster of one node. */
import { daemonSets, pods, refOf } from '#cluster/resource.ts';

import { isOf, type RunningController, runController, type World } from './controller.ts';
import { includes } from './labels.ts';
import { controlledBy, controllerOf, type OwnerIndex } from './owners.ts';
import { podOf, templateHash, withLabels } from './pod-template.ts';
import { availableIn, isActive, isReady } from './pods.ts';
import { type DaemonSet, type IntOrPercent, type Pod, shaped } from './shapes.ts';
import { withoutZeros, writeStatus } from './status.ts';

const revisionLabel = 'controller-revision-hash';

export function runDaemonSets(
  world: World,
  owners: OwnerIndex,
  nodeLabels: Readonly<Record<string, string>>,
): RunningController {
  return runController(world, {
    *concerns({ resource, object }) {
      if (isOf(resource, daemonSets)) yield refOf(object);
      if (!isOf(resource, pods)) return;
      const owner = controllerOf(object);
      if (owner?.kind === 'DaemonSet') yield { ...refOf(object), name: owner.name };
    },
    reconcile(ref) {
      const found = world.objects.get(daemonSets, ref);
      if (found === undefined) return undefined;
      const daemonSet = shaped('DaemonSet', found);
      const scheduled = includes(nodeLabels, daemonSet.spec.template?.spec?.nodeSelector ?? {});
      if (found.metadata.deletionTimestamp === undefined) place(world, owners, daemonSet, scheduled);
      return report(world, owners, daemonSet, scheduled);
    },
  });
}

function podsOf(owners: OwnerIndex, daemonSet: DaemonSet): Pod[] {
  return owners.controlledBy(daemonSet, pods).map((pod) => shaped('Pod', pod));
}

function revisionOf(daemonSet: DaemonSet): string {
  return templateHash(daemonSet.spec.template);
}

/** One Pod of the present template where the node is selected, none where it is not. */
function place(world: World, owners: OwnerIndex, daemonSet: DaemonSet, scheduled: boolean): void {
  const own = podsOf(owners, daemonSet);
  const active = own.filter(isActive);
  const remove = (pod: Pod): void => world.objects.delete(pods, refOf(pod));
  if (!scheduled) {
    active.forEach(remove);
    return;
  }
  // A Pod that has ended, which a DaemonSet does not want, makes room for another one.
  for (const pod of own) if (!isActive(pod) && pod.metadata.deletionTimestamp === undefined) remove(pod);
  const revision = revisionOf(daemonSet);
  const old = active.filter((pod) => pod.metadata.labels?.[revisionLabel] !== revision);
  const current = active.find((pod) => !old.includes(pod));
  const rolling = daemonSet.spec.updateStrategy?.type !== 'OnDelete';
  const surge = rolling && surges(daemonSet.spec.updateStrategy?.rollingUpdate?.maxSurge);
  if (current === undefined && (own.length === 0 || (surge && old.length > 0))) create(world, daemonSet, revision);
  const replaced = current !== undefined && availableAt(world, daemonSet, current) === 0;
  if (rolling && (!surge || replaced)) old.forEach(remove);
}

function surges(maxSurge: IntOrPercent | undefined): boolean {
  return maxSurge !== undefined && Number.parseFloat(String(maxSurge)) > 0;
}

function create({ objects, random }: World, daemonSet: DaemonSet, revision: string): void {
  const template = withLabels(daemonSet.spec.template, { [revisionLabel]: revision });
  objects.create(pods, podOf(template, controlledBy(daemonSets, daemonSet), daemonSet.metadata.namespace, random));
}

function availableAt({ clock }: World, daemonSet: DaemonSet, pod: Pod): number | undefined {
  return availableIn(pod, daemonSet.spec.minReadySeconds ?? 0, clock.now());
}

/** Writes the status; says when the Pod becomes available by the passing of time. */
function report(world: World, owners: OwnerIndex, daemonSet: DaemonSet, scheduled: boolean): number | undefined {
  const active = podsOf(owners, daemonSet).filter(isActive);
  // Of a surge the old Pod counts until it goes.
  const [pod] = active;
  const wanted = scheduled ? 1 : 0;
  const counted = scheduled ? pod : undefined;
  const wait = counted === undefined ? undefined : availableAt(world, daemonSet, counted);
  const available = wait === 0 ? 1 : 0;
  const updated = counted?.metadata.labels?.[revisionLabel] === revisionOf(daemonSet);
  writeStatus(world.objects, daemonSets, daemonSet, {
    currentNumberScheduled: counted === undefined ? 0 : 1,
    numberMisscheduled: scheduled ? 0 : Math.min(1, active.length),
    desiredNumberScheduled: wanted,
    numberReady: counted !== undefined && isReady(counted) ? 1 : 0,
    ...withoutZeros({
      observedGeneration: daemonSet.metadata.generation,
      updatedNumberScheduled: updated ? 1 : 0,
      numberAvailable: available,
      numberUnavailable: wanted - available,
    }),
  });
  return wait !== undefined && wait > 0 ? wait : undefined;
}
