/** Patches that users' decisions are: to the status, and to the whole object where the kind has no status of its own to patch. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { ClusterAccess } from './command.ts';
import { isNotFound } from './kube-error.ts';

export async function patchStatus(
  { api, namespace }: ClusterAccess,
  resource: Resource,
  name: string,
  status: Readonly<Record<string, unknown>>,
): Promise<KubeObject> {
  const ref = { namespace, name };
  try {
    return await api.mergePatch(resource, ref, { status }, 'status');
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return api.mergePatch(resource, ref, { status });
  }
}
