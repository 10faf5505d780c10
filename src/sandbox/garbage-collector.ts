/** The garbage collector: what belongs to an object that is gone goes too, in the background, before it, or not at all. */
import type { KubeObject, OwnerReference, Ref, Resource } from '#api/kubernetes.ts';
import { refOf } from '#cluster/resource.ts';

import { type RunningController, runController, type World } from './workloads/controller.ts';
import type { Owned, OwnerIndex } from './workloads/owners.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** Keys are uids here: they survive what their objects do not. */
export function runGarbageCollector(world: World, owners: OwnerIndex): RunningController {
  const objects = indexUids(world);
  return runController(world, {
    *concerns({ type, resource, object }) {
      const { uid = '', ownerReferences = [], deletionTimestamp } = object.metadata;
      objects.learn(type, resource, object);
      if (type === 'DELETED' || deletionTimestamp !== undefined) yield { name: uid };
      // A dependent that comes after its owner has gone, or goes while its owner waits for it.
      for (const owner of ownerReferences) {
        if (type === 'DELETED' || objects.get(owner.uid) === undefined) yield { name: owner.uid };
      }
    },
    reconcile({ name: uid }) {
      const owner = objects.get(uid);
      if (owner === undefined) release(world, objects, uid, owners.ownedBy(uid));
      else if (owner.object.metadata.deletionTimestamp !== undefined) finish(world, owner, owners.ownedBy(uid));
      return undefined;
    },
  });
}

interface UidIndex {
  get(uid: string): Owned | undefined;
  learn(type: 'ADDED' | 'MODIFIED' | 'DELETED', resource: Resource, object: KubeObject): void;
}

/** Objects by uid, read from storage when they are asked for so that they are the newest. */
function indexUids({ objects }: World): UidIndex {
  const places = new Map<string, { readonly resource: Resource; readonly ref: Ref }>();
  for (const resource of objects.resources()) {
    for (const object of objects.list(resource))
      places.set(object.metadata.uid ?? '', { resource, ref: refOf(object) });
  }
  return {
    get(uid) {
      const place = places.get(uid);
      const object = place === undefined ? undefined : objects.get(place.resource, place.ref);
      return place === undefined || object === undefined || object.metadata.uid !== uid
        ? undefined
        : { resource: place.resource, object };
    },
    learn(type, resource, object) {
      const { uid = '' } = object.metadata;
      if (type === 'DELETED') places.delete(uid);
      else if (type === 'ADDED') places.set(uid, { resource, ref: refOf(object) });
    },
  };
}

/** The owner is gone: its dependents lose the reference, and go when it was their last owner. */
function release(world: World, objects: UidIndex, gone: string, dependents: readonly Owned[]): void {
  for (const { resource, object } of dependents) {
    const kept = referencesBut(object, gone).filter(({ uid }) => objects.get(uid) !== undefined);
    if (kept.length > 0) setReferences(world, resource, object, kept);
    else if (object.metadata.deletionTimestamp === undefined) {
      world.objects.delete(resource, refOf(object), { propagation: 'Background' });
    }
  }
}

/** The owner waits with a finalizer: for its dependents to go first, or to be let go. */
function finish(world: World, owner: Owned, dependents: readonly Owned[]): void {
  const { finalizers = [], uid = '' } = owner.object.metadata;
  if (finalizers.includes(orphan)) {
    for (const { resource, object } of dependents) setReferences(world, resource, object, referencesBut(object, uid));
    removeFinalizer(world, owner, orphan);
  } else if (finalizers.includes(foreground)) {
    const blocking = dependents.filter(({ object }) => blocks(object, uid));
    for (const { resource, object } of dependents) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      const propagation = blocks(object, uid) ? 'Foreground' : 'Background';
      world.objects.delete(resource, refOf(object), { propagation });
    }
    if (blocking.length === 0) removeFinalizer(world, owner, foreground);
  }
}

function blocks(object: KubeObject, owner: string): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    (reference) => reference.uid === owner && reference.blockOwnerDeletion === true,
  );
}

function referencesBut(object: KubeObject, owner: string): readonly OwnerReference[] {
  return (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner);
}

function setReferences(
  { objects }: World,
  resource: Resource,
  object: KubeObject,
  ownerReferences: readonly OwnerReference[],
): void {
  const { ownerReferences: _, ...metadata } = object.metadata;
  const kept = ownerReferences.length > 0 ? { ownerReferences } : {};
  objects.update(resource, { ...object, metadata: { ...metadata, ...kept } });
}

function removeFinalizer({ objects }: World, { resource, object }: Owned, finalizer: string): void {
  const { finalizers = [], ...metadata } = object.metadata;
  const rest = finalizers.filter((each) => each !== finalizer);
  objects.update(resource, { ...object, metadata: { ...metadata, ...(rest.length > 0 && { finalizers: rest }) } });
}
