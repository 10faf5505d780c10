/** What the show has shown, in a few lines. */
import type { Decision } from '#api/canary.ts';
import type { UserCounts } from './users.ts';

export interface Shown {
  /** What was measured of version 2 and of version 3, oldest first. */
  readonly promoted: readonly Decision[];
  readonly rolledBack: readonly Decision[];
  readonly users: UserCounts;
  /** Milliseconds. */
  readonly took: number;
}

/** The first lost requests are enough to know where to look. */
const mostReasons = 5;

export function summaryOf({ promoted, rolledBack, users, took }: Shown): string {
  const breach = rolledBack.findLast(({ verdict }) => verdict === 'fail');
  const lines = [
    '',
    ...promotedLines(promoted),
    `Version 3 was rolled back: ${breach === undefined ? 'its decisions are no longer kept' : breachText(breach)}`,
    ...(breach === undefined ? [] : [`  query: ${breach.query}`]),
    usersText(users),
    ...[...users.versions].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(versionText),
    ...users.lost.slice(0, mostReasons).map((reason) => `  lost: ${reason}`),
    `The show took ${(took / 1000).toFixed(1)} s`,
  ];
  return `${lines.join('\n')}\n`;
}

function promotedLines(decisions: readonly Decision[]): readonly string[] {
  const weights = [...new Set(decisions.filter(({ verdict }) => verdict === 'pass').map(({ tick }) => tick?.weight))];
  const last = new Map(decisions.filter(({ value }) => value !== undefined).map((one) => [one.metric, one]));
  const values = [...last.values()].map(({ metric, value = 0, limit }) => `${metric} ${rounded(value)} (${limit})`);
  return [
    `Version 2 was promoted: every check passed at ${weights.join(', ')} % of the traffic`,
    `  at last: ${values.join(', ')}`,
  ];
}

function breachText({ metric, value, limit, tick }: Decision): string {
  const found = value === undefined ? 'gave no value' : `was ${rounded(value)}`;
  return `${metric} ${found}, wanted ${limit}, at ${tick?.weight ?? 0} % of the traffic`;
}

function usersText({ requests, lost }: UserCounts): string {
  return `Users made ${requests} requests and lost ${lost.length} of them:`;
}

function versionText([version, { answered, failed }]: readonly [string, { answered: number; failed: number }]): string {
  return `  answered by version ${version}: ${answered}${failed === 0 ? '' : `, of which ${failed} were its own errors`}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
