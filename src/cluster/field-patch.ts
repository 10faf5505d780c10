/** Field changes as a JSON patch that holds only while the object is the version it was decided on. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { JsonPatchOperation, Patch } from './client.ts';
import { isRecord } from './kube-object.ts';
import { pointerTo } from './json-pointer.ts';
import { sameMeaning } from './same-meaning.ts';

/** Where a patch says which version it is for. */
export const versionPath = '/metadata/resourceVersion';

/** The patch that makes `live` have these fields, or `undefined` when it has them already. */
export function fieldPatch(live: KubeObject, changes: readonly FieldChange[]): Patch | undefined {
  let seen: unknown = live;
  const operations = changes.flatMap((change) => {
    const more = operationsOf(seen, change);
    // The next change finds what this one has made: two fields of one missing parent must not make it twice.
    seen = withField(seen, change.path, change.value);
    return more;
  });
  if (operations.length === 0) return undefined;
  const { resourceVersion } = live.metadata;
  // Another version than the newest is a conflict; a `test` of it would be refused like any patch that does not fit.
  const version: JsonPatchOperation = { op: 'replace', path: versionPath, value: resourceVersion };
  return { type: 'json', body: resourceVersion === undefined ? operations : [version, ...operations] };
}

function operationsOf(live: unknown, { path, value }: FieldChange): readonly JsonPatchOperation[] {
  const before = valueAt(live, path);
  if (sameMeaning(before, value, path)) return [];
  if (value === undefined) return [{ op: 'remove', path: pointerTo(path) }];
  // A JSON patch adds no parents: where one is missing, the change is made to the nearest ancestor that is there.
  const missing = path.findIndex((_, index) => index > 0 && valueAt(live, path.slice(0, index)) === undefined);
  // In a list, `add` would push the element aside that is to be replaced.
  if (missing < 0) return [{ op: before === undefined ? 'add' : 'replace', path: pointerTo(path), value }];
  const nested = path.slice(missing).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return [{ op: 'add', path: pointerTo(path.slice(0, missing)), value: nested }];
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(fieldOf, object);
}

function fieldOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isRecord(value) ? value[key] : undefined;
}

/** A copy of `object` in which the field has this value, `undefined` removing it. */
export function withField(object: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const before = fieldOf(object, key);
  const after = withField(before, rest, value);
  if (after === before) return object;
  if (!Array.isArray(object)) return { ...(isRecord(object) ? object : {}), [key]: after };
  const index = Number(key);
  return after === undefined ? object.toSpliced(index, 1) : object.toSpliced(index, 1, after);
}
