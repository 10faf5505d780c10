/** Equality of JSON values, the order of keys aside. */

export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = defined(a);
  const right = defined(b);
  if (left.length !== right.length) return false;
  const other = new Map(right);
  return left.every(([key, value]) => other.has(key) && equal(value, other.get(key)));
}

/** A field whose value is undefined is not there: JSON has no such thing. */
function defined(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, field]) => field !== undefined);
}
