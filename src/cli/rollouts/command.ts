/**
 * What a command of the plugin is: its name, its flags, its help and what it does.
 *
 * To add one:
 * 1. `src/cli/rollouts/commands/NAME.ts` exports a `command({...})` with `use`, `summary`, `args`, `flags`, `example` and `run`.
 *    Descriptions are our own words; flag names, argument counts and printed texts are the specification's.
 * 2. One line in `src/cli/rollouts/command-tree.ts`, among the commands of the root or of its group.
 * 3. `run` gets a `Call`: arguments, typed flag values, streams, clock, and `await call.cluster()` for namespace and API.
 *    It prints to `call.io.stdout`, and ends the command line with exit 1 by throwing: any error is printed as `Error: <message>`,
 *    a `UsageError` as the usage of the command. API errors come as `KubeError` with the server's own text, which is what is printed.
 * 4. Anything heavy (yaml, zod, the schemas of `src/api`, the engine) is imported inside `run`: all command files are loaded at every start.
 * 5. `NAME.test.ts` beside it: `src/cli/rollouts/test-cluster.ts` gives objects in memory and runs a command line on them.
 */
import type { Clock } from '#runtime/clock.ts';
import type { CommandIo } from '../command-io.ts';
import type { FlagTable, FlagValues } from './flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { KubeApi } from './kube-api.ts';

/** How many positional arguments are wanted; any other number shows the usage. */
export type ArgCount = { readonly exactly: number } | { readonly atLeast: number } | 'any';

/** Names of objects that the shell offers for the first argument. */
export type Completed = 'rollouts' | 'experiments' | 'analysisruns';

export interface Command<T extends FlagTable = FlagTable> {
  /** Its name and arguments: `abort ROLLOUT_NAME`. */
  readonly use: string;
  readonly aliases?: readonly string[];
  /** One line, for the list of its parent. */
  readonly summary: string;
  /** For the help, in place of the summary. */
  readonly description?: string;
  /** Lines, each indented by two blanks; the program is called `kubectl argo rollouts`. */
  readonly example?: string;
  /** Default: any. */
  readonly args?: ArgCount;
  readonly flags?: T;
  readonly completes?: Completed;
  /** Words that the shell offers for the first argument, in place of names. */
  readonly words?: readonly string[];
  /** `[flags]` is not shown behind the use line. */
  readonly plainUse?: boolean;
  readonly hidden?: boolean;
  /** A group's commands. A group without `run` of its own shows its usage. */
  readonly commands?: readonly Command[];
  /** Resolves with the exit code; nothing means 0. */
  run?(call: Call<T>): Promise<number | void>;
}

/** One call of a command. */
export interface Call<T extends FlagTable = FlagTable> {
  readonly args: readonly string[];
  readonly flags: FlagValues<T>;
  readonly global: GlobalFlags;
  readonly io: CommandIo;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Connects on the first call. Throws a plain error that says what is wrong with the kubeconfig. */
  readonly cluster: () => Promise<ClusterAccess>;
}

export interface ClusterAccess {
  /** Of the flag, else of the context or the pod, else `default`. */
  readonly namespace: string;
  readonly api: KubeApi;
}

/** Keeps the types of the flags together with what uses them. */
export function command<T extends FlagTable>(definition: Command<T>): Command<T> {
  return definition;
}

/** The line does not fit the command: its usage is shown, and nothing else. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const nameOfCommand = ({ use }: Pick<Command, 'use'>): string => use.split(' ', 1)[0] ?? use;

export function fits(count: ArgCount, given: number): boolean {
  if (count === 'any') return true;
  return 'exactly' in count ? given === count.exactly : given >= count.atLeast;
}
