/** The types that the condition language knows before it evaluates anything. */
import { isList, isMap } from './values.ts';
import type { Value } from './values.ts';

export interface Type {
  readonly kind:
    | 'unknown'
    | 'nil'
    | 'bool'
    | 'int'
    | 'float'
    | 'string'
    | 'bytes'
    | 'time'
    | 'duration'
    | 'zone'
    | 'list'
    | 'map'
    | 'func';
  /** As Go calls it. */
  readonly name: string;
  /** Of a list or map: what it holds. */
  readonly of?: Type;
}

export const unknown: Type = { kind: 'unknown', name: 'unknown' };
export const nil: Type = { kind: 'nil', name: 'unknown' };
export const bool: Type = { kind: 'bool', name: 'bool' };
export const int: Type = { kind: 'int', name: 'int' };
export const int64: Type = { kind: 'int', name: 'int64' };
export const float: Type = { kind: 'float', name: 'float64' };
export const string: Type = { kind: 'string', name: 'string' };
export const bytes: Type = { kind: 'bytes', name: '[]uint8' };
export const time: Type = { kind: 'time', name: 'time.Time' };
export const duration: Type = { kind: 'duration', name: 'time.Duration' };
export const zone: Type = { kind: 'zone', name: '*time.Location' };
export const func: Type = { kind: 'func', name: 'func' };

/** Lists that a condition makes hold anything, for Go; what is known of their elements is kept all the same. */
export const listOf = (of: Type, name = '[]interface {}'): Type => ({ kind: 'list', name, of });
export const mapOf = (of: Type, name = 'map[string]interface {}'): Type => ({ kind: 'map', name, of });

export const anyList = listOf(unknown);
export const textList = listOf(string, '[]string');
export const floatList = listOf(float, '[]float64');
export const anyMap = mapOf(unknown);

/** What Go itself knows of the elements of a list. */
export const elementOf = ({ name, of = unknown }: Type): Type => (name === anyList.name ? unknown : of);

export const isUnknown = (type: Type): boolean => type.kind === 'unknown';
export const isNumeric = (type: Type): boolean => type.kind === 'int' || type.kind === 'float';

/** What is known of a provider's result: of a list of JSON nothing but that it is one, unless its elements are said to be floats. */
export function typeOf(value: Value, elements: 'any' | 'float64'): Type {
  if (value === null) return nil;
  if (typeof value === 'boolean') return bool;
  if (typeof value === 'bigint') return int;
  if (typeof value === 'number') return float;
  if (typeof value === 'string') return string;
  if (isList(value)) return elements === 'float64' ? floatList : anyList;
  if (isMap(value)) return anyMap;
  return { time, duration, zone, bytes, func }[value.is];
}

/** Whether values of the two types can be compared with `==`. */
export function areComparable(one: Type, other: Type): boolean {
  if (isUnknown(one) || isUnknown(other) || one.kind === 'nil' || other.kind === 'nil') return true;
  return (isNumeric(one) && isNumeric(other)) || one.kind === other.kind;
}

/** Both fit one of `kinds`, or one does and nothing is known of the other. */
export function fitTogether(one: Type, other: Type, kinds: readonly (readonly Type['kind'][])[]): boolean {
  return kinds.some(
    (kind) => (isUnknown(one) || kind.includes(one.kind)) && (isUnknown(other) || kind.includes(other.kind)),
  );
}
