/** What the shell is offered: the hidden `__complete` command, whose answers the completion scripts read. */
import type { Resource } from '#api/kubernetes.ts';
import { analysisRuns, experiments, rollouts } from '#cluster/resource.ts';
import { errorText } from '#runtime/error-text.ts';
import type { CommandIo } from '../command-io.ts';
import { type Command, type Completed, nameOfCommand } from './command.ts';
import { findCommand, flagsOf } from './find-command.ts';
import { byLetter, type Flag, type FlagTable, needsNoValue, parseFlags } from './flags.ts';
import { type GlobalFlags, globalFlags } from './global-flags.ts';
import { openOnce, type PluginWorld } from './plugin-world.ts';
import { helpCommand, lastOf } from './usage.ts';

interface Asked {
  readonly io: CommandIo;
  readonly world: PluginWorld;
  /** Descriptions are wanted behind a tab. */
  readonly described: boolean;
}

interface Offer {
  /** A word, or a word and what it is about. */
  readonly words: readonly (readonly [string, string?])[];
  readonly directive: Directive;
}

/** Numbers that the scripts understand: a sum of what they should do. */
const directives = { default: 0, error: 1, noFiles: 4 } as const;

type Directive = keyof typeof directives;

const names: Readonly<Record<Directive, string>> = {
  default: 'ShellCompDirectiveDefault',
  error: 'ShellCompDirectiveError',
  noFiles: 'ShellCompDirectiveNoFileComp',
};

const resources: Readonly<Record<Completed, Resource>> = { rollouts, experiments, analysisruns: analysisRuns };

/** `argv`: the line so far, its last word being the one that is typed. Resolves with the exit code. */
export async function complete(root: Command, argv: readonly string[], asked: Asked): Promise<number> {
  const { io, described } = asked;
  if (argv.length === 0) {
    io.stderr('Error: requires at least 1 arg(s), only received 0\n');
    return 1;
  }
  const offer = await offerFor(root, argv, asked);
  for (const [word, about] of offer.words)
    io.stdout(described && about !== undefined ? `${word}\t${about}\n` : `${word}\n`);
  io.stdout(`:${directives[offer.directive]}\n`);
  io.stderr(`Completion ended with directive: ${names[offer.directive]}\n`);
  return 0;
}

async function offerFor(root: Command, argv: readonly string[], asked: Asked): Promise<Offer> {
  const typed = argv.at(-1) ?? '';
  const { path, rest } = findCommand(root, argv.slice(0, -1));
  const command = lastOf(path);
  const table = flagsOf(command);
  if (awaitsValue(rest.at(-1), table) || (typed.startsWith('-') && typed.includes('='))) return nothing('default');
  let parsed: ReturnType<typeof parseFlags>;
  try {
    parsed = parseFlags(table, rest);
  } catch (error) {
    asked.io.stderr(`Error while parsing flags from args [${rest.join(' ')}]: ${errorText(error)}\n`);
    return nothing('default');
  }
  if (parsed.values['help'] === true) return nothing('noFiles');
  if (typed.startsWith('-') && !rest.includes('--')) return flagNames(table, path.length === 1, parsed.given, typed);
  const commands = parsed.args.length === 0 ? commandNames(command, typed, path.length === 1) : [];
  if (commands.length > 0 || command.commands !== undefined) return { words: commands, directive: 'noFiles' };
  if (command.words !== undefined && parsed.args.length === 0)
    return {
      words: command.words.filter((word) => word.startsWith(typed)).map((word) => [word]),
      directive: 'noFiles',
    };
  if (command.completes === undefined) return nothing(command.words === undefined ? 'default' : 'noFiles');
  if (parsed.args.length > 0) return nothing('noFiles');
  // The table that was read holds every global flag.
  return objectNames(resources[command.completes], typed, parsed.values as unknown as GlobalFlags, asked);
}

const nothing = (directive: Directive): Offer => ({ words: [], directive });

function awaitsValue(last: string | undefined, table: FlagTable): boolean {
  if (last === undefined || !last.startsWith('-') || last.includes('=') || last === '--' || last === '-') return false;
  const flag: Flag<unknown> | undefined = last.startsWith('--')
    ? table[last.slice(2)]
    : byLetter(table, last.slice(-1))?.[1];
  return flag !== undefined && !needsNoValue(flag);
}

/** Those that hold everywhere come first. `--name=` is not offered: `--name` serves for both forms. */
function flagNames(table: FlagTable, isRoot: boolean, given: ReadonlySet<string>, typed: string): Offer {
  const isInherited = (name: string): boolean => !isRoot && name in globalFlags;
  const offered = Object.entries(table)
    .filter(([name, flag]) => flag.deprecated === undefined && (!given.has(name) || Array.isArray(flag.fallback)))
    .toSorted(([a], [b]) => Number(isInherited(b)) - Number(isInherited(a)) || (a < b ? -1 : 1));
  const words = offered.flatMap(([name, { short, help }]): (readonly [string, string])[] => [
    [`--${name}`, help],
    ...(short === undefined ? [] : ([[`-${short}`, help]] as const)),
  ]);
  return { words: words.filter(([word]) => word.startsWith(typed)), directive: 'noFiles' };
}

function commandNames({ commands = [] }: Command, typed: string, isRoot: boolean): Offer['words'] {
  return [...commands, ...(isRoot ? [helpCommand] : [])]
    .filter((one) => one.hidden !== true && nameOfCommand(one).startsWith(typed))
    .map((one) => [nameOfCommand(one), one.summary] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function objectNames(resource: Resource, typed: string, flags: GlobalFlags, asked: Asked): Promise<Offer> {
  const access = openOnce(asked.world, flags, asked.io.signal);
  try {
    const { api, namespace } = await access.open();
    const { objects } = await api.list(resource, { namespace });
    const found = objects.map(({ metadata }) => metadata.name).filter((name) => name.startsWith(typed));
    return { words: found.map((name) => [name]), directive: 'noFiles' };
  } catch {
    return nothing('error');
  } finally {
    await access.close();
  }
}
