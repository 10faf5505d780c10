/** The Rollout as the owner of what it makes. */
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';

/** Whoever deletes the owner deletes what it made. */
export function ownerReference({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isControlledBy(object: KubeObject, uid: string | undefined): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);
}
