/** Built-in functions on numbers and bits, and conversions. */
import { anyNumber, argument, define, intArgument, numberArgument, takes, typed, unsuited } from './builtin.ts';
import type { Builtin } from './builtin.ts';
import { fail } from './expression-error.ts';
import { calculate, isOrdered } from './operations.ts';
import * as types from './types.ts';
import { textOf } from './value-text.ts';
import { isList, isMap, isNumber, isSpecial, toFloat, toInt, truncated, typeName } from './values.ts';
import type { Value } from './values.ts';

const kinds = ['int', 'float'] as const;
const numeric = takes(kinds);
const whole = { ...typed(['int'], 'int'), all: true } as const;

export const numberBuiltins: readonly Builtin[] = [
  define(
    'len',
    [1, 1],
    types.int,
    (args) => BigInt(lengthOf(argument(args, 0))),
    takes(['list', 'map', 'string', 'bytes']),
  ),
  define('type', [1, 1], types.string, (args) => kindOf(argument(args, 0))),
  define('abs', [1, 1], types.unknown, (args) => absolute(numberArgument('abs', args, 0)), numeric),
  define('ceil', [1, 1], types.float, (args) => Math.ceil(toFloat(numberArgument('ceil', args, 0))), numeric),
  define('floor', [1, 1], types.float, (args) => Math.floor(toFloat(numberArgument('floor', args, 0))), numeric),
  define('round', [1, 1], types.float, (args) => rounded(toFloat(numberArgument('round', args, 0))), numeric),
  define('int', [1, 1], types.int, (args) => toInteger(argument(args, 0)), takes([...kinds, 'string', 'duration'])),
  define('float', [1, 1], types.float, (args) => toFloating(argument(args, 0)), takes([...kinds, 'string'])),
  define('string', [1, 1], types.string, (args, { charge }) => {
    const text = textOf(argument(args, 0));
    charge(text.length);
    return text;
  }),
  define('max', [1, anyNumber], types.unknown, (args) => extreme('max', args)),
  define('min', [1, anyNumber], types.unknown, (args) => extreme('min', args)),
  define('mean', [1, anyNumber], types.unknown, (args) => mean(flatNumbers('mean', args).map(toFloat))),
  define('median', [1, anyNumber], types.unknown, (args) => median(flatNumbers('median', args).map(toFloat))),
  ...bitwise(),
];

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Array.from(value).length;
  if (isList(value)) return value.length;
  if (isMap(value)) return value.size;
  return isSpecial(value, 'bytes') ? value.bytes.length : unsuited('len', value);
}

function kindOf(value: Value): string {
  if (value === null) return 'nil';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (isList(value) || isSpecial(value, 'bytes')) return 'array';
  if (isMap(value)) return 'map';
  return isSpecial(value, 'func') ? 'func' : typeName(value);
}

function absolute(value: bigint | number): bigint | number {
  if (typeof value === 'number') return Math.abs(value);
  return value < 0n ? toInt(-value) : value;
}

/** Halves go away from zero. */
function rounded(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

export function toInteger(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncated(value);
  if (isSpecial(value, 'duration')) return value.nanoseconds;
  if (typeof value !== 'string') return fail(`invalid operation: int(${typeName(value)})`);
  return integerOf(value) ?? fail(`invalid operation: int(${value})`);
}

/** A decimal integer of 64 bits, as Go reads it. */
export function integerOf(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,30}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

function toFloating(value: Value): number {
  if (isNumber(value)) return toFloat(value);
  if (typeof value !== 'string') return fail(`invalid operation: float(${typeName(value)})`);
  return floatOf(value) ?? fail(`invalid operation: float(${value})`);
}

/** A number as Go's ParseFloat reads it. */
export function floatOf(text: string): number | undefined {
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (special !== null) {
    if (special[2] === undefined) return special[1] === '' ? Number.NaN : undefined;
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function flatNumbers(name: string, args: readonly Value[], depth = 0): (bigint | number)[] {
  if (depth > 100) fail('recursion depth exceeded');
  return args.flatMap((item) => {
    if (isList(item)) return flatNumbers(name, item, depth + 1);
    return isNumber(item) ? [item] : unsuited(name, item);
  });
}

function extreme(name: 'max' | 'min', args: readonly Value[]): Value {
  const numbers = flatNumbers(name, args);
  return numbers.reduce<Value>(
    (best, item) => (best === null || isOrdered(name === 'max' ? '<' : '>', best, item) ? item : best),
    null,
  );
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, item) => sum + item, 0) / numbers.length;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function bitwise(): Builtin[] {
  const two = (name: string, of: (one: bigint, other: bigint) => bigint): Builtin =>
    define(name, [2, 2], types.int, (args) => toInt(of(intArgument(name, args, 0), intArgument(name, args, 1))), whole);
  return [
    two('bitand', (one, other) => one & other),
    two('bitor', (one, other) => one | other),
    two('bitxor', (one, other) => one ^ other),
    two('bitnand', (one, other) => one & ~other),
    two('bitshl', (one, by) => (isShiftable(by) ? one << by : 0n)),
    two('bitshr', (one, by) => (isShiftable(by) ? one >> by : one < 0n ? -1n : 0n)),
    two('bitushr', (one, by) => (isShiftable(by) ? BigInt.asUintN(64, one) >> by : 0n)),
    define('bitnot', [1, 1], types.int, (args) => ~intArgument('bitnot', args, 0), whole),
  ];
}

/** A shift beyond the width leaves nothing, and a huge one must not be tried. */
function isShiftable(by: bigint): boolean {
  if (by < 0n) fail(`invalid operation: negative shift count ${by} (type int)`);
  return by < 64n;
}

export const sumOf = (numbers: readonly Value[]): Value =>
  numbers.reduce<Value>((sum, item) => calculate('+', item, sum), 0n);
