/** Evaluates a syntax tree. What it costs is counted, so that every evaluation ends. */
import type { Member, Node } from './ast.ts';
import { builtins } from './builtins.ts';
import type { Surroundings } from './builtin.ts';
import { methodOf } from './builtins-times.ts';
import type { Environment } from './environment.ts';
import { fail, limits } from './expression-error.ts';
import { calculate, fetch, isEqual, isIn, isOrdered, negated, range, slice, testText } from './operations.ts';
import { notBoolean, predicateFunctions } from './predicate-functions.ts';
import { isList, isMap, isSpecial, typeName } from './values.ts';
import { textOf } from './value-text.ts';
import type { Value } from './values.ts';

/** The element that a predicate is asked about. */
interface Element {
  readonly item: Value;
  readonly index: number;
  readonly acc: Value;
}

interface Scope {
  readonly environment: Environment;
  readonly locals: ReadonlyMap<string, Value>;
  readonly element?: Element;
  readonly account: Account;
}

class Account implements Surroundings {
  readonly now: bigint;
  #steps = 0;
  #made = 0;

  constructor(now: bigint) {
    this.now = now;
  }

  readonly charge = (made: number): void => {
    this.#made += made;
    if (this.#made > limits.memory) fail('memory budget exceeded');
  };

  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > limits.steps) fail(`the expression needs more than ${limits.steps} steps`);
  }
}

/** What `?.` ends a chain with. */
class ChainEnd extends Error {}

/** Throws `ExpressionError`. `now`: nanoseconds since the epoch. */
export function evaluate(node: Node, environment: Environment, now: bigint): Value {
  return valueOf(node, { environment, locals: new Map(), account: new Account(now) });
}

function valueOf(node: Node, scope: Scope): Value {
  scope.account.spend(1);
  switch (node.kind) {
    case 'nil':
      return null;
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
      return node.value;
    case 'bytes':
      return { is: 'bytes', bytes: node.value };
    case 'name':
      return valueOfName(node.name, scope);
    case 'list':
      scope.account.charge(node.items.length);
      return node.items.map((item) => valueOf(item, scope));
    case 'map':
      scope.account.charge(node.pairs.length);
      return new Map(node.pairs.map((pair) => [keyOf(valueOf(pair.key, scope)), valueOf(pair.value, scope)]));
    case 'unary':
      return valueOfUnary(node, scope);
    case 'binary':
      return valueOfBinary(node, scope);
    case 'member':
      return valueOfMember(node, scope);
    case 'chain':
      return valueOfChain(node.body, scope);
    case 'slice':
      return valueOfSlice(node, scope);
    case 'call':
      return valueOfCall(node, scope);
    case 'builtin':
      return valueOfBuiltin(node, scope);
    case 'predicate':
      return valueOf(node.body, scope);
    case 'pointer':
      return valueOfPointer(node.name, scope);
    case 'let': {
      const value = valueOf(node.value, scope);
      return valueOf(node.body, { ...scope, locals: new Map([...scope.locals, [node.name, value]]) });
    }
    case 'if':
      return valueOf(isTrue(valueOf(node.condition, scope)) ? node.yes : node.no, scope);
    case 'sequence':
      return node.items.map((item) => valueOf(item, scope)).at(-1) ?? null;
  }
}

const isTrue = (value: Value): boolean => (typeof value === 'boolean' ? value : notBoolean(value));

function keyOf(value: Value): string {
  return typeof value === 'string'
    ? value
    : fail(`cannot use ${typeName(value)} as a key of a map: it must be a string`);
}

function valueOfName(name: string, scope: Scope): Value {
  const { variables, functions } = scope.environment;
  if (name === '$env') {
    return new Map<Value, Value>([
      ...[...variables].map(([key, variable]) => [key, variable.value] as const),
      ...[...functions].map(([key, { call }]) => [key, { is: 'func', name: key, call }] as const),
    ]);
  }
  const local = scope.locals.get(name);
  if (local !== undefined) return local;
  const found = functions.get(name);
  if (found !== undefined) return { is: 'func', name, call: found.call };
  return variables.get(name)?.value ?? null;
}

function valueOfUnary(node: Extract<Node, { kind: 'unary' }>, scope: Scope): Value {
  const value = valueOf(node.operand, scope);
  switch (node.op) {
    case 'not':
    case '!':
      return !isTrue(value);
    case '-':
      return negated(value);
    case '+':
      return value;
  }
}

/** What looking at a value as a whole costs. */
function sizeOf(value: Value): number {
  if (typeof value === 'string') return Math.ceil(value.length / 16);
  if (isList(value)) return value.length;
  return isMap(value) ? value.size : 1;
}

type Binary = Extract<Node, { kind: 'binary' }>;

