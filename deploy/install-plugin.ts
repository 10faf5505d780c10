/**
 * Installs the kubectl plugin: `node deploy/install-plugin.ts [PREFIX]`, by default below `/usr/local`, or `~/.local` for those who may not
 * write there. The program goes to `PREFIX/lib/serin`, its names `kubectl-argo-rollouts` and `kubectl-serin` to `PREFIX/bin`.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { bundle } from './bundle.ts';

const names = ['kubectl-argo-rollouts', 'kubectl-serin'];
const oldestNode = 26;

/** Resolves with the paths of the installed names. */
export async function installPlugin(prefix: string, node: string): Promise<readonly string[]> {
  const program = path.join(prefix, 'lib', 'serin');
  const entry = await bundle(program);
  writeFileSync(entry, readFileSync(entry, 'utf8').replace(/^#!.*/, `#!${node}`));
  chmodSync(entry, 0o755);
  const folder = path.join(prefix, 'bin');
  mkdirSync(folder, { recursive: true });
  return names.map((name) => {
    const link = path.join(folder, name);
    rmSync(link, { force: true });
    symlinkSync(path.relative(folder, entry), link);
    return link;
  });
}

/** The Node on the user's path when it is new enough, else the one that runs this. */
function nodeForPlugin(): string {
  // Scripts of npm and make put the repository's own in front.
  const folders = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  try {
    const version = execFileSync('node', ['-p', 'process.versions.node'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: folders.join(path.delimiter) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (Number.parseInt(version, 10) >= oldestNode) return '/usr/bin/env node';
  } catch {
    // There is none.
  }
  return process.execPath;
}

function defaultPrefix(): string {
  try {
    accessSync('/usr/local/bin', constants.W_OK);
    return '/usr/local';
  } catch {
    return path.join(homedir(), '.local');
  }
}

if (import.meta.main) {
  const prefix = process.argv[2] || defaultPrefix();
  for (const link of await installPlugin(path.resolve(prefix), nodeForPlugin())) console.log(link);
}
