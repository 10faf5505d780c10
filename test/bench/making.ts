/** Makes many objects on the bed, a few at a time. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { pathOf } from '#cluster/resource.ts';
import type { Bed } from '../bed/bed.ts';

const atOnce = 8;

export async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export async function create(bed: Bed, resource: Resource, object: KubeObject): Promise<void> {
  const { namespace = '' } = object.metadata;
  const { status, body } = await bed.api.call('POST', pathOf(resource, { namespace }), { body: object });
  if (status !== 201) throw new Error(`Cannot create ${object.kind}: ${JSON.stringify(body)}`);
}
