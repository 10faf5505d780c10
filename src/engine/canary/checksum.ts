/** The checksum in webhook payloads: identifies which configuration and which revision of the target a call speaks of. */

export interface ChecksumInputs {
  /** `status.trackedConfigs`; absent and empty are two different things. */
  readonly trackedConfigs?: Readonly<Record<string, string>> | undefined;
  /** `status.lastAppliedSpec`. */
  readonly lastAppliedSpec?: string | undefined;
}

/** Receivers store and compare this text, so it is the original's to the letter: FNV-1a over its pretty-printed inputs. */
export function payloadChecksum({ trackedConfigs, lastAppliedSpec = '' }: ChecksumInputs): string {
  const type = 'struct { TrackedConfigs *map[string]string; LastAppliedSpec string }';
  const configs = `(*map[string]string)${trackedConfigs === undefined ? '<nil>' : dumpOf(trackedConfigs)}`;
  return safeDigits(fnv1a(`(${type}){TrackedConfigs:${configs} LastAppliedSpec:(string)${lastAppliedSpec}}`));
}

function dumpOf(map: Readonly<Record<string, string>>): string {
  const entries = Object.keys(map)
    .sort()
    .map((key) => `${key}:${map[key]}`);
  return `map[${entries.join(' ')}]`;
}

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/** 32-bit FNV-1a of the text's UTF-8. */
export function fnv1a(text: string): number {
  let hash = offsetBasis;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, prime);
  return hash >>> 0;
}

/** Digits that cannot spell a word, as Kubernetes uses them in names. */
const alphabet = '456789bcdf';

export function safeDigits(hash: number): string {
  return String(hash).replace(/\d/g, (digit) => alphabet.charAt(Number(digit)));
}
