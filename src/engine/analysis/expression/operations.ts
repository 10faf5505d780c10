/** What the operators of the condition language do with values; what they cannot do fails with the original's text. */
import { ExpressionError, fail, limits } from './expression-error.ts';
import { compileRegularExpression } from '../regular-expression.ts';
import { fromUtf8, isList, isMap, isNumber, isSpecial, toFloat, toInt, truncated, typeName, utf8 } from './values.ts';
import { textOf } from './value-text.ts';
import type { Time, Value } from './values.ts';

/** Numbers compare across int and float, lists and maps by what they hold. NaN equals nothing. */
export function isEqual(one: Value, other: Value): boolean {
  if (isNumber(one) && isNumber(other))
    return toFloatOrInt(
      one,
      other,
      (a, b) => a === b,
      (a, b) => a === b,
    );
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return one === other;
  if (isList(one))
    return isList(other) && one.length === other.length && one.every((item, at) => isEqual(item, other[at] ?? null));
  if (isMap(one))
    return (
      isMap(other) &&
      one.size === other.size &&
      [...one].every(([key, item]) => other.has(key) && isEqual(item, other.get(key) ?? null))
    );
  if (isList(other) || isMap(other)) return false;
  if (isSpecial(one, 'time') && isSpecial(other, 'time')) return one.nanoseconds === other.nanoseconds;
  if (isSpecial(one, 'duration') && isSpecial(other, 'duration')) return one.nanoseconds === other.nanoseconds;
  if (isSpecial(one, 'bytes') && isSpecial(other, 'bytes')) return one.bytes.join() === other.bytes.join();
  return one === other;
}

function toFloatOrInt<T>(
  one: bigint | number,
  other: bigint | number,
  ints: (one: bigint, other: bigint) => T,
  floats: (one: number, other: number) => T,
): T {
  if (typeof one === 'bigint' && typeof other === 'bigint') return ints(one, other);
  return floats(toFloat(one), toFloat(other));
}

type Order = '<' | '>' | '<=' | '>=';

export function isOrdered(op: Order, one: Value, other: Value): boolean {
  if (isNumber(one) && isNumber(other)) {
    return toFloatOrInt(
      one,
      other,
      (a, b) => holds(op, a, b),
      (a, b) => holds(op, a, b),
    );
  }
  if (typeof one === 'string' && typeof other === 'string') return holds(op, one, other);
  if (isSpecial(one, 'time') && isSpecial(other, 'time')) return holds(op, one.nanoseconds, other.nanoseconds);
  if (isSpecial(one, 'duration') && isSpecial(other, 'duration')) return holds(op, one.nanoseconds, other.nanoseconds);
  return mismatched(op, one, other);
}

function holds<T extends bigint | number | string>(op: Order, one: T, other: T): boolean {
  switch (op) {
    case '<':
      return one < other;
    case '>':
      return one > other;
    case '<=':
      return one <= other;
    case '>=':
      return one >= other;
  }
}

function mismatched(op: string, one: Value, other: Value): never {
  return fail(`invalid operation: ${typeName(one)} ${op} ${typeName(other)}`);
}

type Arithmetic = '+' | '-' | '*' | '/' | '%' | '**' | '^';

export function calculate(op: Arithmetic, one: Value, other: Value): Value {
  if (isNumber(one) && isNumber(other)) return calculateNumbers(op, one, other);
  if (op === '+' && typeof one === 'string' && typeof other === 'string') {
    if (one.length + other.length > limits.memory) fail('memory budget exceeded');
    return one + other;
  }
  return calculateTimes(op, one, other) ?? mismatched(op, one, other);
}

function calculateNumbers(op: Arithmetic, one: bigint | number, other: bigint | number): bigint | number {
  switch (op) {
    case '+':
      return toFloatOrInt<bigint | number>(
        one,
        other,
        (a, b) => toInt(a + b),
        (a, b) => a + b,
      );
    case '-':
      return toFloatOrInt<bigint | number>(
        one,
        other,
        (a, b) => toInt(a - b),
        (a, b) => a - b,
      );
    case '*':
      return toFloatOrInt<bigint | number>(
        one,
        other,
        (a, b) => toInt(a * b),
        (a, b) => a * b,
      );
    case '/':
      return toFloat(one) / toFloat(other);
    case '%':
      if (typeof one !== 'bigint' || typeof other !== 'bigint') return mismatched(op, one, other);
      return other === 0n ? fail('integer divide by zero') : one % other;
    case '**':
    case '^':
      return toFloat(one) ** toFloat(other);
  }
}

/** Times and durations, and durations and numbers. */
function calculateTimes(op: Arithmetic, one: Value, other: Value): Value | undefined {
  if (isSpecial(one, 'time')) {
    if (isSpecial(other, 'time') && op === '-')
      return { is: 'duration', nanoseconds: one.nanoseconds - other.nanoseconds };
    if (!isSpecial(other, 'duration')) return undefined;
    if (op === '+') return movedBy(one, other.nanoseconds);
    return op === '-' ? movedBy(one, -other.nanoseconds) : undefined;
  }
  if (isSpecial(one, 'duration')) return calculateDuration(op, one.nanoseconds, other);
  if (isNumber(one) && isSpecial(other, 'duration') && op === '*') {
    return { is: 'duration', nanoseconds: truncated(toFloat(one) * Number(other.nanoseconds)) };
  }
  return undefined;
}

