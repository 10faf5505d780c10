/** Reads a condition into a syntax tree. */
import { childrenOf } from './ast.ts';
import type { Node } from './ast.ts';
import { fail, limits } from './expression-error.ts';
import { tokensOf } from './lexer.ts';
import type { Token } from './lexer.ts';
import { bindingOf, chainable, negatable, pipePrecedence, unaryOf } from './operators.ts';
import { parseCall } from './parse-call.ts';
import { parsePostfix } from './parse-postfix.ts';
import { parseOperand } from './parse-operand.ts';
import { TokenReader } from './token-reader.ts';

/** Throws `ExpressionError`. */
export function parse(source: string): Node {
  if (source.length > limits.length) {
    fail(`the expression has ${source.length} characters, the limit is ${limits.length}`);
  }
  const reader = new TokenReader(tokensOf(source));
  const node = parseSequence(reader);
  if (!reader.is('EOF')) reader.unexpected();
  refuseDeepTree(node);
  return node;
}

/** What recursive walks over the tree rely on. An operator's chain is deep although reading it is not. */
function refuseDeepTree(root: Node): void {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.depth) fail(`the expression is nested deeper than ${limits.depth} levels`);
    // A set: `a ?: b` and `a < b < c` hold the same node twice.
    level = [...new Set(level.flatMap(childrenOf))];
  }
}

/** Expressions with semicolons between them; the last one counts. */
export function parseSequence(reader: TokenReader): Node {
  const items = [parseExpression(reader, 0)];
  while (reader.accept('Operator', ';')) {
    if (reader.is('EOF')) break;
    items.push(parseExpression(reader, 0));
  }
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : reader.made({ kind: 'sequence', items });
}

export function parseExpression(reader: TokenReader, precedence: number): Node {
  return reader.nested(() => {
    if (precedence === 0 && reader.accept('Operator', 'let')) return parseLet(reader);
    if (precedence === 0 && reader.accept('Operator', 'if')) return parseIf(reader);
    const node = parseOperators(reader, parsePrimary(reader), precedence);
    return precedence === 0 ? parseTernary(reader, node) : node;
  });
}

function parseOperators(reader: TokenReader, first: Node, precedence: number): Node {
  let left = first;
  let previous = '';
  while (reader.is('Operator')) {
    const operator = operatorAt(reader);
    if (operator.text === '|' && precedence <= pipePrecedence) {
      reader.next();
      left = parseCall(reader, reader.expect('Identifier').text, [left]);
    } else {
      const binding = bindingOf(operator.text);
      if (binding === undefined || binding.precedence < precedence) break;
      if (previous === '??' && operator.text !== '??') {
        fail(`Operator (${operator.text}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`);
      }
      if (operator.negated) reader.next();
      reader.next();
      left = operator.negated
        ? reader.made({ kind: 'unary', op: 'not', operand: parseRight(reader, left, operator.text) })
        : parseRight(reader, left, operator.text);
    }
    previous = operator.text;
  }
  return left;
}

/** The operator at the reader, without stepping over it: `not in` is `in`, negated. */
function operatorAt(reader: TokenReader): { text: string; negated: boolean } {
  if (!reader.is('Operator', 'not')) return { text: reader.current.text, negated: false };
  if (reader.following.kind !== 'Operator' || !negatable.has(reader.following.text)) {
    reader.next();
    return reader.unexpected();
  }
  return { text: reader.following.text, negated: true };
}

function parseRight(reader: TokenReader, left: Node, text: string): Node {
  const binding = bindingOf(text) ?? fail(`unknown operator (${text})`);
  if (chainable.has(text)) return parseComparisons(reader, left, text);
  const right = parseExpression(reader, binding.right === true ? binding.precedence : binding.precedence + 1);
  return reader.made({ kind: 'binary', op: binding.op, left, right });
}

/** `1 < x < 5` means `1 < x && x < 5`. */
function parseComparisons(reader: TokenReader, first: Node, text: string): Node {
  let left = first;
  let all: Node | undefined;
  for (let token: Token | undefined = { kind: 'Operator', text }; token !== undefined;) {
    const binding = bindingOf(token.text) ?? fail(`unknown operator (${token.text})`);
    const right = parseExpression(reader, binding.precedence + 1);
    const comparison = reader.made({ kind: 'binary', op: binding.op, left, right });
    all = all === undefined ? comparison : reader.made({ kind: 'binary', op: '&&', left: all, right: comparison });
    left = right;
    token = reader.is('Operator') && chainable.has(reader.current.text) ? reader.next() : undefined;
  }
  return all ?? first;
}

function parseLet(reader: TokenReader): Node {
  const name = reader.expect('Identifier').text;
  reader.expect('Operator', '=');
  const value = parseExpression(reader, 0);
  reader.expect('Operator', ';');
  return reader.made({ kind: 'let', name, value, body: parseSequence(reader) });
}

function parseIf(reader: TokenReader): Node {
  const condition = parseExpression(reader, 0);
  const yes = parseBlock(reader);
  reader.expect('Operator', 'else');
  const no = reader.accept('Operator', 'if') ? reader.nested(() => parseIf(reader)) : parseBlock(reader);
  return reader.made({ kind: 'if', condition, yes, no });
}

function parseBlock(reader: TokenReader): Node {
  reader.expect('Bracket', '{');
  const body = parseSequence(reader);
  reader.expect('Bracket', '}');
  return body;
}

function parseTernary(reader: TokenReader, first: Node): Node {
  let node = first;
  while (reader.accept('Operator', '?')) {
    // `a ?: b` is `a ? a : b`
    const isShort = reader.accept('Operator', ':');
    const yes = isShort ? node : parseExpression(reader, 0);
    if (!isShort) reader.expect('Operator', ':');
    node = reader.made({ kind: 'if', condition: node, yes, no: parseExpression(reader, 0) });
  }
  return node;
}

function parsePrimary(reader: TokenReader): Node {
  const unary = reader.is('Operator') ? unaryOf(reader.current.text) : undefined;
  if (unary !== undefined) {
    reader.next();
    const operand = parseExpression(reader, unary.precedence);
    return parsePostfix(reader, reader.made({ kind: 'unary', op: unary.op, operand }));
  }
  if (reader.accept('Bracket', '(')) {
    const inner = parseSequence(reader);
    reader.expect('Bracket', ')');
    return parsePostfix(reader, inner);
  }
  return parseOperand(reader);
}
