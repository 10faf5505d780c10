/** The tasks that a hook's metadata can ask for, and how each is carried out. */
import { formatDuration } from '#api/duration.ts';
import type { Clock } from '#runtime/clock.ts';
import { parseGoBool } from '#runtime/go-bool.ts';
import type { Http } from '#runtime/http.ts';
import type { Log } from '#runtime/log.ts';
import { runConcord } from './concord.ts';
import type { CanaryName } from './gates.ts';
import { reportText, type GenerateLoad } from './http-load.ts';
import { planOfHeyCommand, planOfMetadata, planTitle, type LoadPlan } from './load-plan.ts';
import { ngrinderTest, runNgrinder } from './ngrinder.ts';
import type { CommandResult, RunCommand } from './run-command.ts';
import type { QueuedTask } from './task-queue.ts';

export interface TaskDeps {
  readonly run: RunCommand;
  readonly load: GenerateLoad;
  /** Whether a program is installed. */
  readonly has: (program: string) => boolean;
  readonly clock: Clock;
  /** For tasks that run on another server. */
  readonly http: Http;
  readonly readFile: (path: string) => Promise<string>;
  readonly log: Log;
  /** Of one task, in milliseconds. */
  readonly timeout: number;
}

export type Metadata = Readonly<Record<string, string>>;

export type Task =
  | { readonly how: 'refuse'; readonly message: string }
  /** Answered at once; whether it works out is only logged. */
  | { readonly how: 'queue'; readonly task: QueuedTask }
  /** Answered when it has ended; `failure` is the text when it did not end well. */
  | {
      readonly how: 'wait';
      readonly returnOutput: boolean;
      readonly failure: (result: CommandResult & { readonly ok: false }) => string;
      readonly run: (signal: AbortSignal) => Promise<CommandResult>;
    };

export function taskOf(canary: CanaryName, metadata: Metadata | undefined, deps: TaskDeps): Task {
  if (metadata === undefined || Object.keys(metadata).length === 0) return refuse('metadata not found in payload');
  const type = metadata['type'] ?? 'cmd';
  const read = Object.hasOwn(types, type) ? types[type] : undefined;
  return read === undefined ? refuse(`unknown task type ${type}`) : read(canary, metadata, deps);
}

type TaskType = (canary: CanaryName, metadata: Metadata, deps: TaskDeps) => Task;

const types: Readonly<Record<string, TaskType>> = {
  cmd: queuedCommand,
  bash: waitedFor('bash', (command) => ['-c', command]),
  helm: waitedFor('helm', words),
  helmv3: waitedFor('helm', words),
  kubectl: waitedFor('kubectl', words),
  http: queuedLoad,
  concord: waitedConcord,
  ngrinder: queuedNgrinder,
};

function refuse(message: string): Task {
  return { how: 'refuse', message };
}

function queuedCommand(canary: CanaryName, metadata: Metadata, deps: TaskDeps): Task {
  const command = metadata['cmd'];
  if (command === undefined) return refuse('cmd not found in metadata');
  const logOutput = parseGoBool(metadata['logCmdOutput'] ?? '') ?? false;
  const work = shellOrGenerator('sh', command, deps);
  return { how: 'queue', task: queued(canary, command, deps, logOutput, work) };
}

function queuedLoad(canary: CanaryName, metadata: Metadata, deps: TaskDeps): Task {
  const result = planOfMetadata(metadata);
  if (!result.ok) return refuse(result.message);
  const task = queued(canary, planTitle(result.plan), deps, true, (signal) => generated(result.plan, deps, signal));
  return { how: 'queue', task: { ...task, identity: `${task.identity} ${JSON.stringify(result.plan)}` } };
}

/** Whitespace parts the arguments and nothing quotes them, as in the original. */
function words(command: string): string[] {
  return command.split(/\s+/).filter((word) => word !== '');
}

function waitedFor(program: string, argumentsOf: (command: string) => string[]): TaskType {
  return (_, metadata, deps) => {
    const command = metadata['cmd'];
    if (command === undefined) return refuse('cmd not found in metadata');
    const work: Work =
      program === 'bash'
        ? shellOrGenerator('bash', command, deps)
        : (signal) => deps.run(program, argumentsOf(command), signal);
    const run = async (signal: AbortSignal): Promise<CommandResult> => {
      deps.log.info(`task starting ${command}`);
      return await logged(command, deps, true, work, signal);
    };
    const returnOutput = parseGoBool(metadata['returnCmdOutput'] ?? '') ?? false;
    return {
      how: 'wait',
      returnOutput,
      failure: ({ output, reason }) => `command ${command} failed: ${output}: ${reason}`,
      run,
    };
  };
}

function waitedConcord(_: CanaryName, metadata: Metadata, deps: TaskDeps): Task {
  const run = (signal: AbortSignal): Promise<CommandResult> =>
    logged('concord process', deps, true, (limit) => runConcord(metadata, deps, limit), signal);
  return { how: 'wait', returnOutput: false, failure: ({ reason }) => reason, run };
}

function queuedNgrinder(canary: CanaryName, metadata: Metadata, deps: TaskDeps): Task {
  const test = ngrinderTest(metadata);
  if (test === undefined) return refuse('server, clone, username and passwd are required metadata');
  const title = `ngrinder clone ${test.clone}`;
  return { how: 'queue', task: queued(canary, title, deps, true, (signal) => runNgrinder(test, deps, signal)) };
}

type Work = (signal: AbortSignal) => Promise<CommandResult>;

/** Hooks made for the original's image call `hey`, which need not be installed for the usual command lines. */
function shellOrGenerator(shell: 'sh' | 'bash', command: string, deps: TaskDeps): Work {
  const plan = deps.has('hey') ? undefined : planOfHeyCommand(command);
  return plan === undefined
    ? (signal) => deps.run(shell, ['-c', command], signal)
    : (signal) => generated(plan, deps, signal);
}

async function generated(plan: LoadPlan, deps: TaskDeps, signal: AbortSignal): Promise<CommandResult> {
  return { ok: true, output: `${reportText(await deps.load(plan, signal))}\n` };
}

function queued(canary: CanaryName, title: string, deps: TaskDeps, logOutput: boolean, work: Work): QueuedTask {
  return {
    identity: `${canary.namespace}/${canary.name} ${title}`,
    title,
    async run(signal) {
      await logged(title, deps, logOutput, work, signal);
    },
  };
}

/** Does the work within the time limit and says in the log how it ended. */
async function logged(
  title: string,
  deps: TaskDeps,
  logOutput: boolean,
  work: Work,
  signal: AbortSignal,
): Promise<CommandResult> {
  const limit = new AbortController();
  const cancel = deps.clock.after(deps.timeout, () => limit.abort());
  const ended = await work(AbortSignal.any([signal, limit.signal]));
  cancel();
  const late = limit.signal.aborted && !ended.ok;
  const result = late ? { ...ended, reason: `stopped after ${formatDuration(deps.timeout)}` } : ended;
  const output = logOutput || !result.ok ? { output: result.output } : {};
  if (result.ok) deps.log.info(`command finished ${title}`, output);
  else deps.log.error(`command failed ${title} ${result.reason}`, output);
  return result;
}
