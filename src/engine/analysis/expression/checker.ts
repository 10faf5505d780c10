/** Finds unknown names and impossible operations before a condition is evaluated, as far as the types are known. */
import type { Member, Node } from './ast.ts';
import type { Builtin } from './builtin.ts';
import { builtins } from './builtins.ts';
import { checkBinary, checkUnary } from './check-operators.ts';
import type { Environment, Signature } from './environment.ts';
import { hasMethod } from './builtins-times.ts';
import { fail } from './expression-error.ts';
import { predicateFunctions } from './predicate-functions.ts';
import * as types from './types.ts';
import type { Type } from './types.ts';

interface Scope {
  readonly environment: Environment;
  readonly locals: ReadonlyMap<string, Type>;
  /** Of the list around: what `#` is. */
  readonly element?: Type;
  /** What else can be pointed at: `index`, `acc`. */
  readonly pointers?: readonly string[];
  /** Types of nodes that were seen: a chain of comparisons holds its parts twice. */
  readonly seen: WeakMap<Node, Type>;
}

/** The type of the whole. Throws `ExpressionError`. */
export function check(node: Node, environment: Environment): Type {
  return typeOf(node, { environment, locals: new Map(), seen: new WeakMap() });
}

function typeOf(node: Node, scope: Scope): Type {
  const known = scope.seen.get(node);
  if (known !== undefined) return known;
  const type = typeOfNew(node, scope);
  scope.seen.set(node, type);
  return type;
}

function typeOfNew(node: Node, scope: Scope): Type {
  switch (node.kind) {
    case 'nil':
      return types.nil;
    case 'bool':
      return types.bool;
    case 'int':
      return types.int;
    case 'float':
      return types.float;
    case 'string':
      return types.string;
    case 'bytes':
      return types.bytes;
    case 'name':
      return typeOfName(node.name, scope);
    case 'list':
      return typeOfList(node.items.map((item) => typeOf(item, scope)));
    case 'map':
      for (const pair of node.pairs) [pair.key, pair.value].forEach((part) => typeOf(part, scope));
      return types.anyMap;
    case 'unary':
      return checkUnary(node.op, typeOf(node.operand, scope));
    case 'binary':
      return checkBinary(node, typeOf(node.left, scope), typeOf(node.right, scope));
    case 'member':
      return typeOfMember(node, scope);
    case 'chain':
    case 'predicate':
      return typeOf(node.body, scope);
    case 'slice':
      return typeOfSlice(node, scope);
    case 'call':
      return typeOfCall(node, scope);
    case 'builtin':
      return typeOfBuiltin(node, scope);
    case 'pointer':
      return typeOfPointer(node.name, scope);
    case 'let':
      return typeOfLet(node, scope);
    case 'if':
      return typeOfIf(node, scope);
    case 'sequence':
      return node.items.map((item) => typeOf(item, scope)).at(-1) ?? types.nil;
  }
}

function typeOfName(name: string, scope: Scope): Type {
  if (name === '$env') return types.anyMap;
  const local = scope.locals.get(name) ?? scope.environment.variables.get(name)?.type;
  if (local !== undefined) return local;
  return scope.environment.functions.has(name) ? types.func : fail(`unknown name ${name}`);
}

function typeOfList(items: readonly Type[]): Type {
  const [first] = items;
  const isUniform = first !== undefined && items.every((item) => item.name === first.name);
  return types.listOf(isUniform ? first : types.unknown);
}

function typeOfMember(node: Member, scope: Scope, called = false): Type {
  const name = node.property.kind === 'string' ? node.property.value : undefined;
  if (node.object.kind === 'name' && node.object.name === '$env') {
    return name === undefined || node.optional ? types.unknown : typeOfName(name, scope);
  }
  const object = typeOf(node.object, scope);
  const property = typeOf(node.property, scope);
  if (types.isUnknown(object)) return types.unknown;
  if (object.kind === 'nil' && name !== undefined) return fail(`type nil has no field ${name}`);
  const element = object.of ?? types.unknown;
  if (object.kind === 'map') {
    const anyKey = object.name.startsWith('map[interface {}]');
    if (anyKey || property.kind === 'string' || types.isUnknown(property)) return element;
    return fail(`cannot use ${property.name} to get an element from ${object.name}`);
  }
  if (object.kind === 'list') {
    if (property.kind === 'int' || types.isUnknown(property)) return element;
    return fail(`array elements can only be selected using an integer (got ${property.name})`);
  }
  const isMoment = object.kind === 'time' || object.kind === 'duration';
  if (isMoment && name !== undefined && hasMethod(object.kind, name)) return types.func;
  if (name !== undefined) return fail(`type ${object.name} has no ${called ? 'method' : 'field'} ${name}`);
  if (object.kind === 'bytes') return types.int;
  return fail(`type ${object.name}[${property.name}] is undefined`);
}

function typeOfSlice(node: Extract<Node, { kind: 'slice' }>, scope: Scope): Type {
  const object = typeOf(node.object, scope);
  if (!['unknown', 'string', 'list', 'bytes'].includes(object.kind)) fail(`cannot slice ${object.name}`);
  for (const bound of [node.from, node.to]) {
    const type = bound === undefined ? types.int : typeOf(bound, scope);
    if (type.kind !== 'int' && !types.isUnknown(type)) fail(`non-integer slice index ${type.name}`);
  }
  return object;
}

