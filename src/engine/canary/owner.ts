/** Who owns the objects that a Canary generates. */
import type { Canary } from '#api/canary.ts';
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';

export function ownerOf(canary: Canary): OwnerReference {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    name: canary.metadata.name,
    uid: canary.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether the controlling owner of `object` is a Canary, whichever. */
export function isOwnedByCanary(object: KubeObject): boolean {
  return controllerOf(object)?.kind === 'Canary';
}

/** Whether the controlling owner of `object` is a Canary of this name. */
export function isOwnedBy(object: KubeObject, canary: Canary): boolean {
  return isOwnedByCanary(object) && controllerOf(object)?.name === canary.metadata.name;
}

function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
