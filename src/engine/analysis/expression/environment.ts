/** The names that a condition may use besides the built-in functions. */
import { argument, notOfType } from './builtin.ts';
import { floatOf, integerOf } from './builtins-numbers.ts';
import { fail } from './expression-error.ts';
import * as types from './types.ts';
import type { Type } from './types.ts';
import { isNumber, toFloat, truncated, typeName } from './values.ts';
import type { Value } from './values.ts';
import { textOf } from './value-text.ts';

export interface Variable {
  readonly type: Type;
  readonly value: Value;
}

/** A function of the environment as the checker sees it. */
export interface Signature {
  readonly takes: readonly Type[];
  readonly returns: Type;
}

export interface Environment {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly functions: ReadonlyMap<string, Signature & { readonly call: (args: readonly Value[]) => Value }>;
}

const isNaNFunction = {
  takes: [types.float],
  returns: types.bool,
  call: (args: readonly Value[]) => Number.isNaN(floatArgument(args)),
};
const isInfFunction = {
  takes: [types.float],
  returns: types.bool,
  call: (args: readonly Value[]) => Math.abs(floatArgument(args)) === Number.POSITIVE_INFINITY,
};

/** Of success and failure conditions. */
export function conditionEnvironment(result: Value, elements: 'any' | 'float64'): Environment {
  const isNil = result === null;
  return {
    variables: new Map([['result', { type: types.typeOf(result, elements), value: result }]]),
    functions: new Map([
      ['asInt', { takes: [types.unknown], returns: types.int64, call: (args) => asInt(argument(args, 0)) }],
      ['asFloat', { takes: [types.unknown], returns: types.float, call: (args) => asFloat(argument(args, 0)) }],
      ['isNaN', isNaNFunction],
      ['isInf', isInfFunction],
      // Both look at the result, whatever they are given: so does the original, and `default(result, 0)` is how they are used.
      ['isNil', { takes: [types.unknown], returns: types.bool, call: () => isNil }],
      [
        'default',
        {
          takes: [types.unknown, types.unknown],
          returns: types.unknown,
          call: (args) => (isNil ? argument(args, 1) : result),
        },
      ],
    ]),
  };
}

/** Of the start and end of a Prometheus range. */
export const timeEnvironment: Environment = {
  variables: new Map(),
  functions: new Map([
    ['isNaN', isNaNFunction],
    ['isInf', isInfFunction],
  ]),
};

function floatArgument(args: readonly Value[]): number {
  const value = argument(args, 0);
  if (isNumber(value)) return toFloat(value);
  return notOfType(value, 'float64');
}

function asInt(value: Value): bigint {
  if (isNumber(value)) return typeof value === 'bigint' ? value : truncated(value);
  if (typeof value !== 'string') return notSupported('asInt', value);
  return integerOf(value) ?? fail(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function asFloat(value: Value): number {
  if (isNumber(value)) return toFloat(value);
  if (typeof value !== 'string') return notSupported('asFloat', value);
  return floatOf(value) ?? fail(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function notSupported(name: string, value: Value): never {
  return fail(`${name}() not supported on ${typeName(value)} ${textOf(value)}`);
}
