/** Reads PromQL with Prometheus's own grammar and says where a query is wrong. The only file that knows the grammar's library. */
import { parser as grammar } from '@prometheus-io/lezer-promql';
import { errorText } from '#runtime/error-text.ts';
import { binaryOpOf, matchOps } from './ast.ts';
import type { Expr, Matcher, Matching, Shift } from './ast.ts';
import { checkTypes } from './type-check.ts';
import { durationOf, numberOf, stringOf } from './literals.ts';
import { anchoredExpression } from './regular-expression.ts';

/** `syntax`: no server reads it. `unsupported`: it needs something that Serin does not know; a newer or other server may. `type`: an operator or function gets the wrong kind of value. */
export type PromqlProblem = 'syntax' | 'unsupported' | 'type';

export class PromqlError extends Error {
  override readonly name = 'PromqlError';
  readonly problem: PromqlProblem;
  /** From 1; both count the place where the problem begins. */
  readonly line: number;
  readonly column: number;
  /** The message without the place. */
  readonly what: string;
  constructor(problem: PromqlProblem, query: string, offset: number, what: string) {
    const before = query.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    super(`Cannot parse the query at ${line}:${column}: ${what}`);
    this.problem = problem;
    this.what = what;
    this.line = line;
    this.column = column;
  }
}

type Node = ReturnType<typeof grammar.parse>['topNode'];

/** Throws `PromqlError`. */
export function parseQuery(query: string): Expr {
  const root = grammar.parse(query).topNode;
  refuseErrors(root, query);
  const source: Source = { query, places: new WeakMap() };
  const [node] = expressions(root);
  if (node === undefined) throw new PromqlError('syntax', query, 0, 'the query is empty');
  const expr = build(node, source);
  checkTypes(expr, (at, what) => {
    throw new PromqlError('type', query, source.places.get(at) ?? 0, what);
  });
  return expr;
}

/** The text and where in it each expression begins. */
interface Source {
  readonly query: string;
  readonly places: WeakMap<Expr, number>;
}

/** Deeper nesting is a mistake, and recursion must end. */
const maxDepth = 200;

function refuseErrors(root: Node, query: string): void {
  const cursor = root.cursor();
  let depth = 0;
  for (;;) {
    if (cursor.name === 'StringLiteral') refuseOpenString(query, cursor.from, cursor.to);
    if (cursor.type.isError) throw syntaxError(query, cursor.from, cursor.to);
    if (depth > maxDepth) throw new PromqlError('unsupported', query, cursor.from, `more than ${maxDepth} levels`);
    if (cursor.firstChild()) depth++;
    else
      while (!cursor.nextSibling()) {
        if (!cursor.parent()) return;
        depth--;
      }
  }
}

/** The grammar takes a string without its closing quote. */
function refuseOpenString(query: string, from: number, to: number): void {
  if (to - from > 1 && query[to - 1] === query[from]) return;
  throw new PromqlError('syntax', query, from, 'the string has no end');
}

function syntaxError(query: string, from: number, to: number): PromqlError {
  const start = from + (/^\s*/.exec(query.slice(from))?.[0].length ?? 0);
  if (query.trim() === '') return new PromqlError('syntax', query, 0, 'the query is empty');
  const called = /([a-zA-Z_:][\w:]*)\s*$/.exec(query.slice(0, start));
  if (query[start] === '(' && called?.[1] !== undefined) {
    return new PromqlError('unsupported', query, called.index, `unknown function "${called[1]}"`);
  }
  if (start >= query.length) return new PromqlError('syntax', query, query.length, 'unexpected end of the query');
  const found = to > start ? query.slice(start, to) : (/^[\w:]+|^[^]/.exec(query.slice(start))?.[0] ?? '');
  return new PromqlError('syntax', query, start, `unexpected ${JSON.stringify(found)}`);
}

function build(node: Node, source: Source): Expr {
  const read = readers[node.name];
  if (read === undefined) throw unsupported(node, source, `${node.name} is not supported`);
  const expr = read(node, source);
  if (!source.places.has(expr)) source.places.set(expr, node.from);
  return expr;
}

const readers: Readonly<Record<string, (node: Node, source: Source) => Expr>> = {
  NumberDurationLiteral: (node, source) => ({ kind: 'number', value: numberOf(textOf(node, source)) }),
  StringLiteral: (node, source) => ({ kind: 'string', value: stringAt(node, source) }),
  ParenExpr: (node, source) => build(only(node, source), source),
  UnaryExpr: unary,
  VectorSelector: (node, source) => ({ kind: 'vector-selector', matchers: matchersOf(node, source), shift: unshifted }),
  MatrixSelector: matrixSelector,
  SubqueryExpr: subquery,
  OffsetExpr: (node, source) => shifted(node, source, { offset: offsetOf(node, source) }),
  StepInvariantExpr: (node, source) => shifted(node, source, { at: instantOf(node, source) }),
  FunctionCall: (node, source) => ({
    kind: 'call',
    name: textOf(childOf(node, 'FunctionIdentifier', source), source),
    args: expressions(childOf(node, 'FunctionCallBody', source)).map((arg) => build(arg, source)),
  }),
  AggregateExpr: aggregation,
  BinaryExpr: binary,
};

