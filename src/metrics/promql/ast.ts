/** A PromQL query as data. Durations and instants are milliseconds; parentheses are gone. */

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export const matchOps = ['=', '!=', '=~', '!~'] as const;
export type MatchOp = (typeof matchOps)[number];

export interface Matcher {
  readonly label: string;
  readonly op: MatchOp;
  readonly value: string;
}

/** `at`: the instant of an `@` modifier. */
export interface Shift {
  readonly offset: number;
  readonly at?: number | 'start' | 'end';
}

export interface VectorSelector {
  readonly kind: 'vector-selector';
  /** The metric's name, when there is one, is the first of them, as `__name__`. */
  readonly matchers: readonly Matcher[];
  readonly shift: Shift;
}

export interface MatrixSelector {
  readonly kind: 'matrix-selector';
  readonly matchers: readonly Matcher[];
  readonly shift: Shift;
  readonly range: number;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly expr: Expr;
  readonly shift: Shift;
  readonly range: number;
  /** Absent: the server's evaluation interval. */
  readonly step?: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expr[];
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly op: string;
  readonly grouping: Grouping;
  readonly expr: Expr;
  /** The first argument of topk, bottomk, quantile and count_values. */
  readonly param?: Expr;
}

const arithmeticNames = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
const comparisonNames = ['==', '!=', '>', '<', '>=', '<='] as const;
const setNames = ['and', 'or', 'unless'] as const;
export type ArithmeticOp = (typeof arithmeticNames)[number];
export type ComparisonOp = (typeof comparisonNames)[number];
export type SetOp = (typeof setNames)[number];
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export const isComparison = (op: BinaryOp): op is ComparisonOp => comparisonNames.some((name) => name === op);
export const isSetOp = (op: BinaryOp): op is SetOp => setNames.some((name) => name === op);
/** `undefined` for a text that is no operator. */
export function binaryOpOf(text: string): BinaryOp | undefined {
  return [...arithmeticNames, ...comparisonNames, ...setNames].find((name) => name === text);
}

export interface Matching {
  /** True: match on `labels`; false: on all labels but these. */
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group: 'none' | 'left' | 'right';
  /** Labels that are taken over from the side of one. */
  readonly include: readonly string[];
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  readonly matching: Matching;
}

export interface Negation {
  readonly kind: 'negation';
  readonly expr: Expr;
}

export interface NumberLiteral {
  readonly kind: 'number';
  readonly value: number;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
}

export type Expr =
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Negation
  | NumberLiteral
  | StringLiteral;
