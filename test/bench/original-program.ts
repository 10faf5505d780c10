/** Builds an original from its Go module, to be measured beside Serin; kept in the bed's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { cacheFolder } from '../bed/programs.ts';

const run = promisify(execFile);

/** Each has a folder of its name here, whose go.mod and go.sum pin the version. */
const packages = {
  flagger: 'github.com/fluxcd/flagger/cmd/flagger',
  'argo-rollouts': 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller',
};

export type OriginalName = keyof typeof packages;

/** The program's file; undefined when it is not in the cache and cannot be built here. */
export async function originalProgram(name: OriginalName, say: (line: string) => void): Promise<string | undefined> {
  const pinned = path.join(import.meta.dirname, name);
  const sums = createHash('sha256')
    .update(readFileSync(path.join(pinned, 'go.sum')))
    .digest('hex');
  const file = path.join(cacheFolder(), `${name}-controller-${sums.slice(0, 12)}`);
  if (existsSync(file)) return file;
  say(`Build ${name} …`);
  const half = `${file}.${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', half, packages[name]];
  try {
    await mkdir(cacheFolder(), { recursive: true });
    const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
    await run('go', args, { cwd: pinned, env, maxBuffer: 64 * 1024 * 1024 });
    await rename(half, file);
    return file;
  } catch (error) {
    say(`${name} is left out: it cannot be built here (${String(error).slice(0, 300)})`);
    return undefined;
  }
}
