/** Strategic merge patch: lists of objects merge by key, and directives replace, delete, retain and order. */
import { isList, isMap, type Json, same, textAt } from './json.ts';
import { fieldShape, type Shape } from './shape.ts';
import { refusals } from './status-error.ts';

const orderPrefix = '$setElementOrder/';
const deletePrefix = '$deleteFromPrimitiveList/';

export function strategicMerge(shape: Shape, target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  return mergeMaps(shape, isMap(target) ? target : undefined, patch);
}

function mergeMaps(shape: Shape, target: Json | undefined, patch: Json): Json | undefined {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return undefined;
  const result: Record<string, unknown> = { ...retained(target, patch) };
  for (const key of fieldsOf(patch)) {
    const merged = mergeField(fieldShape(shape, key), result[key], key, patch);
    if (merged === undefined || merged === null) delete result[key];
    else result[key] = merged;
  }
  return result;
}

/** The fields that a patch speaks about, be it by a directive. */
function fieldsOf(patch: Json): ReadonlySet<string> {
  const fields = Object.keys(patch).map((key) => (key.startsWith('$') ? key.slice(key.indexOf('/') + 1) : key));
  return new Set(fields.filter((key) => !key.startsWith('$')));
}

function retained(target: Json | undefined, patch: Json): Json {
  const keys = patch['$retainKeys'];
  if (!isList(keys) || target === undefined) return target ?? {};
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)));
}

function mergeField(shape: Shape, target: unknown, key: string, patch: Json): unknown {
  const value = Object.hasOwn(patch, key) ? patch[key] : undefined;
  const order = patch[`${orderPrefix}${key}`];
  const dropped = patch[`${deletePrefix}${key}`];
  if (value === null) return undefined;
  if (isMap(value)) return mergeMaps(shape, isMap(target) ? target : undefined, value);
  if (!isList(value) && order === undefined && dropped === undefined) return value ?? target;
  const sent = isList(value) ? value : [];
  const present = isList(target) ? target : [];
  if (shape.list === 'map') return ordered(mergeByKey(shape, present, sent), order, keyOf(shape));
  if (shape.list !== 'set') return value ?? target;
  const kept = isList(dropped) ? present.filter((item) => !dropped.includes(item)) : present;
  const added = sent.filter((item) => !kept.some((other) => same(other, item)));
  return ordered([...kept, ...added], order, (item) => item);
}

/** Strategic merge knows one key a list; a port's protocol plays no part. */
function keyOf(shape: Shape): (item: unknown) => unknown {
  const key = shape.keys?.[0] ?? 'name';
  return (item) => (isMap(item) ? item[key] : undefined);
}

function mergeByKey(shape: Shape, target: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const key = keyOf(shape);
  const items = shape.items ?? {};
  const replaces = patch.some((item) => textAt(item, '$patch') === 'replace');
  const result = replaces ? [] : [...target];
  for (const item of patch) {
    const directive = textAt(item, '$patch');
    if (directive === 'replace') continue;
    if (key(item) === undefined) {
      throw refusals.badRequest(
        `map: ${JSON.stringify(item)} does not contain declared merge key: ${shape.keys?.[0] ?? 'name'}`,
      );
    }
    const index = result.findIndex((other) => same(key(other), key(item)));
    if (directive === 'delete') {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = items.atomic === true ? item : strategicMerge(items, result[index], item);
    else result.push(strategicMerge(items, undefined, item));
  }
  return result;
}

/** Items that the order names follow it; the others keep their place behind the item they stood behind. */
function ordered(items: readonly unknown[], order: unknown, key: (item: unknown) => unknown): readonly unknown[] {
  if (!isList(order)) return items;
  const wanted = order.map(key);
  const rank = (item: unknown): number => wanted.findIndex((each) => same(each, key(item)));
  const named = items.filter((item) => rank(item) >= 0).sort((a, b) => rank(a) - rank(b));
  const result = [...named];
  items.forEach((item, index) => {
    if (rank(item) >= 0) return;
    const before = items.slice(0, index).findLast((other) => result.includes(other));
    result.splice(before === undefined ? 0 : result.indexOf(before) + 1, 0, item);
  });
  return result;
}

function withoutDirectives(patch: Json): Json {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}
