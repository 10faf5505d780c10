/** Whether the parts of a query fit together, as the server checks it before it evaluates anything. */
import { isComparison, isSetOp } from './ast.ts';
import type { Aggregation, Binary, Call, Expr, ValueType } from './ast.ts';
import { aggregationParams, signatures } from './signatures.ts';

/** Called with the expression that is wrong; must throw. */
type Refuse = (at: Expr, what: string) => never;

/** Names as the server's messages use them. */
const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** What a checked expression evaluates to. */
export function typeOf(expr: Expr): ValueType {
  if (expr.kind === 'binary') return typeOf(expr.left) === 'scalar' ? typeOf(expr.right) : 'vector';
  if (expr.kind === 'negation') return typeOf(expr.expr);
  if (expr.kind === 'call') return signatures[expr.name]?.returns ?? 'vector';
  return plainTypes[expr.kind];
}

const plainTypes = {
  number: 'scalar',
  string: 'string',
  'vector-selector': 'vector',
  'matrix-selector': 'matrix',
  subquery: 'matrix',
  aggregation: 'vector',
} as const;

export function checkTypes(expr: Expr, refuse: Refuse): void {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector-selector':
    case 'matrix-selector':
      return;
    case 'subquery':
      checkTypes(expr.expr, refuse);
      return expect(expr.expr, ['vector'], 'a subquery', refuse);
    case 'negation':
      checkTypes(expr.expr, refuse);
      return expect(expr.expr, ['vector', 'scalar'], 'a sign', refuse);
    case 'call':
      return checkCall(expr, refuse);
    case 'aggregation':
      return checkAggregation(expr, refuse);
    case 'binary':
      return checkBinary(expr, refuse);
  }
}

function expect(expr: Expr, types: readonly ValueType[], where: string, refuse: Refuse): void {
  const found = typeOf(expr);
  if (types.includes(found)) return;
  const wanted = types.map((type) => typeNames[type]).join(' or ');
  refuse(expr, `${where} needs ${wanted}, found ${typeNames[found]}`);
}

function checkCall(call: Call, refuse: Refuse): void {
  const signature = signatures[call.name];
  if (signature === undefined) return refuse(call, `unknown function "${call.name}"`);
  const most = signature.variadic === true ? Infinity : signature.args.length;
  const least = signature.args.length - (signature.optional ?? 0);
  if (call.args.length < least || call.args.length > most) {
    const wanted = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
    refuse(call, `${call.name} needs ${wanted} arguments, found ${call.args.length}`);
  }
  call.args.forEach((arg, index) => {
    checkTypes(arg, refuse);
    const type = signature.args[Math.min(index, signature.args.length - 1)];
    if (type !== undefined) expect(arg, [type], call.name, refuse);
  });
}

function checkAggregation(aggregation: Aggregation, refuse: Refuse): void {
  const { op, expr, param } = aggregation;
  const paramType = aggregationParams[op];
  if ((paramType === undefined) !== (param === undefined)) {
    refuse(aggregation, `wrong number of arguments of ${op}`);
  }
  if (param !== undefined && paramType !== undefined) {
    checkTypes(param, refuse);
    expect(param, [paramType], op, refuse);
  }
  checkTypes(expr, refuse);
  expect(expr, ['vector'], op, refuse);
}

function checkBinary(binary: Binary, refuse: Refuse): void {
  const { op, left, right, bool, matching } = binary;
  for (const side of [left, right]) {
    checkTypes(side, refuse);
    expect(side, isSetOp(op) ? ['vector'] : ['scalar', 'vector'], `the operator ${op}`, refuse);
  }
  const scalars = [left, right].filter((side) => typeOf(side) === 'scalar').length;
  if (bool && !isComparison(op)) refuse(binary, 'bool is for comparisons only');
  if (isComparison(op) && scalars === 2 && !bool) refuse(binary, 'a comparison between scalars needs bool');
  const matches = matching.on || matching.labels.length > 0 || matching.group !== 'none';
  if (matches && scalars > 0) refuse(binary, 'labels are matched between instant vectors only');
  if (matching.group !== 'none' && isSetOp(op)) refuse(binary, `${op} knows no grouping`);
}
