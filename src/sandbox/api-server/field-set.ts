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
  return dot in set || Object.keys(set).length === 0;
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

/** Combines two sets node by node; `keep` decides from membership in both. */
function combine(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  keep: (inA: boolean, inB: boolean) => boolean,
): FieldSet | undefined {
  const keys = new Set([...(a === undefined ? [] : childKeys(a)), ...(b === undefined ? [] : childKeys(b))]);
  const children: Record<string, FieldSet> = {};
  for (const key of keys) {
    const combined = combine(child(a, key), child(b, key), keep);
    if (combined !== undefined) children[key] = combined;
  }
  const inSet = keep(isMember(a), isMember(b));
  return a !== undefined && isNode(a, inSet, children) ? a : node(inSet, children);
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
  return combine(a, b, (inA, inB) => inA || inB);
}

export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return a;
  return combine(a, b, (inA, inB) => inA && !inB);
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined;
  return combine(a, b, (inA, inB) => inA && inB);
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
