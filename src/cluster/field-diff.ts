/** The field changes that turn one object into another: the other direction of a field patch. */
import type { FieldChange } from '#api/field-change.ts';
import { isRecord } from './kube-object.ts';
import { sameMeaning } from './same-meaning.ts';

/** As few and as deep as possible, so that the fields beside them stay whose they are. A list of another length is replaced whole. */
export function fieldChanges(before: unknown, after: unknown, path: readonly string[] = []): readonly FieldChange[] {
  if (sameMeaning(before, after, path)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => fieldChanges(before[key], after[key], [...path, key]));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((item, index) => fieldChanges(item, after[index], [...path, String(index)]));
  }
  return [{ path, value: after }];
}
