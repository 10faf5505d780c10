/** JSON values that are never changed: guards, equality, deep freezing and edits by path that share what they leave alone. */

export type Json = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

export function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The map inside `value` at `key`, an empty one when there is none. */
export function mapAt(value: unknown, key: string): Json {
  const inner = isMap(value) ? value[key] : undefined;
  return isMap(inner) ? inner : emptyMap;
}

export function listAt(value: unknown, key: string): readonly unknown[] {
  const inner = isMap(value) ? value[key] : undefined;
  return isList(inner) ? inner : emptyList;
}

export function textAt(value: unknown, key: string): string {
  const inner = isMap(value) ? value[key] : undefined;
  return typeof inner === 'string' ? inner : '';
}

export function numberAt(value: unknown, key: string): number | undefined {
  const inner = isMap(value) ? value[key] : undefined;
  return typeof inner === 'number' ? inner : undefined;
}

const emptyMap: Json = Object.freeze({});
const emptyList: readonly unknown[] = Object.freeze([]);

/** The value at `path`, `undefined` when the way there ends early. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (isList(at)) at = at[Number(step)];
    else if (isMap(at) && Object.hasOwn(at, step)) at = at[step];
    else return undefined;
  }
  return at;
}

/** A copy of `map` in which the value at `path` (of map keys) is `value`; `undefined` removes it. */
export function withValue(map: Json, path: readonly string[], value: unknown): Json {
  const [key, ...rest] = path;
  if (key === undefined) return map;
  const next = rest.length === 0 ? value : withValue(mapAt(map, key), rest, value);
  return next === undefined ? without(map, key) : { ...map, [key]: next };
}

export function without(map: Json, ...keys: readonly string[]): Json {
  if (!keys.some((key) => key in map)) return map;
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

/** Equal as JSON: key order does not matter, and a part that both share is not looked into. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  let keys = 0;
  for (const key in a) {
    keys++;
    if (!(key in b) || !same(a[key], b[key])) return false;
  }
  for (const _ in b) keys--;
  return keys === 0;
}

/** A class whose instances are the objects that its constructor is given: the way to private fields of objects made elsewhere. */
// oxlint-disable-next-line typescript/no-extraneous-class
class Itself {
  constructor(object: object) {
    return object;
  }
}

/**
 * Gives an object a private field that says that the API server keeps it. Nobody else sees it, and copies do not have it.
 * In a WeakSet of all that is kept the same took twice the time, most of it in garbage collection.
 */
class Adopted extends Itself {
  readonly #adopted = true;

  static has(object: object): boolean {
    return #adopted in object && object.#adopted;
  }
}

/** The value as the API server keeps it: what JSON can say and nothing else, frozen; parts that it already keeps are shared, not copied. */
export function adopt<T>(value: T): T;
export function adopt(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Adopted.has(value)) return value;
  const copy = isList(value) ? value.map((item) => adopt(item ?? null)) : adoptMap(value);
  return Object.freeze(new Adopted(copy));
}

function adoptMap(value: object): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  const source: Readonly<Record<string, unknown>> = Object(value);
  for (const key of Object.keys(source)) {
    const inner = source[key];
    if (inner !== undefined) copy[key] = adopt(inner);
  }
  return copy;
}

/** A scalar as text, `''` for nothing, JSON for the rest. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
