/** What a built-in function of the condition language is, and how it takes its arguments apart. */
import { fail } from './expression-error.ts';
import type { Type } from './types.ts';
import { isList, isMap, isNumber, truncated, typeName } from './values.ts';
import type { Value, ValueMap } from './values.ts';

/** What evaluation lends to a function. */
export interface Surroundings {
  /** Nanoseconds since the epoch. */
  readonly now: bigint;
  /** Counts elements and characters that are made; throws when there are too many. */
  readonly charge: (made: number) => void;
}

export interface Builtin {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly returns: Type;
  readonly call: (args: readonly Value[], surroundings: Surroundings) => Value;
  /** Of the first argument. */
  readonly takes?: Takes;
}

/** What a function takes first; other kinds are refused before anything is evaluated. */
export interface Takes {
  readonly kinds: readonly Type['kind'][];
  /** The original's text. */
  readonly refusal: (name: string, type: string, args: number) => string;
  /** Whether all arguments must be of these kinds. */
  readonly all?: true;
  /** Go's type of the parameter, of functions that have one: it shows when a value turns out to be of another type. */
  readonly type?: string;
}

export const takes = (kinds: Takes['kinds'], refusal: Takes['refusal'] = invalidArgument): Takes => ({
  kinds,
  refusal,
});

const invalidArgument: Takes['refusal'] = (name, type) => `invalid argument for ${name} (type ${type})`;

/** A parameter with a type of Go. */
export const typed = (kinds: Takes['kinds'], type: string, refusal: Takes['refusal'] = wrongArgument(type)): Takes => ({
  kinds,
  refusal,
  type,
});

function wrongArgument(wanted: string): Takes['refusal'] {
  // The blank at the end is the original's.
  return (name, type) =>
    type === 'unknown'
      ? `cannot use nil as argument (type ${wanted}) to call ${name}`
      : `cannot use ${type} as argument (type ${wanted}) to call ${name} `;
}

/** As Go says that a value is not of the type that is needed. */
export function notOfType(value: Value, type: string): never {
  return fail(`interface conversion: interface {} is ${value === null ? 'nil' : typeName(value)}, not ${type}`);
}

export function define(
  name: string,
  [min, max]: readonly [number, number],
  returns: Type,
  call: Builtin['call'],
  first?: Takes,
): Builtin {
  return { name, min, max, returns, call, ...(first === undefined ? {} : { takes: first }) };
}

export const anyNumber = Number.POSITIVE_INFINITY;

export function argument(args: readonly Value[], at: number): Value {
  return args[at] ?? null;
}

export function unsuited(name: string, value: Value): never {
  return fail(`invalid argument for ${name} (type ${typeName(value)})`);
}

export function textArgument(args: readonly Value[], at: number): string {
  const value = argument(args, at);
  return typeof value === 'string' ? value : notOfType(value, 'string');
}

export function intArgument(name: string, args: readonly Value[], at: number): bigint {
  const value = argument(args, at);
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' ? truncated(value) : unsuited(name, value);
}

export function listArgument(name: string, args: readonly Value[], at: number): readonly Value[] {
  const value = argument(args, at);
  return isList(value) ? value : unsuited(name, value);
}

export function mapArgument(name: string, args: readonly Value[], at: number): ValueMap {
  const value = argument(args, at);
  return isMap(value) ? value : unsuited(name, value);
}

export function numberArgument(name: string, args: readonly Value[], at: number): bigint | number {
  const value = argument(args, at);
  return isNumber(value) ? value : unsuited(name, value);
}