const unshifted: Shift = { offset: 0 };

function unary(node: Node, source: Source): Expr {
  const expr = build(only(node, source), source);
  return textOf(childOf(node, 'UnaryOp', source), source) === '-' ? { kind: 'negation', expr } : expr;
}

function matrixSelector(node: Node, source: Source): Expr {
  const inner = only(node, source);
  const selector = build(inner, source);
  if (selector.kind !== 'vector-selector' || inner.name !== 'VectorSelector') {
    throw new PromqlError('syntax', source.query, inner.from, 'a range must follow a vector selector directly');
  }
  const range = durationAt(childOf(node, 'DurationExpr', source), source);
  return { kind: 'matrix-selector', matchers: selector.matchers, shift: unshifted, range };
}

function subquery(node: Node, source: Source): Expr {
  const expr = build(only(node, source), source);
  const [range, step] = node.getChildren('DurationExpr').map((duration) => durationAt(duration, source));
  const common = { kind: 'subquery', expr, shift: unshifted, range: range ?? 0 } as const;
  return step === undefined ? common : { ...common, step };
}

/** Puts an offset or an instant on the selector or subquery it follows. */
function shifted(node: Node, source: Source, shift: Partial<Shift>): Expr {
  const expr = build(only(node, source), source);
  const what = 'at' in shift ? '@' : 'offset';
  if (expr.kind !== 'vector-selector' && expr.kind !== 'matrix-selector' && expr.kind !== 'subquery') {
    throw new PromqlError('syntax', source.query, node.from, `${what} must follow a selector or a subquery`);
  }
  const given = 'at' in shift ? expr.shift.at !== undefined : expr.shift.offset !== 0;
  if (given) throw new PromqlError('syntax', source.query, node.from, `${what} may be given once only`);
  return { ...expr, shift: { ...expr.shift, ...shift } };
}

function offsetOf(node: Node, source: Source): number {
  const outer = childOf(node, 'OffsetDurationExpr', source);
  const negative = outer.getChild('UnaryOp');
  const inner = negative === null ? outer : childOf(outer, 'OffsetDurationExpr', source);
  const sign = negative !== null && textOf(negative, source) === '-' ? -1 : 1;
  return sign * durationAt(inner, source, 0);
}

function instantOf(node: Node, source: Source): number | 'start' | 'end' {
  const preprocessor = node.getChild('AtModifierPreprocessors');
  if (preprocessor !== null) return preprocessor.getChild('AtStart') === null ? 'end' : 'start';
  const literal = node.getChildren('NumberDurationLiteral').at(-1);
  const seconds = literal === undefined ? NaN : numberOf(textOf(literal, source));
  if (!Number.isFinite(seconds))
    throw new PromqlError('syntax', source.query, node.from, '@ must be followed by a time');
  return Math.round(seconds * 1000);
}

/** A number of seconds or a duration; arithmetic with durations is experimental in Prometheus. */
function durationAt(node: Node, source: Source, least = 1): number {
  const literal = node.getChild('NumberDurationLiteralInDurationContext');
  if (literal === null) throw unsupported(node, source, 'calculated durations are not supported');
  const text = textOf(literal, source);
  const duration = durationOf(text) ?? Math.round(numberOf(text) * 1000);
  if (!Number.isFinite(duration) || duration < least) {
    throw new PromqlError('syntax', source.query, node.from, `the duration "${text}" must be greater than 0`);
  }
  return duration;
}

function aggregation(node: Node, source: Source): Expr {
  const op = textOf(childOf(node, 'AggregateOp', source), source).toLowerCase();
  const args = expressions(childOf(node, 'FunctionCallBody', source)).map((arg) => build(arg, source));
  const modifier = node.getChild('AggregateModifier');
  const without = modifier !== null && modifier.getChild('Without') !== null;
  const labels = modifier === null ? [] : labelsOf(childOf(modifier, 'GroupingLabels', source), source);
  const [first, second, third] = args;
  const expr = second ?? first;
  if (expr === undefined || third !== undefined) {
    throw new PromqlError('syntax', source.query, node.from, `wrong number of arguments of ${op}`);
  }
  const common = { kind: 'aggregation', op, grouping: { without, labels }, expr } as const;
  return second === undefined || first === undefined ? common : { ...common, param: first };
}