function typeOfCall(node: Extract<Node, { kind: 'call' }>, scope: Scope): Type {
  const args = node.args.map((arg) => typeOf(arg, scope));
  if (node.callee.kind !== 'name') {
    const callee = node.callee.kind === 'member' ? typeOfMember(node.callee, scope, true) : typeOf(node.callee, scope);
    return callee.kind === 'func' || types.isUnknown(callee) ? types.unknown : fail(`${callee.name} is not callable`);
  }
  const { name } = node.callee;
  const type = typeOfName(name, scope);
  const signature = scope.environment.functions.get(name);
  if (signature !== undefined && !scope.locals.has(name)) return checkArguments(name, signature, args);
  if (type.kind === 'nil') return fail(`${name} is nil; cannot call nil as function`);
  return types.isUnknown(type) ? types.unknown : fail(`${type.name} is not callable`);
}

function checkArguments(name: string, signature: Signature, args: readonly Type[]): Type {
  if (args.length < signature.takes.length) fail(`not enough arguments to call ${name}`);
  if (args.length > signature.takes.length) fail(`too many arguments to call ${name}`);
  for (const [at, wanted] of signature.takes.entries()) {
    const arg = args[at] ?? types.unknown;
    if (types.isUnknown(wanted) || types.isUnknown(arg) || arg.kind === wanted.kind) continue;
    if (arg.kind === 'int' && wanted.kind === 'float') continue;
    if (arg.kind === 'nil') fail(`cannot use nil as argument (type ${wanted.name}) to call ${name}`);
    // The blank at the end is the original's.
    fail(`cannot use ${arg.name} as argument (type ${wanted.name}) to call ${name} `);
  }
  return signature.returns;
}

function typeOfBuiltin(node: Extract<Node, { kind: 'builtin' }>, scope: Scope): Type {
  const { name, args } = node;
  if (predicateFunctions.has(name)) return typeOfPredicateFunction(name, args, scope);
  const builtin = builtins.get(name) ?? fail(`unknown builtin ${name}`);
  const given = args.map((arg) => typeOf(arg, scope));
  if (given.length < builtin.min || given.length > builtin.max) fail(wrongCount(builtin, given.length));
  const [first = types.unknown] = given;
  const { takes } = builtin;
  const wrong = (takes?.all === true ? given : given.slice(0, 1)).find(
    (type) => takes !== undefined && !types.isUnknown(type) && !takes.kinds.includes(type.kind),
  );
  if (takes !== undefined && wrong !== undefined) fail(takes.refusal(name, wrong.name, given.length));
  if (name === 'abs') return first;
  if (name === 'take') return first.name === types.anyList.name ? types.anyList : first;
  return name === 'first' || name === 'last' ? types.elementOf(first) : builtin.returns;
}

function wrongCount({ name, min, max, takes }: Builtin, given: number): string {
  const isTyped = takes?.type !== undefined || name === 'string' || name === 'max' || name === 'min';
  if (isTyped) return `${given < min ? 'not enough' : 'too many'} arguments to call ${name}`;
  const expected = max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `${min}` : `${min} to ${max}`;
  return `invalid number of arguments (expected ${expected}, got ${given})`;
}

function typeOfPredicateFunction(name: string, args: readonly Node[], scope: Scope): Type {
  const [over, predicate, extra] = args;
  const definition = predicateFunctions.get(name) ?? fail(`unknown builtin ${name}`);
  const list = over === undefined ? types.unknown : typeOf(over, scope);
  if (list.kind !== 'list' && !types.isUnknown(list)) fail(`builtin ${name} takes only array (got ${list.name})`);
  const inner: Scope = { ...scope, element: list.of ?? types.unknown, pointers: definition.pointers ?? [] };
  const answer = predicate === undefined ? undefined : typeOf(predicate, inner);
  const isBoolean = answer === undefined || answer.kind === 'bool' || types.isUnknown(answer);
  if (definition.asksBoolean && !isBoolean) fail(`predicate should return boolean (got ${answer.name})`);
  if (extra !== undefined) typeOf(extra, scope);
  return definition.returns(list, answer);
}

function typeOfPointer(name: string, scope: Scope): Type {
  if (scope.element === undefined) return fail('cannot use pointer accessor outside predicate');
  if (name === '') return scope.element;
  if (scope.pointers?.includes(name) !== true) return fail(`unknown pointer #${name}`);
  return name === 'index' ? types.int : types.unknown;
}

function typeOfLet(node: Extract<Node, { kind: 'let' }>, scope: Scope): Type {
  const { name } = node;
  if (scope.environment.variables.has(name)) fail(`cannot redeclare ${name}`);
  if (scope.environment.functions.has(name)) fail(`cannot redeclare function ${name}`);
  if (builtins.has(name) || predicateFunctions.has(name)) fail(`cannot redeclare builtin ${name}`);
  if (scope.locals.has(name)) fail(`cannot redeclare variable ${name}`);
  const value = typeOf(node.value, scope);
  return typeOf(node.body, { ...scope, locals: new Map([...scope.locals, [name, value]]) });
}

function typeOfIf(node: Extract<Node, { kind: 'if' }>, scope: Scope): Type {
  const condition = typeOf(node.condition, scope);
  if (condition.kind !== 'bool' && !types.isUnknown(condition)) {
    fail(`non-bool expression (type ${condition.name}) used as condition`);
  }
  const [yes, no] = [typeOf(node.yes, scope), typeOf(node.no, scope)];
  if (yes.kind === 'nil') return no;
  return no.kind === 'nil' || yes.name === no.name ? yes : types.unknown;
}