function valueOfBinary(node: Binary, scope: Scope): Value {
  const left = valueOf(node.left, scope);
  const right = (): Value => valueOf(node.right, scope);
  switch (node.op) {
    case 'or':
    case '||':
      return isTrue(left) || isTrue(right());
    case 'and':
    case '&&':
      return isTrue(left) && isTrue(right());
    case '??':
      return left ?? right();
    case '==':
      return isEqual(left, weighed(left, right(), scope));
    case '!=':
      return !isEqual(left, weighed(left, right(), scope));
    case '<':
    case '>':
    case '<=':
    case '>=':
      return isOrdered(node.op, left, right());
    case 'in':
      return isIn(left, weighed(left, right(), scope));
    case 'matches':
      return testText(node.op, left, weighedPattern(left, right(), scope));
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return testText(node.op, left, weighed(left, right(), scope));
    case '..':
      return charged(range(left, right()), scope);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '**':
    case '^':
      return charged(calculate(node.op, left, right()), scope);
  }
}

/** `right`, when looking at both as a whole has been paid for. */
function weighed(left: Value, right: Value, scope: Scope): Value {
  scope.account.spend(sizeOf(left) + sizeOf(right));
  return right;
}

/** Every character is held against every step of a pattern. */
function weighedPattern(text: Value, pattern: Value, scope: Scope): Value {
  if (typeof text === 'string' && typeof pattern === 'string') scope.account.spend((text.length * pattern.length) / 4);
  return pattern;
}

/** `value`, when the memory for it has been paid for. */
function charged(value: Value, scope: Scope): Value {
  if (typeof value === 'string') scope.account.charge(value.length);
  if (isList(value)) scope.account.charge(value.length);
  return value;
}

function valueOfMember(node: Member, scope: Scope): Value {
  const object = valueOf(node.object, scope);
  if (node.optional && object === null) throw new ChainEnd();
  const property = valueOf(node.property, scope);
  if (typeof object === 'string') scope.account.spend(object.length);
  const method = typeof property === 'string' ? methodOf(object, property) : undefined;
  return method === undefined ? fetch(object, property) : { is: 'func', name: textOf(property), call: method };
}

function valueOfChain(body: Node, scope: Scope): Value {
  try {
    return valueOf(body, scope);
  } catch (error) {
    if (error instanceof ChainEnd) return null;
    throw error;
  }
}

function valueOfSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): Value {
  const object = valueOf(node.object, scope);
  const from = node.from === undefined ? undefined : valueOf(node.from, scope);
  const to = node.to === undefined ? undefined : valueOf(node.to, scope);
  scope.account.charge(typeof object === 'string' ? object.length : sizeOf(object));
  return slice(object, from, to);
}

function valueOfCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Value {
  const callee = valueOf(node.callee, scope);
  if (callee === null) return fail('invalid operation: cannot call nil');
  const args = node.args.map((arg) => valueOf(arg, scope));
  return isSpecial(callee, 'func')
    ? callee.call(args)
    : fail(`invalid operation: cannot call non-function of type ${typeName(callee)}`);
}

function valueOfBuiltin(node: Extract<Node, { kind: 'builtin' }>, scope: Scope): Value {
  const { name, args } = node;
  if (predicateFunctions.has(name)) return valueOfPredicateFunction(name, args, scope);
  const builtin = builtins.get(name) ?? fail(`unknown builtin ${name}`);
  const values = args.map((arg) => valueOf(arg, scope));
  const size = values.reduce<number>((sum, value) => sum + sizeOf(value), 0);
  scope.account.spend(size);
  const made = builtin.call(values, scope.account);
  if (isList(made)) scope.account.charge(made.length);
  return made;
}

function valueOfPredicateFunction(name: string, args: readonly Node[], scope: Scope): Value {
  const [over, predicate, extra] = args;
  const definition = predicateFunctions.get(name) ?? fail(`unknown builtin ${name}`);
  const items = over === undefined ? null : valueOf(over, scope);
  if (!isList(items)) return fail(`builtin ${name} takes only array (got ${items === null ? 'nil' : typeName(items)})`);
  const first = extra === undefined ? undefined : valueOf(extra, scope);
  scope.account.spend(items.length);
  const ask =
    predicate === undefined
      ? undefined
      : (item: Value, index: number, acc: Value = null) =>
          valueOf(predicate, { ...scope, element: { item, index, acc } });
  const made = definition.call(items, ask, first);
  if (isList(made)) scope.account.charge(made.length);
  return made;
}

function valueOfPointer(name: string, scope: Scope): Value {
  const { element } = scope;
  if (element === undefined) return fail('cannot use pointer accessor outside predicate');
  if (name === '') return element.item;
  if (name === 'index') return BigInt(element.index);
  return name === 'acc' ? element.acc : fail(`unknown pointer #${name}`);
}
