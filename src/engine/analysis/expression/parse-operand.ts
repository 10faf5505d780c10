/** Reads what operators stand between: literals, names, calls, lists and maps. */
import type { Node, Pair } from './ast.ts';
import { fail } from './expression-error.ts';
import { describeToken } from './lexer.ts';
import { numberOf } from './literals.ts';
import { parseCall } from './parse-call.ts';
import { parsePostfix } from './parse-postfix.ts';
import { parseExpression } from './parser.ts';
import type { TokenReader } from './token-reader.ts';

export function parseOperand(reader: TokenReader): Node {
  if (reader.predicates > 0 && (reader.is('Operator', '#') || reader.is('Operator', '.'))) {
    return parsePostfix(reader, parsePointer(reader));
  }
  // `::len(x)` is the built-in function, whatever else has its name.
  if (reader.accept('Operator', '::')) {
    return parsePostfix(reader, parseCall(reader, reader.expect('Identifier').text, []));
  }
  if (reader.is('Bracket', '[')) return parsePostfix(reader, parseList(reader));
  if (reader.is('Bracket', '{')) return parsePostfix(reader, parseMap(reader));
  return parseLiteral(reader);
}

/** `#`, `#index`, or nothing before the dot of `.field`. */
function parsePointer(reader: TokenReader): Node {
  if (!reader.accept('Operator', '#')) return reader.made({ kind: 'pointer', name: '' });
  const name = reader.is('Identifier') ? reader.next().text : '';
  return reader.made({ kind: 'pointer', name });
}

const constants: Readonly<Record<string, Node>> = {
  true: { kind: 'bool', value: true },
  false: { kind: 'bool', value: false },
  nil: { kind: 'nil' },
};

function parseLiteral(reader: TokenReader): Node {
  const token = reader.current;
  switch (token.kind) {
    case 'Number': {
      reader.next();
      const value = numberOf(token.text);
      return reader.made(typeof value === 'bigint' ? { kind: 'int', value } : { kind: 'float', value });
    }
    case 'String':
      reader.next();
      return parsePostfix(reader, reader.made({ kind: 'string', value: token.text }));
    case 'Bytes':
      reader.next();
      return parsePostfix(reader, reader.made({ kind: 'bytes', value: token.bytes ?? [] }));
    case 'Identifier': {
      reader.next();
      const constant = Object.hasOwn(constants, token.text) ? constants[token.text] : undefined;
      if (constant !== undefined) return reader.made(constant);
      const node = reader.is('Bracket', '(')
        ? parseCall(reader, token.text, [])
        : reader.made({ kind: 'name', name: token.text });
      return parsePostfix(reader, node);
    }
    case 'Operator':
    case 'Bracket':
    case 'EOF':
      return reader.unexpected();
  }
}

function parseList(reader: TokenReader): Node {
  reader.expect('Bracket', '[');
  const items: Node[] = [];
  while (!reader.is('Bracket', ']')) {
    items.push(parseExpression(reader, 0));
    if (!reader.is('Bracket', ']')) reader.expect('Operator', ',');
  }
  reader.expect('Bracket', ']');
  return reader.made({ kind: 'list', items });
}

function parseMap(reader: TokenReader): Node {
  reader.expect('Bracket', '{');
  const pairs: Pair[] = [];
  while (!reader.is('Bracket', '}')) {
    const key = parseKey(reader);
    reader.expect('Operator', ':');
    pairs.push({ key, value: parseExpression(reader, 0) });
    if (!reader.is('Bracket', '}')) reader.expect('Operator', ',');
  }
  reader.expect('Bracket', '}');
  return reader.made({ kind: 'map', pairs });
}

function parseKey(reader: TokenReader): Node {
  if (reader.is('Bracket', '(')) return parseExpression(reader, 0);
  const token = reader.current;
  if (token.kind !== 'Number' && token.kind !== 'String' && token.kind !== 'Identifier') {
    const wanted =
      'a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses';
    fail(`${wanted} (unexpected token ${describeToken(token)})`);
  }
  reader.next();
  return reader.made({ kind: 'string', value: token.text });
}
