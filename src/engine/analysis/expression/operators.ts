/** How tightly the operators of the condition language bind. */
import type { BinaryOp, UnaryOp } from './ast.ts';

interface Binding {
  readonly op: BinaryOp;
  readonly precedence: number;
  /** Right-associative: `2 ^ 3 ^ 2` is `2 ^ (3 ^ 2)`. */
  readonly right?: true;
}

const bindings: readonly Binding[] = [
  { op: 'or', precedence: 10 },
  { op: '||', precedence: 10 },
  { op: 'and', precedence: 15 },
  { op: '&&', precedence: 15 },
  { op: '==', precedence: 20 },
  { op: '!=', precedence: 20 },
  { op: '<', precedence: 20 },
  { op: '>', precedence: 20 },
  { op: '<=', precedence: 20 },
  { op: '>=', precedence: 20 },
  { op: 'in', precedence: 20 },
  { op: 'matches', precedence: 20 },
  { op: 'contains', precedence: 20 },
  { op: 'startsWith', precedence: 20 },
  { op: 'endsWith', precedence: 20 },
  { op: '..', precedence: 25 },
  { op: '+', precedence: 30 },
  { op: '-', precedence: 30 },
  { op: '*', precedence: 60 },
  { op: '/', precedence: 60 },
  { op: '%', precedence: 60 },
  { op: '**', precedence: 100, right: true },
  { op: '^', precedence: 100, right: true },
  { op: '??', precedence: 500 },
];

const byText: ReadonlyMap<string, Binding> = new Map(bindings.map((binding) => [binding.op, binding]));

export const bindingOf = (text: string): Binding | undefined => byText.get(text);

/** The pipe binds loosest of all: `x | f(y)` is `f(x, y)`. */
export const pipePrecedence = 0;

const unaries: readonly { readonly op: UnaryOp; readonly precedence: number }[] = [
  { op: 'not', precedence: 50 },
  { op: '!', precedence: 50 },
  { op: '-', precedence: 90 },
  { op: '+', precedence: 90 },
];

export const unaryOf = (text: string): { readonly op: UnaryOp; readonly precedence: number } | undefined =>
  unaries.find((unary) => unary.op === text);

/** Operators that may follow `not`: `a not in b`. */
export const negatable: ReadonlySet<string> = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);

/** Comparisons that may stand in a row: `1 < x < 5`. */
export const chainable: ReadonlySet<string> = new Set(['<', '>', '<=', '>=']);
