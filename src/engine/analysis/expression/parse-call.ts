/** Reads calls: of built-in functions that take a predicate, of other built-in functions, and of names. */
import type { Node } from './ast.ts';
import { builtins } from './builtins.ts';
import { fail } from './expression-error.ts';
import { parseExpression, parseSequence } from './parser.ts';
import { predicateFunctions } from './predicate-functions.ts';
import type { TokenReader } from './token-reader.ts';

/** `first`: what a pipe has put before the arguments. */
export function parseCall(reader: TokenReader, name: string, first: readonly Node[]): Node {
  const predicateFunction = predicateFunctions.get(name);
  if (predicateFunction !== undefined) {
    const args = parsePredicateArguments(reader, first, predicateFunction);
    return reader.made({ kind: 'builtin', name, args });
  }
  const args = [...first, ...parseArguments(reader)];
  if (builtins.has(name)) return reader.made({ kind: 'builtin', name, args });
  return reader.made({ kind: 'call', callee: reader.made({ kind: 'name', name }), args });
}

export function parseArguments(reader: TokenReader): Node[] {
  reader.expect('Bracket', '(');
  const args: Node[] = [];
  while (!reader.is('Bracket', ')')) {
    args.push(parseExpression(reader, 0));
    if (!reader.is('Bracket', ')')) reader.expect('Operator', ',');
  }
  reader.expect('Bracket', ')');
  return args;
}

interface Shape {
  /** `count(list)` needs none. */
  readonly needsPredicate: boolean;
  /** `reduce` and `sortBy` take one argument more. */
  readonly extra: boolean;
}

function parsePredicateArguments(reader: TokenReader, first: readonly Node[], shape: Shape): Node[] {
  reader.expect('Bracket', '(');
  const args = [...first];
  if (args.length === 0) {
    if (reader.is('Bracket', ')')) fail(`expected at least ${shape.needsPredicate ? 2 : 1} arguments`);
    args.push(parseExpression(reader, 0));
    if (!reader.is('Bracket', ')')) reader.expect('Operator', ',');
  }
  if (!reader.is('Bracket', ')')) args.push(parsePredicate(reader));
  else if (shape.needsPredicate) fail('expected at least 2 arguments');
  if (shape.extra && reader.accept('Operator', ',') && !reader.is('Bracket', ')')) {
    args.push(parseExpression(reader, 0));
  }
  if (reader.is('Operator', ',')) reader.next();
  reader.expect('Bracket', ')');
  return args;
}

function parsePredicate(reader: TokenReader): Node {
  reader.predicates += 1;
  const body = reader.accept('Bracket', '{') ? parseBraced(reader) : parseExpression(reader, 0);
  reader.predicates -= 1;
  if (reader.is('Operator', ';')) fail('wrap predicate with brackets { and }');
  return reader.made({ kind: 'predicate', body });
}

function parseBraced(reader: TokenReader): Node {
  const body = parseSequence(reader);
  reader.expect('Bracket', '}');
  return body;
}
