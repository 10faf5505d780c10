/** What a patch makes of an object, for an API server that lets us update it and not patch it. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Patch } from './client.ts';
import { withField } from './field-patch.ts';
import { pathOfPointer } from './json-pointer.ts';
import { mergePatch } from './merge-patch.ts';

/** The version that the patch is for is the object's then. */
export function patched(object: KubeObject, patch: Patch): KubeObject {
  const result =
    patch.type === 'merge'
      ? mergePatch(object, patch.body)
      : patch.body.reduce<unknown>(
          (before, { op, path, value }) => withField(before, pathOfPointer(path), op === 'remove' ? undefined : value),
          object,
        );
  // Patches change fields of an object, never the whole of it.
  return result as KubeObject;
}
