/** The checksum in webhook payloads: identifies which configuration and which revision of the target a call speaks of. */
import { fnv1a, safeDigits } from '#engine/safe-hash.ts';

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
