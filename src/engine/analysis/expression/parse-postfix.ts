/** Reads what follows an operand: `.field`, `?.field`, `[index]`, `?.[index]`, `[from:to]` and a method's arguments. */
import type { Node } from './ast.ts';
import { fail } from './expression-error.ts';
import { parseArguments } from './parse-call.ts';
import { parseExpression } from './parser.ts';
import type { TokenReader } from './token-reader.ts';

export function parsePostfix(reader: TokenReader, operand: Node): Node {
  let node = operand;
  for (;;) {
    if (reader.is('Operator', '?.') && reader.following.kind === 'Bracket' && reader.following.text === '[') {
      reader.next();
      reader.next();
      node = reader.made({ kind: 'chain', body: parseIndex(reader, node, true) });
    } else if (reader.is('Operator', '.') || reader.is('Operator', '?.')) {
      node = parseField(reader, node, reader.next().text === '?.');
    } else if (reader.accept('Bracket', '[')) {
      node = parseIndexOrSlice(reader, node);
    } else return node;
  }
}

/** A chain goes on over further fields, so that `a?.b.c` is nil as a whole when `a` is. */
function parseField(reader: TokenReader, left: Node, optional: boolean): Node {
  const object = left.kind === 'chain' ? left.body : left;
  const name = reader.next();
  const isName = name.kind === 'Identifier' || (name.kind === 'Operator' && /^\w+$/.test(name.text));
  if (!isName) fail('expected name');
  const property = reader.made({ kind: 'string', value: name.text });
  const member = reader.made({ kind: 'member', object, property, optional });
  const node = reader.is('Bracket', '(')
    ? reader.made({ kind: 'call', callee: member, args: parseArguments(reader) })
    : member;
  return optional || left.kind === 'chain' ? reader.made({ kind: 'chain', body: node }) : node;
}

function parseIndex(reader: TokenReader, object: Node, optional: boolean): Node {
  const property = parseExpression(reader, 0);
  reader.expect('Bracket', ']');
  return reader.made({ kind: 'member', object, property, optional });
}

function parseIndexOrSlice(reader: TokenReader, object: Node): Node {
  const from = reader.is('Operator', ':') ? undefined : parseExpression(reader, 0);
  if (!reader.accept('Operator', ':')) {
    reader.expect('Bracket', ']');
    // Without a colon there was an index: only a colon makes `from` absent.
    const property = from ?? fail('expected an index');
    return reader.made({ kind: 'member', object, property, optional: false });
  }
  const to = reader.is('Bracket', ']') ? undefined : parseExpression(reader, 0);
  reader.expect('Bracket', ']');
  return reader.made({
    kind: 'slice',
    object,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
}
