/** Numbers, durations and strings as PromQL writes them. */
import { goEscapes } from '../go-escapes.ts';

const unitMilliseconds: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const durationText = /^(?:\d+(?:ms|[ywdhms]))+$/;

/** `1h30m` in milliseconds, `undefined` when the text is not a duration. */
export function durationOf(text: string): number | undefined {
  if (!durationText.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) {
    total += Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0);
  }
  return total;
}

/** A number, with `Inf`, `NaN`, hexadecimal, `_` between digits, and durations, which count as seconds. */
export function numberOf(text: string): number {
  const unsigned = text.replace(/^[+-]\s*/, '');
  const value = unsignedNumber(unsigned);
  return text.startsWith('-') ? -value : value;
}

function unsignedNumber(text: string): number {
  if (/^inf$/i.test(text)) return Infinity;
  if (/^nan$/i.test(text)) return NaN;
  const duration = durationOf(text);
  if (duration !== undefined) return duration / 1000;
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return Number(text.replaceAll('_', ''));
}

const escapeSequence = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[^]|$)/g;

/** The content of a quoted string. Throws for an escape sequence that Go does not know. */
export function stringOf(quoted: string): string {
  const content = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return content;
  return content.replaceAll(escapeSequence, unescape);
}

function unescape(sequence: string): string {
  if (/^\\[0-7]{3}$/.test(sequence)) return String.fromCodePoint(Number.parseInt(sequence.slice(1), 8));
  if (/^\\[xuU]./.test(sequence)) return String.fromCodePoint(Number.parseInt(sequence.slice(2), 16));
  const plain = goEscapes[sequence.slice(1)];
  if (plain === undefined) throw new SyntaxError(`unknown escape sequence "${sequence}"`);
  return plain;
}
