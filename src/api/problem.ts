/** What is wrong with an object a user wrote: the field, what was found there, and what to write instead. */
import type * as z from 'zod';

export interface Problem {
  /** Path of the field, such as `spec.analysis.metrics[0].onNoData`. */
  readonly field: string;
  /** What is there, as JSON, or `nothing`. */
  readonly found: string;
  /** What to write instead, as the end of a sentence: `it must be one of "fail", "hold", "pass"`. */
  readonly want: string;
  /** The original controller's text, for the checks it makes as well. */
  readonly original?: string;
  /** Nothing can be done for the object while this is so; without it, only a part of it will not work. */
  readonly blocking?: true;
}

/** The problem as one sentence: `Cannot use spec.provider "consul": it must be …`. */
export function describeProblem(problem: Problem): string {
  const found = problem.found === nothing ? `without a value` : problem.found;
  return `Cannot use ${problem.field} ${found}: ${problem.want}`;
}

export const nothing = 'nothing';

/** `//token@`, and `user:password@` also without a scheme before it or with a slash in the password. */
const credentials =
  /(?<before>\/\/)[^/@\s"]+@|(?<before>\/\/)[^/@\s":]*:[^@\s"]+@|(?<before>")[^/@\s":]*:(?!\/\/)[^@\s"]+@/g;

/** The text of `found` for a value. It ends up in events, so long values are cut and the credentials of a URL hidden. */
export function foundText(value: unknown): string {
  if (value === undefined || value === null) return nothing;
  const text = JSON.stringify(value).replaceAll(credentials, '$<before>***@');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The problems behind a failed parse of `object`, in the order of the schema. */
export function problemsOf(error: z.ZodError, object: unknown): Problem[] {
  return error.issues.map((issue) => ({
    field: fieldPath(issue.path),
    found: foundText(valueAt(object, issue.path)),
    want: wantOf(issue),
  }));
}

/** `spec.analysis.stepWeights[2]` for `['spec', 'analysis', 'stepWeights', 2]`. */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[\w-]+$/.test(name)) return `${text}["${name}"]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function valueAt(object: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null) return undefined;
    const member: unknown = Reflect.get(value, key);
    return member;
  }, object);
}

function wantOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('it must')) return issue.message; // the schema says it better
  switch (issue.code) {
    case 'invalid_type':
      return `it must be ${article(issue.expected)}`;
    case 'invalid_value':
      return `it must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_big':
      return `it must be at most ${issue.maximum}${lengthOf(issue.origin)}`;
    case 'too_small':
      return `it must be at least ${issue.minimum}${lengthOf(issue.origin)}`;
    case 'invalid_format':
      return `it must match ${'pattern' in issue ? issue.pattern : issue.format}`;
    case 'invalid_union':
      return `it must be ${expectedOf(issue).map(article).join(' or ')}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      break;
  }
  return issue.message;
}

function lengthOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' elements' : '';
}

function expectedOf(issue: z.core.$ZodIssueInvalidUnion): string[] {
  const expected = issue.errors.flat().map((inner) => (inner.code === 'invalid_type' ? inner.expected : inner.message));
  return [...new Set(expected)];
}

/** How the types of a schema are called in a sentence. */
const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
};

function article(expected: string): string {
  return typeNames[expected] ?? expected;
}
