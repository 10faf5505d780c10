/** The values of the condition language: how Go's types are held, called and written. */
import { fail } from './expression-error.ts';

/** An `int` is a bigint, a `float64` a number, `nil` is null. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | ValueMap
  | Time
  | Duration
  | Zone
  | Bytes
  | Func;
export type ValueMap = ReadonlyMap<Value, Value>;

/** A moment in a time zone. */
export interface Time {
  readonly is: 'time';
  readonly nanoseconds: bigint;
  readonly zone: string;
}
export interface Duration {
  readonly is: 'duration';
  readonly nanoseconds: bigint;
}
export interface Zone {
  readonly is: 'zone';
  readonly name: string;
}
export interface Bytes {
  readonly is: 'bytes';
  readonly bytes: readonly number[];
}
export interface Func {
  readonly is: 'func';
  readonly name: string;
  readonly call: (args: readonly Value[]) => Value;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isMap = (value: Value): value is ValueMap => value instanceof Map;
export const isNumber = (value: Value): value is bigint | number =>
  typeof value === 'bigint' || typeof value === 'number';
type Special = Time | Duration | Zone | Bytes | Func;
export const isSpecial = <Name extends Special['is']>(
  value: Value,
  name: Name,
): value is Extract<Special, { is: Name }> =>
  typeof value === 'object' && value !== null && 'is' in value && value.is === name;

/** Deeper data cannot be walked, and no provider gives it. */
const maxDataDepth = 100;

/** What a provider gave: JSON, with bigints where the source has integers. */
export function valueOf(data: unknown, depth = 0): Value {
  if (depth > maxDataDepth) fail(`the result is nested deeper than ${maxDataDepth} levels`);
  switch (typeof data) {
    case 'boolean':
    case 'bigint':
    case 'number':
    case 'string':
      return data;
    case 'object':
      if (data === null) return null;
      if (Array.isArray(data)) return data.map((item: unknown) => valueOf(item, depth + 1));
      return new Map(Object.entries(data).map(([key, member]) => [key, valueOf(member, depth + 1)]));
    case 'undefined':
    case 'function':
    case 'symbol':
      return null;
  }
}

/** The name of its type in Go, as `%T` writes it. */
export function typeName(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'string') return 'string';
  if (isList(value)) return '[]interface {}';
  if (isMap(value)) return 'map[string]interface {}';
  return specialTypes[value.is];
}

const specialTypes: Readonly<Record<Special['is'], string>> = {
  time: 'time.Time',
  duration: 'time.Duration',
  zone: '*time.Location',
  bytes: '[]uint8',
  func: 'func',
};

/** The shortest text of a float, with an exponent where Go's `%v` has one: `1e+06`, `1e-05`. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}

/** The shortest text of a float without an exponent, however long, as Prometheus and Datadog write values. */
export function decimalText(value: number): string {
  const [, sign = '', first = '', rest = '', exponent = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(Number.isFinite(value) ? value.toExponential() : '') ?? [];
  if (first === '' || value === 0) return floatText(value);
  const digits = first + rest;
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, '0');
  return digits.length > point ? `${sign}${whole}.${digits.slice(point)}` : sign + whole;
}

/** Float64 of an int, too. */
export const toFloat = (value: bigint | number): number => Number(value);

/** An int keeps to 64 bits, as in Go. */
export const toInt = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Go's conversion of a float to an int: toward zero; what does not fit is the smallest int. */
export function truncated(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);
export const fromUtf8 = (bytes: readonly number[] | Uint8Array): string => decoder.decode(Uint8Array.from(bytes));
