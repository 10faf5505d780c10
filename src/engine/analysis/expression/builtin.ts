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
  /** Kinds of the first argument; others are refused before anything is evaluated. */
  readonly takes?: readonly Type['kind'][];
}

export function define(
  name: string,
  [min, max]: readonly [number, number],
  returns: Type,
  call: Builtin['call'],
  takes?: Builtin['takes'],
): Builtin {
  return { name, min, max, returns, call, ...(takes === undefined ? {} : { takes }) };
}

export const anyNumber = Number.POSITIVE_INFINITY;

export function argument(args: readonly Value[], at: number): Value {
  return args[at] ?? null;
}

export function unsuited(name: string, value: Value): never {
  return fail(`invalid argument for ${name} (type ${typeName(value)})`);
}

export function textArgument(name: string, args: readonly Value[], at: number): string {
  const value = argument(args, at);
  return typeof value === 'string' ? value : unsuited(name, value);
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
