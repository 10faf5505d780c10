/** Numbers, strings and bytes as a condition writes them. */
import { fail } from './expression-error.ts';

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};
const escapeSequence =
  /\\(?:[xX]([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]|$))/gu;
const highestCodePoint = 0x10ffff;

/** The content of a quoted string. */
export function textOf(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(escapeSequence, (_all, ...groups: (string | undefined)[]) => {
    const [hex, braced, short, long, octal, simple] = groups;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const code = hex ?? braced ?? short ?? long;
    if (code === undefined) return simpleEscapes[simple ?? ''] ?? fail('invalid char escape');
    const point = Number.parseInt(code, 16);
    return point > highestCodePoint ? fail('invalid char escape') : String.fromCodePoint(point);
  });
}

const encoder = new TextEncoder();
const byteOrEscape = /\\[xX]([0-9a-fA-F]{2})|\\([0-3][0-7]{2})|\\([^])|([^])/gu;

/** The content of `b"…"` less its `b`: `\xff` is one byte, any other character its UTF-8. */
export function bytesOf(quoted: string): number[] {
  return [...quoted.slice(1, -1).matchAll(byteOrEscape)].flatMap(([, hex, octal, escaped, plain]) => {
    if (hex !== undefined) return [Number.parseInt(hex, 16)];
    if (octal !== undefined) return [Number.parseInt(octal, 8)];
    if (plain !== undefined) return [...encoder.encode(plain)];
    return [...encoder.encode(simpleEscapes[escaped ?? ''] ?? fail('invalid char escape'))];
  });
}

const largest = 2n ** 63n - 1n;

/** An integer is a bigint, a float a number: the language keeps them apart. */
export function numberOf(text: string): bigint | number {
  const digits = text.replaceAll('_', '');
  const isPrefixed = /^0[xXoObB]/.test(digits);
  if (!isPrefixed && /[.eE]/.test(digits)) return floatOf(digits);
  if (!/^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/.test(digits)) fail(`invalid integer literal: ${text}`);
  const value = BigInt(isPrefixed ? digits.toLowerCase() : digits);
  return value > largest ? fail(`invalid integer literal: ${outOfRange('Int', digits)}`) : value;
}

function floatOf(digits: string): number {
  if (!/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(digits)) fail(`invalid float literal: ${digits}`);
  const value = Number(digits);
  return Number.isFinite(value) ? value : fail(`invalid float literal: ${outOfRange('Float', digits)}`);
}

const outOfRange = (kind: string, digits: string): string =>
  `strconv.Parse${kind}: parsing ${JSON.stringify(digits)}: value out of range`;
