/** Structural schemas of custom resources: pruning, defaults and validation with upstream's messages. */
import { isList, isMap, type Json, listAt, mapAt, same, textAt } from './json.ts';
import type { Shape } from './shape.ts';
import { metadataShape, open } from './shape.ts';

/** How one level of a schema names the levels below. */
export function propertySchema(schema: Json, key: string): Json | undefined {
  const named = mapAt(schema, 'properties')[key];
  if (isMap(named)) return named;
  const others = schema['additionalProperties'];
  if (isMap(others)) return others;
  return undefined;
}

export const keepsUnknown = (schema: Json): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;

const isEmbedded = (schema: Json): boolean => schema['x-kubernetes-embedded-resource'] === true;

const embeddedFields = new Set(['apiVersion', 'kind', 'metadata']);

/** The value without the fields that the schema does not know; their paths go to `dropped`. */
export function prune(schema: Json, value: unknown, dropped: string[] = [], path = ''): unknown {
  if (isList(value)) return pruneList(schema, value, dropped, path);
  if (!isMap(value)) return value;
  let changed = false;
  const result: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const below = propertySchema(schema, key);
    const field = path === '' ? key : `${path}.${key}`;
    const known = below !== undefined || keepsUnknown(schema) || schema['additionalProperties'] === true;
    if (known || ((isEmbedded(schema) || path === '') && embeddedFields.has(key))) {
      const skipped = below === undefined || (path === '' && embeddedFields.has(key));
      result[key] = skipped ? inner : prune(below, inner, dropped, field);
      changed ||= result[key] !== inner;
    } else {
      dropped.push(field);
      changed = true;
    }
  }
  return changed ? result : value;
}

function pruneList(schema: Json, value: readonly unknown[], dropped: string[], path: string): unknown {
  const { items } = schema;
  if (!isMap(items)) return value;
  const result = value.map((item, index) => prune(items, item, dropped, `${path}[${index}]`));
  return result.some((item, index) => item !== value[index]) ? result : value;
}

/** The value with the schema's defaults for what is absent, and for null where null is not allowed. */
export function withDefaults(schema: Json, value: unknown): unknown {
  if (isList(value)) {
    const { items } = schema;
    if (!isMap(items)) return value;
    const result = value.map((item) => withDefaults(items, item));
    return result.some((item, index) => item !== value[index]) ? result : value;
  }
  if (!isMap(value)) return value;
  const changes: [string, unknown][] = [];
  for (const [key, below] of Object.entries(mapAt(schema, 'properties'))) {
    if (!isMap(below)) continue;
    const present = value[key];
    const missing = present === undefined || (present === null && below['nullable'] !== true);
    if (missing && below['default'] !== undefined) changes.push([key, withDefaults(below, below['default'])]);
    else if (present === null && below['nullable'] !== true) changes.push([key, undefined]);
    else if (present !== undefined) {
      const inner = withDefaults(below, present);
      if (inner !== present) changes.push([key, inner]);
    }
  }
  changes.push(...defaultsOfOthers(schema, value));
  if (changes.length === 0) return value;
  return Object.fromEntries(
    Object.entries({ ...value, ...Object.fromEntries(changes) }).filter(([, inner]) => inner !== undefined),
  );
}

function defaultsOfOthers(schema: Json, value: Json): [string, unknown][] {
  const others = schema['additionalProperties'];
  if (!isMap(others)) return [];
  return Object.entries(value)
    .map(([key, inner]): [string, unknown] => [key, withDefaults(others, inner)])
    .filter(([key, inner]) => inner !== value[key]);
}

/** What strategic merge and server-side apply need to know of a schema. */
export function shapeOf(schema: Json): Shape {
  const fields = Object.entries(mapAt(schema, 'properties')).flatMap(([key, below]): [string, Shape][] =>
    isMap(below) ? [[key, shapeOf(below)]] : [],
  );
  const others = schema['additionalProperties'];
  return {
    ...(schema['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
    ...(isMap(others) ? { values: shapeOf(others) } : {}),
    ...listShape(schema),
  };
}

function listShape(schema: Json): Shape {
  const { items } = schema;
  const type = schema['x-kubernetes-list-type'];
  if (!isMap(items) || (type !== 'map' && type !== 'set')) return open;
  const keys = listAt(schema, 'x-kubernetes-list-map-keys').filter((key) => typeof key === 'string');
  const keyDefaults = keys.flatMap((key) => {
    const value = mapAt(mapAt(items, 'properties'), key)['default'];
    return value === undefined ? [] : [[key, value] as const];
  });
  return { list: type, keys, items: shapeOf(items), keyDefaults: Object.fromEntries(keyDefaults) };
}

export const rootShape = (schema: Json): Shape => {
  const shape = shapeOf(schema);
  return { ...shape, fields: { ...shape.fields, metadata: metadataShape } };
};

/** Items of a `map` list that share their keys, or of a `set` that are equal: index and what repeats. */
export function duplicates(schema: Json, value: readonly unknown[]): readonly { index: number; value: unknown }[] {
  const type = textAt(schema, 'x-kubernetes-list-type');
  if (type !== 'map' && type !== 'set') return [];
  const identity = type === 'set' ? (item: unknown): unknown => item : keysOf(schema);
  const seen: unknown[] = [];
  return value.flatMap((item, index) => {
    const id = identity(item);
    const repeated = seen.some((other) => same(other, id));
    seen.push(id);
    return repeated ? [{ index, value: id }] : [];
  });
}

function keysOf(schema: Json): (item: unknown) => unknown {
  const keys = listAt(schema, 'x-kubernetes-list-map-keys').filter((key) => typeof key === 'string');
  return (item) => Object.fromEntries(keys.map((key) => [key, isMap(item) ? item[key] : undefined]));
}
