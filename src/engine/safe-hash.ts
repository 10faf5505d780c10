/** The short hashes that Kubernetes' own names end in: 32 bits, in digits that cannot spell a word. */

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/** 32-bit FNV-1a of the text's UTF-8, and of the bytes after it. */
export function fnv1a(text: string, after: Iterable<number> = []): number {
  let hash = offsetBasis;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, prime);
  for (const byte of after) hash = Math.imul(hash ^ byte, prime);
  return hash >>> 0;
}

/** Digits that cannot spell a word, as Kubernetes uses them in names. */
const alphabet = '456789bcdf';

export function safeDigits(hash: number): string {
  return String(hash).replace(/\d/g, (digit) => alphabet.charAt(Number(digit)));
}
