/** A short name for a text: equal texts have equal fingerprints, different ones practically never do. */

/** FNV-1a (32 bits) constants, from the algorithm's definition. */
const prime = 0x01000193;
const offset = 0x811c9dc5;
/** A second start value makes an independent second half. */
const secondOffset = 0x2b1ae36d;

/** 16 hexadecimal digits. Not for secrets: it can be inverted by trying. */
export function fingerprint(text: string): string {
  return fnv1a(text, offset) + fnv1a(text, secondOffset);
}

function fnv1a(text: string, start: number): string {
  let hash = start;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), prime);
    hash = Math.imul(hash ^ (unit >> 8), prime);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
