/**
 * Sets of field paths in the form in which managedFields stores them: a tree whose keys are `f:NAME`, `k:{KEYS}` and `v:VALUE`;
 * `.` marks a node as being in the set itself, and a node without children always is.
 */
import { isMap, type Json } from './json.ts';

export type FieldSet = Json;

const dot = '.';

export const member: FieldSet = Object.freeze({});

const childKeys = (set: FieldSet): string[] => Object.keys(set).filter((key) => key !== dot);

export const isMember = (set: FieldSet | undefined): boolean => {
  if (set === undefined) return false;
  if (dot in set) return true;
  for (const _ in set) return false;
  return true;
};

export function child(set: FieldSet | undefined, key: string): FieldSet | undefined {
  const inner = set?.[key];
  return isMap(inner) ? inner : undefined;
}

/** A node from its parts, `undefined` when there is nothing in it. */
export function node(inSet: boolean, children: Readonly<Record<string, FieldSet>>): FieldSet | undefined {
  if (Object.keys(children).length === 0) return inSet ? member : undefined;
  return inSet ? { [dot]: member, ...children } : children;
}

/** Combines two sets node by node: `below` combines what lies in both, `inSet` says whether the node itself stays. */
function combine(
  a: FieldSet,
  b: FieldSet,
  below: (a: FieldSet | undefined, b: FieldSet | undefined) => FieldSet | undefined,
  inSet: boolean,
): FieldSet | undefined {
  const children: Record<string, FieldSet> = {};
  const add = (key: string): void => {
    const combined = below(child(a, key), child(b, key));
    if (combined !== undefined) children[key] = combined;
  };
  for (const key in a) if (key !== dot) add(key);
  for (const key in b) if (key !== dot && !Object.hasOwn(a, key)) add(key);
  return isNode(a, inSet, children) ? a : node(inSet, children);
}

/** A result that is what was there before stays the same object: nobody has to look into it again. */
function isNode(set: FieldSet, inSet: boolean, children: Readonly<Record<string, FieldSet>>): boolean {
  if (isMember(set) !== inSet) return false;
  let count = 0;
  for (const key in set) {
    if (key === dot) continue;
    if (children[key] !== set[key]) return false;
    count += 1;
  }
  for (const _ in children) count -= 1;
  return count === 0 && (inSet || Object.keys(children).length > 0);
}

export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return combine(a, b, union, isMember(a) || isMember(b));
}

export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a;
  return combine(a, b, difference, isMember(a) && !isMember(b));
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined;
  return combine(a, b, intersection, isMember(a) && isMember(b));
}

/** Whether the sets have anything in common. */
export function intersects(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (isMember(a) && isMember(b)) return true;
  for (const key in a) if (key !== dot && intersects(child(a, key), child(b, key))) return true;
  return false;
}

/** Whether all of `b` is in `a`. */
export function covers(a: FieldSet | undefined, b: FieldSet | undefined): boolean {
  if (b === undefined) return true;
  if (a === undefined || (isMember(b) && !isMember(a))) return false;
  for (const key in b) if (key !== dot && !covers(child(a, key), child(b, key))) return false;
  return true;
}

/** The set without the part below a path of keys. */
export function withoutPath(set: FieldSet | undefined, [key, ...rest]: readonly string[]): FieldSet | undefined {
  if (set === undefined || key === undefined) return undefined;
  const inner = child(set, key);
  if (inner === undefined) return set;
  const { [key]: _gone, ...others } = set;
  const left = rest.length === 0 ? undefined : withoutPath(inner, rest);
  const result = left === undefined ? others : { ...others, [key]: left };
  return Object.keys(result).length === 0 ? undefined : result;
}

/** The paths of the set as messages write them, such as `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathsOf(set: FieldSet | undefined, prefix = ''): string[] {
  if (set === undefined) return [];
  return [
    ...(prefix !== '' && isMember(set) ? [prefix] : []),
    ...childKeys(set).flatMap((key) => pathsOf(child(set, key), `${prefix}${stepText(key)}`)),
  ];
}

function stepText(key: string): string {
  const text = key.slice(2);
  if (key.startsWith('f:')) return `.${text}`;
  if (key.startsWith('v:')) return `[=${text}]`;
  const parsed: unknown = JSON.parse(text);
  const pairs = isMap(parsed) ? Object.entries(parsed).map(([name, value]) => `${name}=${JSON.stringify(value)}`) : [];
  return `[${pairs.join(',')}]`;
}
