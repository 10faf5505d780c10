/** Who belongs to whom: an index from an owner's uid to what it owns, kept up to date by changes. */
import type { KubeObject, OwnerReference, Resource } from '#api/kubernetes.ts';
import { apiVersionOf } from '#cluster/resource.ts';

import type { ObjectChange, Objects } from '../objects.ts';

import { isOf } from './controller.ts';

export interface Owned {
  readonly resource: Resource;
  readonly object: KubeObject;
}

export interface OwnerIndex {
  /** Everything with an owner reference to this uid, in the order of creation. */
  ownedBy(uid: string | undefined): readonly Owned[];
  /** Objects of one kind whose controller this is. */
  controlledBy(owner: KubeObject, resource: Resource): readonly KubeObject[];
  /** Objects of the kinds to adopt (Pods, ReplicaSets) without any controller. */
  orphans(resource: Resource, namespace: string | undefined): readonly KubeObject[];
  stop(): void;
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** The reference by which a controller owns what it creates. */
export function controlledBy(resource: Resource, owner: KubeObject): OwnerReference {
  const { name, uid = '' } = owner.metadata;
  const { kind } = resource;
  return { apiVersion: apiVersionOf(resource), kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Watches all kinds; the index is right as soon as a change is visible because it subscribes before the controllers. */
export function indexOwners(objects: Objects): OwnerIndex {
  const byOwner = new Map<string, Map<string, Owned>>();
  const orphans = new Map<string, KubeObject>();
  const learn = ({ type, resource, object, before }: ObjectChange): void => {
    const { uid = '', ownerReferences = [] } = object.metadata;
    for (const owner of before?.metadata.ownerReferences ?? []) forget(byOwner, owner.uid, uid, ownerReferences, type);
    const adoptable = object.kind === 'Pod' || object.kind === 'ReplicaSet';
    if (adoptable && type !== 'DELETED' && controllerOf(object) === undefined) orphans.set(uid, object);
    else if (adoptable) orphans.delete(uid);
    if (type === 'DELETED') {
      for (const owner of ownerReferences) forget(byOwner, owner.uid, uid, [], type);
      return;
    }
    for (const owner of ownerReferences) {
      const owned = byOwner.get(owner.uid) ?? new Map<string, Owned>();
      byOwner.set(owner.uid, owned.set(uid, { resource, object }));
    }
  };
  for (const resource of objects.resources()) {
    for (const object of objects.list(resource)) learn({ type: 'ADDED', resource, object });
  }
  const ownedBy = (uid = ''): readonly Owned[] => [...(byOwner.get(uid)?.values() ?? [])];
  return {
    ownedBy,
    controlledBy: (owner, resource) =>
      ownedBy(owner.metadata.uid)
        .filter((owned) => isOf(owned.resource, resource) && controllerOf(owned.object)?.uid === owner.metadata.uid)
        .map((owned) => owned.object),
    orphans: (resource, namespace) =>
      [...orphans.values()].filter(
        (object) => object.kind === resource.kind && object.metadata.namespace === namespace,
      ),
    stop: objects.subscribe(learn),
  };
}

function forget(
  byOwner: Map<string, Map<string, Owned>>,
  owner: string,
  uid: string,
  kept: readonly OwnerReference[],
  type: ObjectChange['type'],
): void {
  if (type !== 'DELETED' && kept.some((reference) => reference.uid === owner)) return;
  const owned = byOwner.get(owner);
  owned?.delete(uid);
  if (owned?.size === 0) byOwner.delete(owner);
}
