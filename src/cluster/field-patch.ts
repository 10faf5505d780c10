/** Field changes as a JSON patch that holds only while the object is the version it was decided on. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { JsonPatchOperation, Patch } from './client.ts';
import { isRecord } from './kube-object.ts';
import { sameMeaning } from './noop.ts';

/** The patch that makes `live` have these fields, or `undefined` when it has them already. */
export function fieldPatch(live: KubeObject, changes: readonly FieldChange[]): Patch | undefined {
  const operations = changes.flatMap((change) => operationsOf(live, change));
  if (operations.length === 0) return undefined;
  const { resourceVersion } = live.metadata;
  const test: JsonPatchOperation = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
  return { type: 'json', body: resourceVersion === undefined ? operations : [test, ...operations] };
}

function operationsOf(live: KubeObject, { path, value }: FieldChange): readonly JsonPatchOperation[] {
  const before = valueAt(live, path);
  if (sameMeaning(before, value, path)) return [];
  if (value === undefined) return [{ op: 'remove', path: pointer(path) }];
  // A JSON patch adds no parents: where one is missing, the change is made to the nearest ancestor that is there.
  const missing = path.findIndex((_, index) => index > 0 && valueAt(live, path.slice(0, index)) === undefined);
  if (missing < 0) return [{ op: 'add', path: pointer(path), value }];
  const nested = path.slice(missing).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return [{ op: 'add', path: pointer(path.slice(0, missing)), value: nested }];
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), object);
}

/** RFC 6901. */
function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
