/** Server-side apply of objects of any kind: the path of a kind is asked from the API server. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { customResourceDefinitions, pathOf } from '#cluster/resource.ts';

import type { BedApi } from './bed-api.ts';
import { waitFor } from './wait-for.ts';

/** Applies in order; waits until custom resource definitions are served. Throws with the server's words when one is refused. */
export async function applyObjects(api: BedApi, objects: readonly KubeObject[]): Promise<KubeObject[]> {
  const applied: KubeObject[] = [];
  for (const object of objects) applied.push(await applyOne(api, object));
  const definitions = objects.filter(({ kind }) => kind === 'CustomResourceDefinition');
  await Promise.all(definitions.map(({ metadata: { name } }) => waitUntilServed(api, name)));
  return applied;
}

async function applyOne(api: BedApi, object: KubeObject): Promise<KubeObject> {
  const path = await pathOfObject(api, object);
  const { status, body } = await api.call('PATCH', path, {
    body: object,
    contentType: 'application/apply-patch+yaml',
    query: { fieldManager: 'bed', force: 'true' },
  });
  if (status >= 300) {
    const reason = isRecord(body) ? String(body['message']) : String(body);
    throw new Error(`Cannot apply ${object.kind} "${object.metadata.name}": ${reason}`);
  }
  // The server answers an apply with the object itself.
  return { ...object, ...(isRecord(body) ? body : {}) };
}

async function pathOfObject(api: BedApi, { apiVersion, kind, metadata }: KubeObject): Promise<string> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const found = await waitFor(`kind ${kind} of ${apiVersion} to be served`, async () => {
    const { body } = await api.call('GET', root);
    const kinds: unknown = isRecord(body) ? body['resources'] : undefined;
    return Array.isArray(kinds) ? kinds.find((one) => one.kind === kind && !String(one.name).includes('/')) : undefined;
  });
  const place = found.namespaced === true ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
  return `${root}${place}/${String(found.name)}/${metadata.name}`;
}

async function waitUntilServed(api: BedApi, name: string): Promise<void> {
  const path = pathOf(customResourceDefinitions, { name });
  await waitFor(`definition ${name} to be established`, async () => {
    const { body } = await api.call('GET', path);
    const status = isRecord(body) && isRecord(body['status']) ? body['status'] : {};
    const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
    return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
  });
}
