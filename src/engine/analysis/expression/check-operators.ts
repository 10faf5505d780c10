/** Which operators suit which types, and what comes out. */
import type { BinaryOp, Node, UnaryOp } from './ast.ts';
import { fail } from './expression-error.ts';
import { compileRegularExpression } from '../regular-expression.ts';
import * as types from './types.ts';
import type { Type } from './types.ts';

const numeric = ['int', 'float'] as const;

export function checkUnary(op: UnaryOp, operand: Type): Type {
  const isLogical = op === 'not' || op === '!';
  if (types.isUnknown(operand)) return isLogical ? types.bool : types.unknown;
  if (isLogical && operand.kind === 'bool') return types.bool;
  if (!isLogical && (types.isNumeric(operand) || operand.kind === 'duration')) return operand;
  return fail(`invalid operation: ${op} (mismatched type ${operand.name})`);
}

type Binary = Extract<Node, { kind: 'binary' }>;

export function checkBinary(node: Binary, left: Type, right: Type): Type {
  if (node.op === 'matches' && node.right.kind === 'string') refuseBadPattern(node.right.value);
  return (
    resultOf(node.op, left, right) ??
    fail(`invalid operation: ${node.op} (mismatched types ${left.name} and ${right.name})`)
  );
}

function refuseBadPattern(pattern: string): void {
  const compiled = compileRegularExpression(pattern);
  if (!compiled.ok) fail(compiled.message);
}

/** `undefined`: the types do not go together. */
function resultOf(op: BinaryOp, left: Type, right: Type): Type | undefined {
  const fit = (...kinds: readonly (readonly Type['kind'][])[]): boolean => types.fitTogether(left, right, kinds);
  switch (op) {
    case '==':
    case '!=':
      return types.areComparable(left, right) ? types.bool : undefined;
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return fit(['bool']) ? types.bool : undefined;
    case '<':
    case '>':
    case '<=':
    case '>=':
      return fit(numeric, ['string'], ['time'], ['duration']) ? types.bool : undefined;
    case '+':
    case '-':
    case '*':
      return arithmetic(op, left, right);
    case '/':
      return fit(numeric, ['duration']) ? types.float : undefined;
    case '**':
    case '^':
      return fit(numeric) ? types.float : undefined;
    case '%':
      return fit(['int']) ? types.int : undefined;
    case 'in':
      return membership(left, right);
    case 'matches':
      return fit(['string', 'bytes']) && right.kind !== 'bytes' ? types.bool : undefined;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return fit(['string']) ? types.bool : undefined;
    case '..':
      return fit(['int']) ? types.listOf(types.int) : undefined;
    case '??':
      return coalesced(left, right);
  }
}

function coalesced(left: Type, right: Type): Type {
  if (left.kind === 'nil') return right;
  return right.kind === 'nil' || left.name === right.name ? left : types.unknown;
}

function arithmetic(op: '+' | '-' | '*', left: Type, right: Type): Type | undefined {
  if (types.isNumeric(left) && types.isNumeric(right)) {
    return left.kind === 'int' && right.kind === 'int' ? left : types.float;
  }
  const moments = temporal(op, left, right);
  if (moments !== undefined) return moments;
  if (op === '+' && left.kind === 'string' && right.kind === 'string') return types.string;
  const kinds: readonly Type['kind'][] = [
    'int',
    'float',
    'time',
    'duration',
    ...(op === '+' ? (['string'] as const) : []),
  ];
  const isOpen = types.isUnknown(left) || types.isUnknown(right);
  return isOpen && types.fitTogether(left, right, [kinds]) ? types.unknown : undefined;
}

/** Sums of times and durations; `undefined` where there is none of them. */
function temporal(op: '+' | '-' | '*', left: Type, right: Type): Type | undefined {
  const pair = `${left.kind} ${op} ${right.kind}`;
  if (/^(?:time [-+] duration|duration \+ time)$/.test(pair)) return types.time;
  return /^(?:time - time|duration [-+*] duration|duration \* (?:int|float)|(?:int|float) \* duration)$/.test(pair)
    ? types.duration
    : undefined;
}

function membership(left: Type, right: Type): Type | undefined {
  if (right.kind === 'map') {
    if (left.kind === 'string' || types.isUnknown(left)) return types.bool;
    return fail(`cannot use ${left.name} as type string in map key`);
  }
  if (right.kind === 'list') {
    const element = right.of ?? types.unknown;
    if (types.areComparable(left, element)) return types.bool;
    return fail(`cannot use ${left.name} as type ${element.name} in array`);
  }
  const isOpen = types.isUnknown(right) || (types.isUnknown(left) && right.kind === 'string');
  return isOpen ? types.bool : undefined;
}
