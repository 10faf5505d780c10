/** Built-in functions on lists and maps. */
import {
  anyNumber,
  argument,
  define,
  intArgument,
  listArgument,
  mapArgument,
  takes,
  textArgument,
  typed,
} from './builtin.ts';
import type { Builtin } from './builtin.ts';
import { fail } from './expression-error.ts';
import { fetch, isEqual, isOrdered } from './operations.ts';
import * as types from './types.ts';
import { textOf } from './value-text.ts';
import { isList, isMap, isNumber, typeName } from './values.ts';
import type { Value } from './values.ts';

const only = (kind: 'list' | 'map', what: (name: string, type: string) => string) => takes([kind], what);
const toCut = only('list', (_name, type) => `cannot take from ${type}`);
const toChange = only('list', (name, type) => `cannot ${name} ${type}`);
const toRead = only('map', (name, type) => `cannot get ${name} from ${type}`);
const toPick = only('list', (name, type) => `cannot get ${name} element from ${type}`);

export const listBuiltins: readonly Builtin[] = [
  define('first', [1, 1], types.unknown, (args) => picked('first', args)[0] ?? null, toPick),
  define('last', [1, 1], types.unknown, (args) => picked('last', args).at(-1) ?? null, toPick),
  define('get', [2, 2], types.unknown, (args) => got(argument(args, 0), argument(args, 1))),
  define('take', [2, 2], types.anyList, (args) => taken(args), toCut),
  define('keys', [1, 1], types.anyList, (args) => [...mapArgument('keys', args, 0).keys()], toRead),
  define('values', [1, 1], types.anyList, (args) => [...mapArgument('values', args, 0).values()], toRead),
  define(
    'toPairs',
    [1, 1],
    types.anyList,
    (args) => [...mapArgument('toPairs', args, 0)],
    only('map', (_name, type) => `cannot transform ${type} to pairs`),
  ),
  define(
    'fromPairs',
    [1, 1],
    types.mapOf(types.unknown, 'map[interface {}]interface {}'),
    (args) => new Map(listArgument('fromPairs', args, 0).map(pairOf)),
    only('list', (_name, type) => `cannot transform ${type} from pairs`),
  ),
  define('reverse', [1, 1], types.anyList, (args) => listArgument('reverse', args, 0).toReversed(), toChange),
  define(
    'uniq',
    [1, 1],
    types.anyList,
    (args, { charge }) => distinct(listArgument('uniq', args, 0), charge),
    toChange,
  ),
  define('concat', [1, anyNumber], types.anyList, (args, { charge }) => concatenated(args, charge), toChange),
  define('flatten', [1, 1], types.anyList, (args) => flattened(listArgument('flatten', args, 0)), toChange),
  define(
    'sort',
    [1, 2],
    types.anyList,
    (args) => sorted(listArgument('sort', args, 0), orderOf(args)),
    typed(['list'], '[]int'),
  ),
];

/** Nothing has no first element, which is no mistake. */
function picked(name: string, args: readonly Value[]): readonly Value[] {
  return argument(args, 0) === null ? [] : listArgument(name, args, 0);
}

/** As `a[b]`, but nil instead of an error. */
function got(holder: Value, key: Value): Value {
  if (isMap(holder)) return holder.get(key) ?? null;
  if (!isList(holder) && typeof holder !== 'string') return null;
  if (!isNumber(key)) return null;
  const length = isList(holder) ? holder.length : holder.length * 4;
  const index = Number(key);
  if (isList(holder) && (index >= length || index < -length)) return null;
  try {
    return fetch(holder, key);
  } catch {
    return null;
  }
}

function taken(args: readonly Value[]): Value[] {
  const count = intArgument('take', args, 1);
  if (count < 0n) fail(`cannot take ${count} elements`);
  const items = listArgument('take', args, 0);
  return items.slice(0, count > BigInt(items.length) ? items.length : Number(count));
}

function pairOf(pair: Value): [Value, Value] {
  if (!isList(pair)) return fail(`invalid pair ${textOf(pair)}`);
  const [key = null, value = null, ...more] = pair;
  return pair.length === 2 && more.length === 0 ? [key, value] : fail(`invalid pair length ${textOf(pair)}`);
}

/** Texts and numbers are found at once; lists and maps are compared with each other. */
function distinct(items: readonly Value[], charge: (made: number) => void): Value[] {
  const kept: Value[] = [];
  const seen = new Set<Value>();
  for (const item of items) {
    if (item !== null && typeof item === 'object') {
      charge(kept.length);
      if (kept.some((one) => isEqual(one, item))) continue;
    } else {
      const key = typeof item === 'bigint' ? Number(item) : item;
      if (seen.has(key) && !Number.isNaN(key)) continue;
      seen.add(key);
    }
    kept.push(item);
  }
  return kept;
}

function concatenated(args: readonly Value[], charge: (made: number) => void): Value[] {
  const lists = args.map((item) => (isList(item) ? item : fail(`cannot concat ${typeName(item)}`)));
  charge(lists.reduce((sum, items) => sum + items.length, 0));
  return lists.flat();
}

function flattened(items: readonly Value[]): Value[] {
  return items.flatMap((item) => (isList(item) ? flattened(item) : [item]));
}

export type Order = 'asc' | 'desc';

/** The order named by the last argument of `sort` and `sortBy`. */
export function orderOf(args: readonly Value[]): Order {
  if (args.length < 2) return 'asc';
  const order = textArgument(args, 1);
  return order === 'asc' || order === 'desc' ? order : fail(`invalid order ${order}, expected asc or desc`);
}

export function sorted(items: readonly Value[], order: Order): Value[] {
  return sortedBy(items, items, order);
}

/** `items` in the order of `keys`, one for each. */
export function sortedBy(items: readonly Value[], keys: readonly Value[], order: Order): Value[] {
  const places = items.map((_item, at) => at);
  const sign = order === 'asc' ? 1 : -1;
  places.sort((one, other) => {
    const [left, right] = [keys[one] ?? null, keys[other] ?? null];
    if (isOrdered('<', left, right)) return -sign;
    return isOrdered('<', right, left) ? sign : 0;
  });
  return places.map((at) => items[at] ?? null);
}
