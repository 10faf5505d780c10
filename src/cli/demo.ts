/** `serin demo`: shows a promotion and a rollback on the embedded cluster, with real requests. */
import { parseArgs } from 'node:util';
import type { CommandIo } from './command-io.ts';
import { runInShell } from './command-shell.ts';

const usage = `Usage: serin demo [--hold]

Plays the main job on an embedded cluster in this process, with real HTTP on loopback ports: version 1 of a small app is
deployed, version 2 is released and promoted, version 3, which fails 5 % of its requests, is released and rolled back,
while users call the app all the time. Ends with exit code 0 only if both ends were reached.

  --hold   Keep everything running afterwards and say how kubectl can look and act on it. The same: HOLD=1 in the environment.
  --help   Show this text.

On a terminal the picture changes in place; with NO_COLOR, or elsewhere, it is lines of text.
`;

/** Resolves with the exit code. */
export function demoCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInShell({ usage, read: () => read(argv), run: ({ hold }) => show(hold, io) }, io);
}

function read(argv: readonly string[]): { readonly help: boolean; readonly hold: boolean } {
  const { values } = parseArgs({
    args: [...argv],
    options: { hold: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  });
  return values;
}

async function show(hold: boolean, io: CommandIo): Promise<number> {
  io.stdout(
    'Serin demo: an embedded cluster, a gateway, users and a load tester, with real HTTP on this machine only\n',
  );
  const { runDemo } = await import('#demo/run.ts');
  const { isTTY, columns } = process.stdout;
  return await runDemo({
    hold: hold || isOn(process.env['HOLD']),
    write: io.stdout,
    complain: io.stderr,
    signal: io.signal,
    ...(isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
      ? { terminal: () => ({ columns: process.stdout.columns || columns || 80 }) }
      : {}),
  });
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no'].includes(text.toLowerCase());
}