function binary(node: Node, source: Source): Expr {
  const [leftNode, rightNode] = expressions(node);
  const operator = leftNode?.nextSibling;
  if (leftNode === undefined || rightNode === undefined || !operator) throw unsupported(node, source, 'incomplete');
  if (node.getChild('FillModifier') !== null) throw unsupported(node, source, 'fill is not supported');
  const op = binaryOpOf(textOf(operator, source).toLowerCase());
  if (op === undefined)
    throw unsupported(operator, source, `the operator ${textOf(operator, source)} is not supported`);
  const bool = node.getChild('BoolModifier') !== null;
  const [left, right] = [build(leftNode, source), build(rightNode, source)];
  const matching = matchingOf(node.getChild('MatchingModifierClause'), source);
  const signed = op === '^' && leftNode.name === 'NumberDurationLiteral' && textOf(leftNode, source).startsWith('-');
  if (!signed || left.kind !== 'number') return { kind: 'binary', op, left, right, bool, matching };
  // A sign binds weaker than a power, but the grammar may read it as a part of the number.
  const positive = { kind: 'number', value: -left.value } as const;
  return { kind: 'negation', expr: { kind: 'binary', op, left: positive, right, bool, matching } };
}

function matchingOf(clause: Node | null, source: Source): Matching {
  if (clause === null) return { on: false, labels: [], group: 'none', include: [] };
  const [labels, include] = clause.getChildren('GroupingLabels').map((list) => labelsOf(list, source));
  const right = clause.getChild('GroupRight') !== null;
  const left = clause.getChild('GroupLeft') !== null;
  const on = clause.getChild('On') !== null;
  const both = on ? include?.find((label) => labels?.includes(label)) : undefined;
  if (both !== undefined) {
    throw new PromqlError('syntax', source.query, clause.from, `label "${both}" must not be in on() and in the group`);
  }
  return { on, labels: labels ?? [], group: left ? 'left' : right ? 'right' : 'none', include: include ?? [] };
}

function labelsOf(list: Node, source: Source): string[] {
  return childrenOf(list)
    .filter((label) => label.name === 'LabelName' || label.name === 'QuotedLabelName')
    .map((label) => nameAt(label, source));
}

function nameAt(node: Node, source: Source): string {
  return node.name === 'QuotedLabelName' ? stringAt(node, source) : textOf(node, source);
}

function matchersOf(node: Node, source: Source): Matcher[] {
  const matchers: Matcher[] = [];
  const name = node.getChild('Identifier');
  if (name !== null) matchers.push({ label: '__name__', op: '=', value: textOf(name, source) });
  const list = node.getChild('LabelMatchers');
  for (const item of list === null ? [] : childrenOf(list)) {
    if (item.name.endsWith('LabelMatcher') || item.name === 'QuotedLabelName') matchers.push(matcherOf(item, source));
  }
  if (name !== null && matchers.some((matcher, index) => index > 0 && matcher.label === '__name__')) {
    throw new PromqlError('syntax', source.query, node.from, 'the name of the metric must not be set twice');
  }
  if (matchers.every(matchesEmpty)) {
    const what = 'a selector must have at least one matcher that does not match the empty string';
    throw new PromqlError('syntax', source.query, node.from, what);
  }
  return matchers;
}

function matcherOf(item: Node, source: Source): Matcher {
  if (item.name === 'QuotedLabelName') return { label: '__name__', op: '=', value: stringAt(item, source) };
  const label = nameAt(item.firstChild ?? item, source);
  const value = stringAt(childOf(item, 'StringLiteral', source), source);
  const operator = textOf(childOf(item, 'MatchOp', source), source);
  const op = matchOps.find((name) => name === operator);
  if (op === undefined) throw unsupported(item, source, `the operator ${operator} is not supported`);
  if (op === '=~' || op === '!~') refuseBadExpression(value, item, source);
  return { label, op, value };
}

function refuseBadExpression(pattern: string, node: Node, source: Source): void {
  try {
    anchoredExpression(pattern);
  } catch (error) {
    const why = errorText(error);
    throw new PromqlError('syntax', source.query, node.from, `invalid regular expression "${pattern}": ${why}`);
  }
}

function matchesEmpty({ op, value }: Matcher): boolean {
  if (op === '=') return value === '';
  if (op === '!=') return value !== '';
  return anchoredExpression(value).test('') === (op === '=~');
}

function stringAt(node: Node, source: Source): string {
  const text = textOf(node, source);
  try {
    return stringOf(text);
  } catch (error) {
    const why = errorText(error);
    throw new PromqlError('syntax', source.query, node.from, why);
  }
}

/** Nodes that are expressions; the grammar gives them a common group. */
function expressions(node: Node): Node[] {
  return childrenOf(node).filter((child) => child.type.is('Expr'));
}

function only(node: Node, source: Source): Node {
  const [first] = expressions(node);
  if (first === undefined) throw unsupported(node, source, 'an expression is missing');
  return first;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function childOf(node: Node, name: string, source: Source): Node {
  const child = node.getChild(name);
  if (child === null) throw unsupported(node, source, `${name} is missing`);
  return child;
}

function textOf(node: Node, source: Source): string {
  return source.query.slice(node.from, node.to);
}

function unsupported(node: Node, source: Source, what: string): PromqlError {
  return new PromqlError('unsupported', source.query, node.from, what);
}
