/** The verdict on one played scenario: equal, deviates by rules, or differs. */
import { allow } from './allowances.ts';
import { compare } from './compare.ts';
import { deviate, withoutAdditions, type Deviation } from './deviations.ts';
import { endOf, endWhereItGoesOn, recordingUntil, traceUntil } from './endings.ts';
import type { Difference } from './difference.ts';
import type { Recording, Trace } from './trace.ts';

export type Verdict =
  | { readonly kind: 'equal' }
  | { readonly kind: 'deviates'; readonly rules: readonly Deviation[] }
  | { readonly kind: 'differs'; readonly differences: readonly Difference[] };

/** Rules are taken only where they are needed; those that a verdict names are the fewest found by leaving out one after the other. */
export function judge(trace: Trace, recording: Recording, rules: readonly Deviation[]): Verdict {
  if (compare(trace, recording).length === 0) return { kind: 'equal' };
  const differences = compareBy(trace, recording, rules);
  if (differences.length > 0) return { kind: 'differs', differences };
  const needed = rules.reduce<readonly Deviation[]>((kept, rule) => {
    const without = kept.filter((other) => other !== rule);
    return compareBy(trace, recording, without).length === 0 ? without : kept;
  }, rules);
  return { kind: 'deviates', rules: needed };
}

function compareBy(trace: Trace, recording: Recording, rules: readonly Deviation[]): readonly Difference[] {
  const end = endOf(trace, rules);
  const [begun, seenBegun] =
    end === undefined ? [trace, recording] : [traceUntil(trace, end), recordingUntil(recording, end)];
  const [expected, seen] = endWhereItGoesOn(begun, seenBegun, rules);
  return compare(allow(deviate(expected, rules), rules), withoutAdditions(seen, rules));
}
