/** What another system left in a cluster, put into the embedded one: with the uids and owners that the objects have among each other. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { SandboxWorld } from '#sandbox/world.ts';

/** `kinds`: owners before what they own. */
export function loadObjects({ objects }: SandboxWorld, kinds: readonly Resource[], items: readonly KubeObject[]): void {
  const uids = new Map<string, string>();
  for (const resource of kinds) {
    for (const item of items.filter(({ kind }) => kind === resource.kind)) {
      const { uid = '', ownerReferences, resourceVersion: _version, ...metadata } = item.metadata;
      const owners = ownerReferences?.map((owner) => ({ ...owner, uid: uids.get(owner.uid) ?? owner.uid }));
      const { status, ...rest } = item;
      const created = objects.create(resource, {
        ...rest,
        metadata: { ...metadata, ...(owners === undefined ? {} : { ownerReferences: owners }) },
      });
      uids.set(uid, created.metadata.uid ?? '');
      if (status !== undefined) objects.update(resource, { ...created, status }, 'status');
    }
  }
}
