/** Writes a syntax tree as a condition again, with every parenthesis: reading it gives the same tree. */
import type { Node, Pair } from './ast.ts';

export function print(node: Node): string {
  switch (node.kind) {
    case 'nil':
      return 'nil';
    case 'bool':
    case 'int':
      return String(node.value);
    case 'float':
      return floatText(node.value);
    case 'string':
      return quoted(node.value);
    case 'bytes':
      return `b"${node.value.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
    case 'name':
      return node.name;
    case 'pointer':
      return `#${node.name}`;
    case 'list':
      return `[${node.items.map(print).join(', ')}]`;
    case 'map':
      return `{${node.pairs.map(pairText).join(', ')}}`;
    case 'unary':
      return `(${node.op} ${print(node.operand)})`;
    case 'binary':
      return `(${print(node.left)} ${node.op} ${print(node.right)})`;
    case 'chain':
      return print(node.body);
    case 'member':
      return memberText(node.object, node.property, node.optional);
    case 'slice':
      return `${grouped(node.object)}[${node.from === undefined ? '' : print(node.from)}:${node.to === undefined ? '' : print(node.to)}]`;
    case 'call':
      return `${print(node.callee)}(${node.args.map(print).join(', ')})`;
    case 'builtin':
      return `${node.name}(${node.args.map(print).join(', ')})`;
    case 'predicate':
      return `{${print(node.body)}}`;
    case 'let':
      return `(let ${node.name} = ${print(node.value)}; ${print(node.body)})`;
    case 'if':
      if (node.condition === node.yes) return `(${print(node.condition)} ?: ${print(node.no)})`;
      return `(${print(node.condition)} ? ${print(node.yes)} : ${print(node.no)})`;
    case 'sequence':
      return `(${node.items.map(print).join('; ')})`;
  }
}

function memberText(object: Node, property: Node, optional: boolean): string {
  // What follows a chain in brackets is not part of it.
  const isField =
    property.kind === 'string' && object.kind !== 'chain' && /^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(property.value);
  if (isField) return `${grouped(object)}${optional ? '?.' : '.'}${property.value}`;
  return `${grouped(object)}${optional ? '?.' : ''}[${print(property)}]`;
}

/** Numbers and constants take no field or index without parentheses. */
function grouped(node: Node): string {
  const needed = node.kind === 'int' || node.kind === 'float' || node.kind === 'bool' || node.kind === 'nil';
  return needed ? `(${print(node)})` : print(node);
}

function pairText(pair: Pair): string {
  return `${pair.key.kind === 'string' ? quoted(pair.key.value) : `(${print(pair.key)})`}: ${print(pair.value)}`;
}

/** With a point or an exponent, by which a float is known. */
function floatText(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/[\\"\p{Cc}\p{Cs}\u2028\u2029]/gu, escaped)}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
