/** Compares lists of texts, such as events, webhook calls and queries, by the way they have to be met. */
import { asDifference, type Difference } from './difference.ts';
import { canonical } from './json.ts';
import type { ExpectedHooks, ExpectedList, HookCall } from './trace.ts';

/** client-go's recorder drops what comes later; a controller without that filter goes on. */
const keptEvents = 24;

/** Lines that tell the difference; none when the list is met. */
export function compareList<T>(
  expected: ExpectedList<T>,
  actual: readonly T[],
  text: (item: T) => string,
): readonly string[] {
  const wanted = expected.list.map(text);
  const all = actual.map(text);
  const seen = expected.truncated ? all.slice(0, keptEvents) : all;
  if (expected.match === 'distinct') return onlyIn(wanted, all, '-').concat(onlyIn(seen, wanted, '+'));
  if (expected.match === 'including') return onlyIn(wanted, all, '-');
  if (expected.match === 'unordered') return lineDifference([...wanted].sort(), [...seen].sort());
  return lineDifference(wanted, seen);
}

export function compareHooks(expected: ExpectedHooks, actual: readonly HookCall[]): readonly Difference[] {
  const { paths } = expected;
  if (paths === undefined) return asDifference('hooks', undefined, compareList(expected, actual, hookText));
  const seen = [...new Set([...Object.keys(paths), ...actual.map(({ path }) => path)])].sort();
  return seen.flatMap((path) => {
    const wanted = paths[path] ?? { list: [], match: undefined, truncated: false };
    const calls = actual.filter((call) => call.path === path);
    return asDifference('hooks', path, compareList(wanted, calls, hookText));
  });
}

function hookText({ path, status, body }: HookCall): string {
  return `${path} ${status} ${canonical(body)}`;
}

function sameTexts(first: readonly string[], second: readonly string[]): boolean {
  return first.length === second.length && first.every((text, index) => text === second[index]);
}

function onlyIn(texts: readonly string[], others: readonly string[], mark: string): string[] {
  return [...new Set(texts)].filter((text) => !others.includes(text)).map((text) => `${mark} ${text}`);
}

/** `-` for what is missing, `+` for what is too much, with the longest common part left as it is. */
function lineDifference(wanted: readonly string[], seen: readonly string[]): readonly string[] {
  if (sameTexts(wanted, seen)) return [];
  const lengths = commonLengths(wanted, seen);
  const common = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < wanted.length || j < seen.length) {
    if (i < wanted.length && j < seen.length && wanted[i] === seen[j]) {
      lines.push(`  ${wanted[i++]}`);
      j++;
    } else if (j >= seen.length || (i < wanted.length && common(i + 1, j) >= common(i, j + 1)))
      lines.push(`- ${wanted[i++]}`);
    else lines.push(`+ ${seen[j++]}`);
  }
  return lines;
}

/** Cell [i][j]: how long the longest common part of `wanted` from i and `seen` from j is. */
function commonLengths(wanted: readonly string[], seen: readonly string[]): readonly (readonly number[])[] {
  const table = Array.from({ length: wanted.length + 1 }, () => Array.from({ length: seen.length + 1 }, () => 0));
  for (let i = wanted.length - 1; i >= 0; i--) {
    for (let j = seen.length - 1; j >= 0; j--) {
      const row = table[i] ?? [];
      row[j] =
        wanted[i] === seen[j] ? 1 + (table[i + 1]?.[j + 1] ?? 0) : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
