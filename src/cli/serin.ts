#!/usr/bin/env node
/** `serin`: finds the command that was asked for and runs it; each command loads what it needs and nothing else. */
import path from 'node:path';
import type { CommandIo } from './command-io.ts';
import { version } from './version.ts';

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  controller: {
    summary: 'Run the controllers (or "controller flagger": one API with the flags of its original)',
    load: async () => (await import('./controller.ts')).controllerCommand,
  },
  loadtester: {
    summary: 'Run the load tester that webhooks of Canaries call',
    load: async () => (await import('./loadtester.ts')).loadtesterCommand,
  },
  explain: {
    summary: 'Tell why a Canary or a Rollout stands where it stands',
    load: async () => (await import('./explain.ts')).explainCommand,
  },
  rollouts: {
    summary: 'Look at Rollouts and decide about them: the same as "kubectl argo rollouts"',
    load: async () => (await import('./rollouts/run-plugin.ts')).runPlugin,
  },
  demo: {
    summary: 'Show a promotion and a rollback on the embedded cluster, with real requests',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
};

/** Resolves with the exit code: 0 done, 1 failed, 2 the command line is wrong. */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    io.stdout(usage());
    return name === undefined ? 2 : 0;
  }
  if (name === 'version' || name === '--version') {
    io.stdout(`serin ${version}\n`);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    io.stderr(`Cannot run "${name}": there is no such command\n\n${usage()}`);
    return 2;
  }
  const command = await entry.load();
  return command(rest, io);
}

function usage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `serin ${version}: progressive delivery for Kubernetes\n\nUsage: serin COMMAND [ARGUMENTS]\n\n${lines.join('\n')}\n\nEach command knows --help.\n`;
}

/** The names under which kubectl looks for its plugins: each is the command `rollouts`. */
const pluginNames = new Set(['kubectl-argo-rollouts', 'kubectl-serin']);

/** The command line behind a name of the program, which may be a link to it. */
export function lineFor(program: string, argv: readonly string[]): readonly string[] {
  const name = path.basename(program).replace(/\.(m?js|ts|cmd)$/, '');
  return pluginNames.has(name) ? ['rollouts', ...argv] : argv;
}

/** A first signal asks to end, a second one insists. */
function signalOfProcess(): AbortSignal {
  const controller = new AbortController();
  const ask = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on('SIGTERM', ask);
  process.on('SIGINT', ask);
  return controller.signal;
}

/** Who reads the output may have had enough: `| head` is no failure, and the program ends as others do then. */
function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(141);
  });
}

if (import.meta.main) {
  endWithReader(process.stdout);
  process.exitCode = await run(lineFor(process.argv[1] ?? '', process.argv.slice(2)), {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    signal: signalOfProcess(),
  });
}
