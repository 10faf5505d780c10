/** Runs a command inside a new test bed network: `node test/bed/run.ts -- vitest run --project cluster`. Builds the bed first. */
import { spawn, spawnSync } from 'node:child_process';
import { constants } from 'node:os';

import { buildBed, missingBuildTools } from './build.ts';
import { insideNetwork, missingNetworkTools } from './network.ts';

/** What this machine lacks for the test bed, each with its remedy. */
export function missingTools(): string[] {
  return [...missingNetworkTools(), ...missingBuildTools(), ...missingCommands()];
}

/** Hooks of the Canaries under test run these, as they do in the original's load tester. */
function missingCommands(): string[] {
  return ['bash', 'curl']
    .filter((command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0)
    .map((command) => `${command}, on the PATH: webhooks of the Canaries under test run it`);
}

/** Resolves with the exit code of the command. Interrupting this process ends everything in the network. */
export async function runInBed(command: readonly string[], say: (line: string) => void): Promise<number> {
  await buildBed(say);
  const inside = insideNetwork(command);
  const child = spawn(inside.command, inside.args, { stdio: 'inherit', env: inside.env });
  const stop = (): void => {
    child.kill('SIGKILL'); // the namespace's first process is killed with it, and with that one all others
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    process.removeListener('SIGINT', stop).removeListener('SIGTERM', stop);
    inside.dispose();
  }
}

if (import.meta.main) {
  const command = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
  const missing = missingTools();
  if (command.length === 0 || missing.length > 0) {
    console.error(
      command.length === 0
        ? 'Usage: node test/bed/run.ts -- COMMAND …'
        : `The test bed needs:\n  - ${missing.join('\n  - ')}`,
    );
    process.exit(2);
  }
  process.exitCode = await runInBed(command, (line) => console.error(line));
}
