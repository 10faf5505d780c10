/** `kubectl argo rollouts`, `kubectl serin` and `serin rollouts`: reads the line, runs the command and tells how it ended. */
import { systemClock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { CommandIo } from '../command-io.ts';
import { fits, UsageError } from './command.ts';
import { root } from './command-tree.ts';
import { complete } from './complete.ts';
import { findCommand, firstWord, flagsOf, suggestions } from './find-command.ts';
import { parseFlags } from './flags.ts';
import { globalFlags, type GlobalFlags, globalProblem } from './global-flags.ts';
import { openOnce, type PluginWorld } from './plugin-world.ts';
import { type CommandPath, helpText, lastOf, pathText, usageText } from './usage.ts';

/** As a shell tells of a program that Ctrl-C has ended. */
const interrupted = 130;

/** Resolves with the exit code: 0 done, 1 anything else, 130 interrupted. */
export async function runPlugin(argv: readonly string[], io: CommandIo, world: PluginWorld = {}): Promise<number> {
  const [first, ...others] = argv;
  if (first === '__complete' || first === '__completeNoDesc')
    return complete(root, others, { io, world, described: first === '__complete' });
  if (first === 'help') return showHelp(others, io);
  const { path, rest } = findCommand(root, argv);
  const stranger = path.length === 1 ? firstWord(rest, flagsOf(root)) : undefined;
  if (stranger !== undefined) {
    io.stderr(unknownCommand(rest[stranger] ?? ''));
    return 1;
  }
  try {
    return await execute(path, rest, io, world);
  } catch (error) {
    // A command that has something to say about its interruption says it by an error of its own.
    if (io.signal.aborted && error === io.signal.reason) return interrupted;
    io.stderr(error instanceof UsageError ? usageText(path) : `Error: ${errorText(error)}\n`);
    return 1;
  }
}

async function execute(path: CommandPath, rest: readonly string[], io: CommandIo, world: PluginWorld): Promise<number> {
  const command = lastOf(path);
  const { values, args, warnings } = parseFlags(flagsOf(command), rest);
  for (const warning of warnings) io.stderr(`${warning}\n`);
  if (values['help'] === true) {
    io.stdout(helpText(path));
    return 0;
  }
  const global = globalsOf(values);
  const problem = globalProblem(global);
  if (problem !== undefined) throw new Error(problem);
  if (command.run === undefined || !fits(command.args ?? 'any', args.length)) throw new UsageError();
  const { clock = systemClock, random = Math.random, env = process.env } = world;
  const access = openOnce(world, global, io.signal);
  try {
    const code = await command.run({
      args,
      flags: values,
      global,
      io,
      clock,
      random,
      env,
      cluster: () => access.open(),
    });
    return code ?? 0;
  } finally {
    await access.close();
  }
}

function globalsOf(values: Readonly<Record<string, unknown>>): GlobalFlags {
  const entries = Object.keys(globalFlags).map((name) => [name, values[name]]);
  // The table that was read holds every global flag, and each value comes from its own flag.
  return Object.fromEntries(entries) as GlobalFlags;
}

function unknownCommand(word: string): string {
  const near = suggestions(root, word);
  const hint = near.length === 0 ? '' : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join('')}`;
  const program = pathText([root]);
  return `Error: unknown command ${JSON.stringify(word)} for ${JSON.stringify(program)}${hint}\nRun '${program} --help' for usage.\n`;
}

function showHelp(words: readonly string[], io: CommandIo): number {
  const { path, rest } = findCommand(root, words);
  if (rest.length === 0) {
    io.stdout(helpText(path));
    return 0;
  }
  io.stderr(`Unknown help topic [${words.map((word) => `\`${word}\``).join(' ')}]\n${usageText([root])}`);
  return 0;
}
