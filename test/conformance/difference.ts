/** What a comparison found: where, on which object, and what, for a reader. */

export type Part = 'history' | 'milestones' | 'settled' | 'events' | 'hooks' | 'queries' | 'play';

export interface Difference {
  readonly part: Part;
  /** `Kind/name`; absent where the difference is not one object's. */
  readonly object?: string;
  readonly lines: readonly string[];
}

export function asDifference(part: Part, object: string | undefined, lines: readonly string[]): readonly Difference[] {
  return lines.length === 0 ? [] : [{ part, ...(object !== undefined && { object }), lines }];
}
