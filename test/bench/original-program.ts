/** Builds the original from its Go module, to be measured beside Serin; kept in the bed's cache. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { cacheFolder } from '../bed/programs.ts';

const run = promisify(execFile);

/** Its go.mod and go.sum pin the version. */
const pinned = path.join(import.meta.dirname, 'flagger');

/** The program's file; undefined when it is not in the cache and cannot be built here. */
export async function flaggerProgram(say: (line: string) => void): Promise<string | undefined> {
  const sums = createHash('sha256')
    .update(readFileSync(path.join(pinned, 'go.sum')))
    .digest('hex');
  const file = path.join(cacheFolder(), `flagger-controller-${sums.slice(0, 12)}`);
  if (existsSync(file)) return file;
  say('Build Flagger …');
  const half = `${file}.${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', half, 'github.com/fluxcd/flagger/cmd/flagger'];
  try {
    await mkdir(cacheFolder(), { recursive: true });
    const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', CGO_ENABLED: '0' };
    await run('go', args, { cwd: pinned, env, maxBuffer: 64 * 1024 * 1024 });
    await rename(half, file);
    return file;
  } catch (error) {
    say(`Flagger is left out: it cannot be built here (${String(error).slice(0, 300)})`);
    return undefined;
  }
}
