/** The merge patch (RFC 7386) that turns one JSON object into another. */
import { isRecord } from './kube-object.ts';

/** `undefined` when nothing differs. Lists are replaced whole; a field that is gone becomes null. */
export function mergeDiff(before: unknown, after: unknown): Record<string, unknown> | undefined {
  if (before === after) return undefined;
  const from = isRecord(before) ? before : {};
  const to = isRecord(after) ? after : {};
  const changed: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, wanted] = [from[key], to[key]];
    if (wanted === undefined) {
      if (old !== undefined) changed[key] = null;
    } else if (isRecord(old) && isRecord(wanted)) {
      const inner = mergeDiff(old, wanted);
      if (inner !== undefined) changed[key] = inner;
    } else if (!sameJson(old, wanted)) {
      changed[key] = wanted;
    }
  }
  return Object.keys(changed).length === 0 ? undefined : changed;
}

/** Whatever the order of keys; a field without a value is none. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!sameJson(a[key], b[key])) return false;
  return true;
}
