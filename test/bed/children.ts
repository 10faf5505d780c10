/** The bed's child processes: started with their output kept, and all ended with it, by process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** How it ended, such as `exit code 1` or `SIGTERM`. */
  readonly exited: Promise<string>;
  isRunning(): boolean;
  /** What it wrote so far to stdout and stderr; only the newest two megabytes of it. */
  output(): string;
  /** Sends a signal and does not wait. */
  signal(name: NodeJS.Signals): void;
  /** Ends it: SIGTERM, and SIGKILL after `grace` milliseconds. */
  stop(grace?: number): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Children {
  start(name: string, command: string, args: readonly string[], options?: StartOptions): Child;
  /** Kills all: nothing of a bed is worth a clean end. Who wants to see one calls `stop` of the child. */
  stopAll(): Promise<void>;
}

const outputLimit = 2 * 1024 * 1024;

/** Output also goes to `NAME.log` in `folder`, for reading after a failure. */
export function children(folder: string): Children {
  const running = new Set<Child>();
  // The last resort when a test run dies before `stopAll`.
  const killAll = (): void => running.forEach((child) => child.signal('SIGKILL'));
  process.once('exit', killAll);

  return {
    start(name, command, args, options = {}) {
      const env = { ...process.env, ...options.env };
      const started = spawn(command, args, {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(options.cwd && { cwd: options.cwd }),
      });
      const child = childOf(name, started, path.join(folder, `${name}.log`));
      running.add(child);
      void child.exited.then(() => running.delete(child));
      return child;
    },
    async stopAll() {
      killAll();
      await Promise.all([...running].map(({ exited }) => exited));
      process.removeListener('exit', killAll);
    },
  };
}

function childOf(name: string, started: ChildProcess, logFile: string): Child {
  let output = '';
  let ended: string | undefined;
  const log = createWriteStream(logFile, { flags: 'a' });
  for (const stream of [started.stdout, started.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputLimit);
      log.write(text);
    });
  }
  const exited = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      ended = how;
      log.end();
      resolve(how);
    };
    started.once('error', (error) => end(error.message));
    started.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  const child: Child = {
    name,
    pid: started.pid ?? -1,
    exited,
    isRunning: () => ended === undefined,
    output: () => output,
    signal(wanted) {
      started.kill(wanted);
      if (wanted !== 'SIGKILL') return;
      // What it has started may hold its output open, and nobody would see it end.
      for (const stream of [started.stdout, started.stderr]) stream?.destroy();
    },
    async stop(grace = 5000) {
      if (ended !== undefined) return;
      started.kill('SIGTERM');
      const patience = new AbortController();
      void pause(grace, undefined, { signal: patience.signal }).then(
        () => child.signal('SIGKILL'),
        () => false,
      );
      await exited;
      patience.abort();
    },
  };
  return child;
}
