/** What the player of traces tells its user: a line for each scenario, the differences below it, the counts at the end. */
import { deviationTitle } from './deviations.ts';
import type { Difference } from './difference.ts';
import type { Verdict } from './verdict.ts';

/** How one folder went; `unplayable` is bad input, not a difference. */
export interface Outcome {
  readonly name: string;
  readonly verdict: Verdict | { readonly kind: 'unplayable'; readonly message: string };
}

export function reportLines({ name, verdict }: Outcome): readonly string[] {
  if (verdict.kind === 'equal') return [`equal       ${name}`];
  if (verdict.kind === 'deviates') return [`deviates    ${name} (${verdict.rules.map(deviationTitle).join('; ')})`];
  if (verdict.kind === 'differs') return [`differs     ${name}`, ...verdict.differences.flatMap(differenceLines)];
  return [`unplayable  ${name}`, ...verdict.message.split('\n').map((line) => `    ${line}`)];
}

export function summaryLine(outcomes: readonly Outcome[]): string {
  const count = (kind: Outcome['verdict']['kind']): number =>
    outcomes.filter(({ verdict }) => verdict.kind === kind).length;
  const unplayable = count('unplayable');
  const counts = `${count('equal')} equal, ${count('deviates')} deviate by rule, ${count('differs')} differ`;
  return unplayable === 0 ? counts : `${counts}, ${unplayable} could not be played`;
}

/** 1 only for differences; 2 when there was nothing worse than input that cannot be played. */
export function exitCode(outcomes: readonly Outcome[]): 0 | 1 | 2 {
  if (outcomes.some(({ verdict }) => verdict.kind === 'differs')) return 1;
  return outcomes.some(({ verdict }) => verdict.kind === 'unplayable') ? 2 : 0;
}

/** Differences without the headline, for a test's message. */
export function differenceText(differences: readonly Difference[]): string {
  return differences.flatMap(differenceLines).join('\n');
}

function differenceLines({ part, object, lines }: Difference): readonly string[] {
  return [`  ${object === undefined ? part : `${part} of ${object}`}`, ...lines.map((line) => `    ${line}`)];
}
