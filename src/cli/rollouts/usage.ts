/** Help and usage of a command, in the layout that kubectl and its plugins have. */
import { type Command, nameOfCommand } from './command.ts';
import { type Flag, type FlagTable, boolFlag } from './flags.ts';
import { globalFlags } from './global-flags.ts';

/** Commands from the root to the one that is meant. */
export type CommandPath = readonly [Command, ...Command[]];

export const lastOf = (path: CommandPath): Command => path.at(-1) ?? path[0];

/** `kubectl-argo-rollouts get rollout` */
export const pathText = (path: CommandPath): string => path.map(nameOfCommand).join(' ');

/** The root knows it too; it is not in the tree, as it does nothing but show what is there. */
export const helpCommand: Command = { use: 'help [command]', summary: 'Help about any command' };

/** Every command knows it; it is shown with its own flags. */
export const helpFlag = (name: string): Flag<boolean> => boolFlag(false, `help for ${name}`, { short: 'h' });

export function helpText(path: CommandPath): string {
  const { description, summary } = lastOf(path);
  return `${(description ?? summary).trimEnd()}\n\n${usageText(path)}`;
}

export function usageText(path: CommandPath): string {
  const command = lastOf(path);
  const name = nameOfCommand(command);
  const isRoot = path.length === 1;
  const flags: FlagTable = { ...command.flags, help: helpFlag(name) };
  const sections = [
    `Usage:\n${useLines(path).join('\n')}`,
    ...section('Aliases:', command.aliases && `  ${[name, ...command.aliases].join(', ')}`),
    ...section('Examples:', command.example?.replace(/^\n+|\s+$/g, '')),
    ...section('Available Commands:', shown(command) && commandLines(command, isRoot)),
    ...section('Flags:', flagLines(isRoot ? { ...flags, ...globalFlags } : flags)),
    ...section('Global Flags:', isRoot ? undefined : flagLines(globalFlags)),
    ...(shown(command) ? [`Use "${pathText(path)} [command] --help" for more information about a command.`] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}

function useLines(path: CommandPath): readonly string[] {
  const command = lastOf(path);
  const parents = path.slice(0, -1).map(nameOfCommand);
  const line = `  ${[...parents, command.use].join(' ')}${command.plainUse === true ? '' : ' [flags]'}`;
  return shown(command) ? [line, `  ${pathText(path)} [command]`] : [line];
}

const shown = (command: Command): boolean => (command.commands ?? []).some(({ hidden }) => hidden !== true);

function commandLines({ commands = [] }: Command, isRoot: boolean): string {
  const rows = [...commands, ...(isRoot ? [helpCommand] : [])]
    .filter(({ hidden }) => hidden !== true)
    .map((one) => [nameOfCommand(one), one.summary] as const);
  // Never narrower than this, so that most lists look alike.
  const width = Math.max(11, ...rows.map(([name]) => name.length));
  return rows
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, summary]) => `  ${name.padEnd(width)} ${summary}`)
    .join('\n');
}

/** One line a flag, sorted by name, the help texts under each other. */
export function flagLines(table: FlagTable): string {
  const rows = Object.entries(table)
    .filter(([, { deprecated }]) => deprecated === undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => {
      const letter = flag.short === undefined ? '      ' : `  -${flag.short}, `;
      return [
        `${letter}--${name}${flag.word === '' ? '' : ` ${flag.word}`}`,
        `${flag.help}${fallbackText(flag)}`,
      ] as const;
    });
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}`).join('\n');
}

/** Zero values go without saying. */
function fallbackText({ fallback }: Flag<unknown>): string {
  if (typeof fallback === 'string') return fallback === '' ? '' : ` (default ${JSON.stringify(fallback)})`;
  return fallback === true || (typeof fallback === 'number' && fallback !== 0) ? ` (default ${String(fallback)})` : '';
}

function section(title: string, body: string | false | undefined): readonly string[] {
  return body === undefined || body === false || body === '' ? [] : [`${title}\n${body}`];
}
