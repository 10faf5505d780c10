/** Which command a line means: words that are neither flags nor their values lead from the root downwards. */
import { type Command, nameOfCommand } from './command.ts';
import { byLetter, type FlagTable, needsNoValue } from './flags.ts';
import { globalFlags } from './global-flags.ts';
import { type CommandPath, helpFlag, lastOf } from './usage.ts';

export interface Found {
  readonly path: CommandPath;
  /** The line without the names of the commands. */
  readonly rest: readonly string[];
}

/** All flags that a command reads. */
export function flagsOf(command: Command): FlagTable {
  return { ...globalFlags, ...command.flags, help: helpFlag(nameOfCommand(command)) };
}

export function findCommand(root: Command, argv: readonly string[]): Found {
  let found: Found = { path: [root], rest: argv };
  for (;;) {
    const command = lastOf(found.path);
    const at = firstWord(found.rest, flagsOf(command));
    const word = at === undefined ? undefined : found.rest[at];
    const next = (command.commands ?? []).find(
      (one) => nameOfCommand(one) === word || one.aliases?.includes(word ?? ''),
    );
    if (at === undefined || next === undefined) return found;
    found = { path: [...found.path, next], rest: found.rest.toSpliced(at, 1) };
  }
}

/** Words of a line that are no flags and no values of flags: the first one, by its place. */
export function firstWord(line: readonly string[], flags: FlagTable): number | undefined {
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') return word === '' || word === '-' ? undefined : at;
    if (takesNext(word, flags)) at += 1;
  }
  return undefined;
}

/** An unknown flag is taken for one with a value: it is refused later anyhow. */
function takesNext(word: string, flags: FlagTable): boolean {
  if (word.includes('=')) return false;
  if (word.startsWith('--')) {
    const flag = Object.hasOwn(flags, word.slice(2)) ? flags[word.slice(2)] : undefined;
    return flag === undefined || !needsNoValue(flag);
  }
  const flag = byLetter(flags, word.slice(1))?.[1];
  return word.length === 2 && (flag === undefined || !needsNoValue(flag));
}

/** Names that somebody may have meant: at most two edits away, or begun with what was typed. */
export function suggestions(root: Command, word: string): readonly string[] {
  return (root.commands ?? [])
    .filter(({ hidden }) => hidden !== true)
    .map(nameOfCommand)
    .filter((name) => edits(word.toLowerCase(), name) <= 2 || name.startsWith(word.toLowerCase()));
}

/** The Levenshtein distance. */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const [left = 0, up = 0, corner = 0] = [next[j], row[j + 1], row[j]];
      next.push(Math.min(left + 1, up + 1, corner + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
