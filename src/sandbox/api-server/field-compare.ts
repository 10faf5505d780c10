/** Field sets of values: which fields a value sets, and which differ between two values. */
import { child, type FieldSet, isMember, member, node } from './field-set.ts';
import { isList, isMap, type Json, same, without } from './json.ts';
import { fieldShape, open, type Shape } from './shape.ts';

export interface Comparison {
  /** Added or changed. */
  readonly touched: FieldSet | undefined;
  readonly removed: FieldSet | undefined;
}

interface Child {
  readonly value: unknown;
  readonly shape: Shape;
}

/** The parts of a value that are owned one by one, by their key in a field set; `undefined` for a leaf. */
function parts(shape: Shape, value: unknown): Map<string, Child> | undefined {
  if (shape.atomic === true) return undefined;
  if (isMap(value)) {
    return new Map(
      Object.entries(value).map(([key, inner]) => [`f:${key}`, { value: inner, shape: fieldShape(shape, key) }]),
    );
  }
  if (!isList(value) || shape.list === undefined) return undefined;
  const items = shape.items ?? open;
  return new Map(
    value.map((item) => [itemKey(shape, item), { value: item, shape: shape.list === 'set' ? open : items }]),
  );
}

/** How a list item is called in a field set. */
export function itemKey(shape: Shape, item: unknown): string {
  if (shape.list === 'set') return `v:${JSON.stringify(item)}`;
  const keys = [...(shape.keys ?? [])].sort();
  const pairs = keys.map((key): [string, unknown] => [
    key,
    (isMap(item) ? item[key] : undefined) ?? shape.keyDefaults?.[key],
  ]);
  return `k:${JSON.stringify(Object.fromEntries(pairs.filter(([, value]) => value !== undefined)))}`;
}

const nothing: Comparison = { touched: undefined, removed: undefined };

export function compare(shape: Shape, before: unknown, after: unknown): Comparison {
  if (before === after) return nothing;
  if (shape.atomic !== true && (before === undefined || isMap(before)) && (after === undefined || isMap(after)))
    return compareMaps(shape, before, after);
  const old = before === undefined ? undefined : parts(shape, before);
  const now = after === undefined ? undefined : parts(shape, after);
  const oldIsLeaf = before !== undefined && old === undefined;
  const nowIsLeaf = after !== undefined && now === undefined;
  if (oldIsLeaf && nowIsLeaf) return same(before, after) ? nothing : { touched: member, removed: undefined };
  if (oldIsLeaf)
    return { touched: compare(shape, undefined, after).touched, removed: after === undefined ? member : undefined };
  if (nowIsLeaf) return { touched: member, removed: compare(shape, before, undefined).removed };
  const touched: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  for (const key of new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])) {
    const inner = compare(
      now?.get(key)?.shape ?? old?.get(key)?.shape ?? open,
      old?.get(key)?.value,
      now?.get(key)?.value,
    );
    if (inner.touched !== undefined) touched[key] = inner.touched;
    if (inner.removed !== undefined) removed[key] = inner.removed;
  }
  return {
    touched: node(before === undefined && shape.present !== true, touched),
    removed: node(after === undefined && shape.present !== true, removed),
  };
}

/** The usual case, without making a map of the parts of both: most of what is compared are maps whose values are the same objects. */
function compareMaps(shape: Shape, before: Json | undefined, after: Json | undefined): Comparison {
  const touched: Record<string, FieldSet> = {};
  const removed: Record<string, FieldSet> = {};
  const look = (key: string, old: unknown, now: unknown): void => {
    if (old === now) return;
    const inner = compare(fieldShape(shape, key), old, now);
    if (inner.touched !== undefined) touched[`f:${key}`] = inner.touched;
    if (inner.removed !== undefined) removed[`f:${key}`] = inner.removed;
  };
  for (const key in before)
    look(key, before[key], after !== undefined && Object.hasOwn(after, key) ? after[key] : undefined);
  for (const key in after) if (before === undefined || !Object.hasOwn(before, key)) look(key, undefined, after[key]);
  return {
    touched: node(before === undefined && shape.present !== true, touched),
    removed: node(after === undefined && shape.present !== true, removed),
  };
}

/** The fields that an applied configuration sets: its leaves and its list items. */
export function fieldsOf(shape: Shape, value: unknown): FieldSet | undefined {
  const inner = parts(shape, value);
  if (inner === undefined || inner.size === 0) return member;
  const children: Record<string, FieldSet> = {};
  for (const [key, { value: below, shape: belowShape }] of inner) {
    const set = fieldsOf(belowShape, below);
    if (set !== undefined) children[key] = isList(value) ? withSelf(set) : set;
  }
  return node(false, children);
}

const withSelf = (set: FieldSet): FieldSet => (isMember(set) ? set : { '.': member, ...set });

/** Lays an applied configuration over the live value. */
export function mergeApplied(shape: Shape, live: unknown, applied: unknown): unknown {
  if (shape.atomic === true) return applied;
  if (isMap(applied)) {
    if (!isMap(live)) return applied;
    const entries = Object.entries(applied).map(([key, value]) => [
      key,
      mergeApplied(fieldShape(shape, key), live[key], value),
    ]);
    return { ...live, ...Object.fromEntries(entries) };
  }
  if (!isList(applied) || !isList(live) || shape.list === undefined) return applied;
  const wanted = new Map(applied.map((item) => [itemKey(shape, item), item]));
  const kept = live.map((item) => {
    const key = itemKey(shape, item);
    if (!wanted.has(key)) return item;
    const merged = mergeApplied(shape.items ?? open, item, wanted.get(key));
    wanted.delete(key);
    return merged;
  });
  return [...kept, ...wanted.values()];
}

/** The value without the fields of `dropped`, save those that `kept` names or lies in. */
export function removeFields(shape: Shape, value: unknown, dropped: FieldSet, kept: FieldSet | undefined): unknown {
  if (isMap(value)) return removeFromMap(shape, value, dropped, kept);
  if (!isList(value) || shape.list === undefined) return value;
  const result = value.flatMap((item) => {
    const left = removeChild(shape.items ?? open, item, itemKey(shape, item), dropped, kept);
    return left === undefined ? [] : [left];
  });
  return result.length === 0 && value.length > 0 ? undefined : result;
}

function removeFromMap(shape: Shape, value: Json, dropped: FieldSet, kept: FieldSet | undefined): unknown {
  const gone: string[] = [];
  const changed: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const left = removeChild(fieldShape(shape, key), inner, `f:${key}`, dropped, kept);
    if (left === undefined) gone.push(key);
    else if (left !== inner) changed[key] = left;
  }
  const result = without({ ...value, ...changed }, ...gone);
  return gone.length > 0 && Object.keys(result).length === 0 && kept === undefined ? undefined : result;
}

function removeChild(
  shape: Shape,
  value: unknown,
  key: string,
  dropped: FieldSet,
  kept: FieldSet | undefined,
): unknown {
  const set = child(dropped, key);
  if (set === undefined) return value;
  const keep = child(kept, key);
  if (isMember(set) && keep === undefined) return undefined;
  return removeFields(shape, value, set, keep);
}