function calculateDuration(op: Arithmetic, nanoseconds: bigint, other: Value): Value | undefined {
  if (isSpecial(other, 'time')) return op === '+' ? movedBy(other, nanoseconds) : undefined;
  if (isNumber(other) && op === '*')
    return { is: 'duration', nanoseconds: truncated(Number(nanoseconds) * toFloat(other)) };
  if (!isSpecial(other, 'duration')) return undefined;
  switch (op) {
    case '+':
      return { is: 'duration', nanoseconds: toInt(nanoseconds + other.nanoseconds) };
    case '-':
      return { is: 'duration', nanoseconds: toInt(nanoseconds - other.nanoseconds) };
    case '*':
      return { is: 'duration', nanoseconds: toInt(nanoseconds * other.nanoseconds) };
    case '/':
      return Number(nanoseconds) / Number(other.nanoseconds);
    case '%':
    case '**':
    case '^':
      return undefined;
  }
}

/** `Temporal` holds times within some 270,000 years. */
const latest = 8_640_000_000_000_000n * 1_000_000n;

export function movedBy(time: Time, nanoseconds: bigint): Time {
  const moved = time.nanoseconds + nanoseconds;
  return moved > latest || moved < -latest ? fail('the time is out of range') : { ...time, nanoseconds: moved };
}

export function negated(value: Value): Value {
  if (typeof value === 'bigint') return toInt(-value);
  if (typeof value === 'number') return -value;
  if (isSpecial(value, 'duration')) return { is: 'duration', nanoseconds: -value.nanoseconds };
  return fail(`invalid operation: - ${typeName(value)}`);
}

export function isIn(needle: Value, holder: Value): boolean {
  if (holder === null) return false;
  if (isList(holder)) return holder.some((item) => isEqual(item, needle));
  if (isMap(holder)) return holder.has(needle);
  return fail(`operator "in" not defined on ${typeName(holder)}`);
}

type TextOp = 'matches' | 'contains' | 'startsWith' | 'endsWith';

export function testText(op: TextOp, one: Value, other: Value): boolean {
  // Nothing contains nothing, and that is no mistake.
  if (one === null || other === null) return false;
  const text = op === 'matches' && isSpecial(one, 'bytes') ? fromUtf8(one.bytes) : one;
  if (typeof text !== 'string' || typeof other !== 'string') {
    const wrong = typeof text === 'string' ? other : text;
    return fail(`interface conversion: interface {} is ${typeName(wrong)}, not string`);
  }
  switch (op) {
    case 'matches':
      return searches(other, text);
    case 'contains':
      return text.includes(other);
    case 'startsWith':
      return text.startsWith(other);
    case 'endsWith':
      return text.endsWith(other);
  }
}

function searches(pattern: string, text: string): boolean {
  const compiled = compileRegularExpression(pattern);
  return compiled.ok ? compiled.test(text) : fail(compiled.message);
}

export function range(from: Value, to: Value): Value[] {
  const first = indexOf(from);
  const size = indexOf(to) - first + 1n;
  if (size > BigInt(limits.memory)) fail('memory budget exceeded');
  return Array.from({ length: Math.max(0, Number(size)) }, (_, at) => first + BigInt(at));
}

function indexOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number'
    ? truncated(value)
    : fail(`invalid operation: int(${value === null ? '<nil>' : typeName(value)})`);
}

/** `object.property` and `object[property]`. */
export function fetch(object: Value, property: Value): Value {
  if (isMap(object)) return object.get(property) ?? null;
  const items = elementsOf(object);
  if (items !== undefined && !isNumber(property)) fail(`invalid operation: int(${typeName(property)})`);
  if (items === undefined) {
    return fail(`cannot fetch ${textOf(property)} from ${typeName(object)}`);
  }
  const index = indexOf(property);
  const at = index < 0n ? index + BigInt(items.length) : index;
  if (at < 0n || at >= BigInt(items.length)) {
    throw new ExpressionError(`index out of range: ${at} (array length is ${items.length})`, items.length === 0);
  }
  const item = items[Number(at)];
  return isList(object) ? (item ?? null) : BigInt(Number(item));
}

/** The elements of a list, the bytes of a text. */
function elementsOf(object: Value): readonly Value[] | Uint8Array | readonly number[] | undefined {
  if (isList(object)) return object;
  if (typeof object === 'string') return utf8(object);
  return isSpecial(object, 'bytes') ? object.bytes : undefined;
}

/** `object[from:to]`: indices from the end are negative, those beyond it are cut. */
export function slice(object: Value, from: Value | undefined, to: Value | undefined): Value {
  const items = elementsOf(object);
  if (items === undefined) return fail(`cannot slice ${typeName(object)}`);
  const start = from === undefined ? 0 : boundOf(from, items.length);
  const end = Math.min(to === undefined ? items.length : boundOf(to, items.length), items.length);
  const begin = Math.min(start, end);
  if (isList(object)) return object.slice(begin, end);
  const bytes = [...items].slice(begin, end).map(Number);
  return typeof object === 'string' ? fromUtf8(bytes) : { is: 'bytes', bytes };
}

function boundOf(value: Value, length: number): number {
  const index = indexOf(value);
  return Number(index < 0n ? (index + BigInt(length) < 0n ? 0n : index + BigInt(length)) : index);
}
