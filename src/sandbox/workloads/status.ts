/** Writing the status of an object as the API shows it. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';

import type { Objects } from '../objects.ts';

import { equal } from './equality.ts';

/** The object without the fields that are 0 or undefined: what the API leaves out of a status. */
export function withoutZeros<T extends object>(status: T): Partial<T> {
  const kept: Partial<T> = { ...status };
  for (const key in kept) if (kept[key] === undefined || kept[key] === 0) delete kept[key];
  return kept;
}

/**
 * Writes the status when it differs and says whether it did.
 * Whatever version of the object is the newest is overwritten: of every status field there is one writer.
 */
export function writeStatus(objects: Objects, resource: Resource, object: KubeObject, status: object): boolean {
  if (equal(status, object['status'])) return false;
  const { resourceVersion: _, ...metadata } = object.metadata;
  objects.update(resource, { ...object, metadata, status }, 'status');
  return true;
}
