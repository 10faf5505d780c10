/** Runs one program with a time limit and keeps what it printed. */
import { spawn } from 'node:child_process';

export type CommandResult =
  | { readonly ok: true; readonly output: string }
  /** `reason` is how it ended, such as `exit status 1`. */
  | { readonly ok: false; readonly output: string; readonly reason: string };

/** Never rejects. Everything that the program started ends with the signal. */
export type RunCommand = (program: string, args: readonly string[], signal: AbortSignal) => Promise<CommandResult>;

/** A load generator that prints without end must not fill the memory; the beginning says most. */
const longestOutput = 1024 * 1024;

export const runCommand: RunCommand = (program, args, signal) =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const keep = (chunk: Buffer): void => {
      const room = longestOutput - size;
      if (room > 0) chunks.push(chunk.subarray(0, room));
      size += chunk.length;
    };
    const output = (): string =>
      Buffer.concat(chunks).toString('utf8') + (size > longestOutput ? `\n… ${size - longestOutput} more bytes\n` : '');

    // A process group of its own: a shell's children have to end with it.
    const child = spawn(program, [...args], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (): void => killGroup(child.pid);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => {
      signal.removeEventListener('abort', kill);
      resolve({ ok: false, output: output(), reason: startFailure(program, error) });
    });
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) resolve({ ok: true, output: output() });
      else
        resolve({ ok: false, output: output(), reason: code === null ? `signal: ${killedBy}` : `exit status ${code}` });
    });
    if (signal.aborted) kill();
    else signal.addEventListener('abort', kill, { once: true });
  });

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function startFailure(program: string, error: Error): string {
  const missing = 'code' in error && error.code === 'ENOENT';
  return missing ? `"${program}" is not installed` : `"${program}" cannot be started: ${error.message}`;
}
