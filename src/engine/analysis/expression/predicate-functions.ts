/** Built-in functions that ask a predicate about each element of a list. */
import { sortedBy } from './builtins-lists.ts';
import { sumOf } from './builtins-numbers.ts';
import { fail } from './expression-error.ts';
import { calculate } from './operations.ts';
import * as types from './types.ts';
import type { Type } from './types.ts';
import { typeName } from './values.ts';
import type { Value } from './values.ts';

/** What the predicate says of an element; `acc` is what `reduce` has so far. */
export type Ask = (item: Value, index: number, acc?: Value) => Value;

export interface PredicateFunction {
  readonly needsPredicate: boolean;
  /** Whether a third argument may follow. */
  readonly extra: boolean;
  /** What the predicate may point at besides the element. */
  readonly pointers?: readonly string[];
  /** Whether the predicate must answer true or false. */
  readonly asksBoolean: boolean;
  /** From the type of the list and that of the predicate's answer. */
  readonly returns: (list: Type, answer: Type | undefined) => Type;
  readonly call: (items: readonly Value[], ask: Ask | undefined, extra: Value | undefined) => Value;
}

type Test = (item: Value, index: number) => boolean;

/** Without a predicate the elements themselves must be true or false. */
function testing(ask: Ask | undefined): Test {
  return (item, index) => {
    const answer = ask === undefined ? item : ask(item, index);
    return typeof answer === 'boolean' ? answer : notBoolean(answer);
  };
}

export function notBoolean(value: Value): never {
  return fail(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not bool`);
}

function tests(
  returns: PredicateFunction['returns'],
  call: (items: readonly Value[], test: Test) => Value,
): PredicateFunction {
  return {
    needsPredicate: true,
    extra: false,
    asksBoolean: true,
    returns,
    call: (items, ask) => call(items, testing(ask)),
  };
}

/** Nothing is found: nil, not -1. */
const indexOrNil = (index: number): Value => (index === -1 ? null : BigInt(index));

const elementOf = (list: Type): Type => list.of ?? types.unknown;

function asks(
  options: Partial<Pick<PredicateFunction, 'needsPredicate' | 'extra' | 'pointers'>>,
  returns: PredicateFunction['returns'],
  call: PredicateFunction['call'],
): PredicateFunction {
  return { needsPredicate: true, extra: false, asksBoolean: false, ...options, returns, call };
}

const asked = (items: readonly Value[], ask: Ask | undefined): Value[] =>
  items.map((item, index) => (ask === undefined ? item : ask(item, index)));

export const predicateFunctions: ReadonlyMap<string, PredicateFunction> = new Map([
  [
    'all',
    tests(
      () => types.bool,
      (items, test) => items.every(test),
    ),
  ],
  [
    'none',
    tests(
      () => types.bool,
      (items, test) => !items.some(test),
    ),
  ],
  [
    'any',
    tests(
      () => types.bool,
      (items, test) => items.some(test),
    ),
  ],
  [
    'one',
    tests(
      () => types.bool,
      (items, test) => items.filter(test).length === 1,
    ),
  ],
  [
    'filter',
    tests(
      (list) => types.listOf(elementOf(list)),
      (items, test) => items.filter(test),
    ),
  ],
  ['find', tests(elementOf, (items, test) => items.find(test) ?? null)],
  [
    'findIndex',
    tests(
      () => types.int,
      (items, test) => indexOrNil(items.findIndex(test)),
    ),
  ],
  ['findLast', tests(elementOf, (items, test) => items.findLast(test) ?? null)],
  [
    'findLastIndex',
    tests(
      () => types.int,
      (items, test) => indexOrNil(items.findLastIndex(test)),
    ),
  ],
  [
    'count',
    {
      ...tests(
        () => types.int,
        (items, test) => BigInt(items.filter(test).length),
      ),
      needsPredicate: false,
    },
  ],
  [
    'map',
    asks(
      { pointers: ['index'] },
      (_list, answer) => types.listOf(answer ?? types.unknown),
      (items, ask) => asked(items, ask),
    ),
  ],
  [
    'sum',
    asks(
      { needsPredicate: false },
      (list, answer) => answer ?? elementOf(list),
      (items, ask) => sumOf(asked(items, ask)),
    ),
  ],
  [
    'groupBy',
    asks(
      {},
      (list) => types.mapOf(list, 'map[interface {}][]interface {}'),
      (items, ask) => grouped(items, asked(items, ask)),
    ),
  ],
  [
    'sortBy',
    asks(
      { extra: true },
      (list) => list,
      (items, ask, order) => sortedBy(items, asked(items, ask), orderNamed(order)),
    ),
  ],
  [
    'reduce',
    asks(
      { extra: true, pointers: ['index', 'acc'] },
      (_list, answer) => answer ?? types.unknown,
      (items, ask, first) => reduced(items, ask, first),
    ),
  ],
]);

function grouped(items: readonly Value[], keys: readonly Value[]): Value {
  const groups = new Map<Value, Value[]>();
  for (const [at, item] of items.entries()) {
    const key = keys[at] ?? null;
    if (key !== null && typeof key === 'object') {
      fail(`cannot use ${typeName(key)} as a key for groupBy: type is not comparable`);
    }
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function orderNamed(order: Value | undefined): 'asc' | 'desc' {
  if (order === undefined) return 'asc';
  if (typeof order !== 'string') return fail('sortBy order argument must be a string');
  return order === 'asc' || order === 'desc' ? order : fail('unknown order, use asc or desc');
}

/** Without a first value the first element is it. */
function reduced(items: readonly Value[], ask: Ask | undefined, first: Value | undefined): Value {
  if (first === undefined && items.length === 0) return fail('reduce of empty array with no initial value');
  const start = first === undefined ? 1 : 0;
  let acc = first ?? items[0] ?? null;
  for (const [index, item] of items.entries()) {
    if (index >= start) acc = ask === undefined ? calculate('+', acc, item) : ask(item, index, acc);
  }
  return acc;
}
