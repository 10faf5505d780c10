/** Reading objects as Go does: what cannot be decoded is left out, what is missing is zero, and the rest goes on. */
import type * as z from 'zod';
import { problemsOf, type Problem } from './problem.ts';

export type Lenient<T> =
  | { readonly ok: true; readonly value: T; readonly dropped: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Each round repairs one level of what is wrong, and no schema of ours is deeper. */
const mostRounds = 16;

/** Parses `given`. What `dropped` names was there, could not be read, and is not in `value`; a null is dropped without a word. */
export function parseLeniently<T>(schema: z.ZodType<T>, given: unknown): Lenient<T> {
  const first = schema.safeParse(given);
  if (first.success) return { ok: true, value: first.data, dropped: [] };
  const dropped: Problem[] = [];
  let error = first.error;
  const repaired: Repaired = { copy: { root: given }, filled: new Set() };
  for (let round = 0; round < mostRounds; round += 1) {
    dropped.push(...problemsOf(error, repaired.copy.root).filter(({ found }) => found !== 'nothing'));
    // From the end, so that items which go away move none that is still to be repaired.
    for (const issue of error.issues.toReversed()) repair(repaired, ['root', ...issue.path], issue);
    const again = schema.safeParse(repaired.copy.root);
    if (again.success) return { ok: true, value: again.data, dropped };
    error = again.error;
  }
  return { ok: false, problems: problemsOf(error, repaired.copy.root) };
}

interface Repaired {
  readonly copy: { root: unknown };
  /** Paths of zeros that were put in. */
  readonly filled: Set<string>;
}

/** What is there goes away; what is missing becomes Go's zero; what cannot be zero takes its parent along. */
function repair({ copy, filled }: Repaired, path: readonly PropertyKey[], issue: z.core.$ZodIssue): void {
  const parent = ownParent(copy, path);
  const key = path.at(-1);
  if (parent === undefined || key === undefined) return;
  const place = path.join('/');
  if (Array.isArray(parent)) replaceItem(parent, Number(key), issue);
  else if (filled.has(place)) remove(copy, path.slice(0, -1));
  else if (Object.hasOwn(parent, key)) Reflect.deleteProperty(parent, key);
  else if (hasZero(issue)) {
    Reflect.set(parent, key, zeroOf(issue));
    filled.add(place);
  } else remove(copy, path.slice(0, -1));
}

/** A bad item of a list of objects stays as an empty one, so that the others keep their places. */
function replaceItem(list: unknown[], index: number, issue: z.core.$ZodIssue): void {
  const zero = hasZero(issue) ? zeroOf(issue) : undefined;
  if (typeof zero === 'object') list[index] = zero;
  else list.splice(index, 1);
}

function remove(copy: object, path: readonly PropertyKey[]): void {
  const parent = ownParent(copy, path);
  const key = path.at(-1);
  if (parent === undefined || key === undefined) return;
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

/** What holds the end of `path`. All on the way there is copied, the rest stays what the caller gave. */
function ownParent(copy: object, path: readonly PropertyKey[]): object | undefined {
  let parent = copy;
  for (const key of path.slice(0, -1)) {
    const found: unknown = Reflect.get(parent, key);
    if (typeof found !== 'object' || found === null) return undefined;
    const own = Array.isArray(found) ? [...found] : { ...found };
    Reflect.set(parent, key, own);
    parent = own;
  }
  return parent;
}

const zeros: Readonly<Record<string, () => unknown>> = {
  array: () => [],
  boolean: () => false,
  int: () => 0,
  number: () => 0,
  object: () => ({}),
  record: () => ({}),
  string: () => '',
};

function hasZero(issue: z.core.$ZodIssue): issue is z.core.$ZodIssueInvalidType {
  return issue.code === 'invalid_type' && Object.hasOwn(zeros, issue.expected);
}

const zeroOf = (issue: z.core.$ZodIssueInvalidType): unknown => zeros[issue.expected]?.();
