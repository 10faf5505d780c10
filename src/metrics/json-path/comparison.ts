/** Compares two values of a filter in a JSONPath. */
import { JsonPathError } from './nodes.ts';

type Comparable = number | string | boolean;

/** Throws `JsonPathError` for what cannot be compared. Numbers compare however they are written. */
export function compare(operator: string, one: unknown, other: unknown): boolean {
  if (!isComparable(one) || !isComparable(other)) throw new JsonPathError('invalid type for comparison');
  if (typeof one !== typeof other) throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return one === other;
  if (operator === '!=') return one !== other;
  const ordered = comparisons[operator];
  if (ordered === undefined) throw new JsonPathError(`unrecognized filter operator ${operator}`);
  if (typeof one === 'boolean') throw new JsonPathError('invalid type for comparison');
  return ordered(one, other);
}

function isComparable(value: unknown): value is Comparable {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

const comparisons: Readonly<Record<string, (one: Comparable, other: Comparable) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};
