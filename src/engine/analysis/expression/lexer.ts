/** Cuts a condition into tokens. */
import { fail } from './expression-error.ts';
import { bytesOf, textOf } from './literals.ts';

export interface Token {
  readonly kind: 'Identifier' | 'Number' | 'String' | 'Bytes' | 'Operator' | 'Bracket' | 'EOF';
  /** Without quotes and escapes. */
  readonly text: string;
  /** Of a `Bytes` token. */
  readonly bytes?: readonly number[];
}

/** As the original's messages call a token: `Operator("+")`, `EOF`. */
export function describeToken(token: Token): string {
  return token.text === '' ? token.kind : `${token.kind}(${JSON.stringify(token.text)})`;
}

const wordOperators = new Set([
  'not',
  'in',
  'or',
  'and',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

const letter = String.raw`[\p{L}_$]`;
const alphanumeric = String.raw`[\p{L}\p{Nd}_$]`;
/** One token at a time; the order matters where one begins another. */
const patterns = {
  blank: /(?:[\s\u0085]|\/\/[^\n]*|\/\*[^]*?\*\/)+/uy,
  bytes: /[bB](?:"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')/uy,
  string: /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'/uy,
  raw: /`(?:[^`]|``)*`/uy,
  number:
    /0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]*)?/uy,
  word: new RegExp(`${letter}${alphanumeric}*`, 'uy'),
  bracket: /[([{)\]}]/uy,
  operator: /\?\.|\?\?|\.\.|\|\||::|&&|==|!=|<=|>=|\*\*|[-?.|:,;%+^!*<>=/#]/uy,
} as const;
const afterNumber = new RegExp(alphanumeric, 'uy');

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += matchAt(patterns.blank, source, at)?.length ?? 0;
    if (at >= source.length) return [...tokens, { kind: 'EOF', text: '' }];
    if (source.startsWith('/*', at)) fail('unclosed comment');
    const [token, length] = tokenAt(source, at);
    tokens.push(token);
    at += length;
  }
}

function tokenAt(source: string, at: number): [Token, number] {
  const bytes = matchAt(patterns.bytes, source, at);
  if (bytes !== undefined) return [{ kind: 'Bytes', text: bytes, bytes: bytesOf(bytes.slice(1)) }, bytes.length];
  const string = matchAt(patterns.string, source, at);
  if (string !== undefined) return [{ kind: 'String', text: textOf(string) }, string.length];
  const raw = matchAt(patterns.raw, source, at);
  if (raw !== undefined) return [{ kind: 'String', text: raw.slice(1, -1).replaceAll('``', '`') }, raw.length];
  const number = matchAt(patterns.number, source, at);
  if (number !== undefined) return [numberToken(source, at, number), number.length];
  const word = matchAt(patterns.word, source, at);
  if (word !== undefined)
    return [{ kind: wordOperators.has(word) ? 'Operator' : 'Identifier', text: word }, word.length];
  const bracket = matchAt(patterns.bracket, source, at);
  if (bracket !== undefined) return [{ kind: 'Bracket', text: bracket }, 1];
  const operator = matchAt(patterns.operator, source, at);
  if (operator !== undefined) return [{ kind: 'Operator', text: operator }, operator.length];
  return fail(unreadable(source, at));
}

function numberToken(source: string, at: number, number: string): Token {
  const end = at + number.length;
  const next = matchAt(afterNumber, source, end);
  if (next !== undefined) fail(`bad number syntax: ${JSON.stringify(number + next)}`);
  return { kind: 'Number', text: number };
}

function unreadable(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if ('"\'`'.includes(character)) return 'literal not terminated';
  const code = (source.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `unrecognized character: U+${code} '${character}'`;
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(source)?.[0];
  return found === '' ? undefined : found;
}
