/** The Rollout as the owner of what it makes. */
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';

/** Whoever deletes the owner deletes what it made. */
export function ownerReference({ apiVersion, kind, metadata: { name, uid = '' } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isControlledBy(object: KubeObject, uid: string | undefined): boolean {
  return (object.metadata.ownerReferences ?? []).some((owner) => owner.controller === true && owner.uid === uid);
}

/** Names the version of the Rollout for which a child was made: the original has no such annotation, and does not mind it. */
export const madeForAnnotation = 'serin.dev/rollout-version';

/** Made for the Rollout as it still is: by a pass that was cut short before it could note it, whatever has become of it since. */
export function isMadeForNow(found: KubeObject, { metadata }: Rollout): boolean {
  const version = found.metadata.annotations?.[madeForAnnotation];
  return version !== undefined && version === metadata.resourceVersion;
}
