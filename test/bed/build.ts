/** Builds the test bed's programs from Go modules into a cache; `node test/bed/build.ts` does it ahead of the tests. */
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import {
  binariesFolder,
  cacheFolder,
  type Lighter,
  type ManifestName,
  manifestFile,
  manifests,
  notBuilt,
  type Program,
  type ProgramName,
  programFile,
  programs,
} from './programs.ts';

const run = promisify(execFile);

/** What this machine lacks for building the bed, each with its remedy; empty when everything is built already. */
export function missingBuildTools(): string[] {
  const open = notBuilt();
  if (open.programs.length + open.manifests.length === 0) return [];
  const go = spawnSync('go', ['env', 'GOVERSION'], {
    encoding: 'utf8',
    cwd: path.join(binariesFolder, 'control-plane'),
  });
  const minor = /^go1\.(\d+)/.exec(go.stdout ?? '')?.[1];
  if (minor === undefined)
    return [`Go (go.dev/dl, 1.26 or newer, with \`go\` on the PATH): builds the API server and the other programs`];
  if (Number(minor) < 26) return [`Go 1.26 or newer (go.dev/dl): this machine has ${go.stdout.trim()}`];
  return [];
}

/** Builds whatever is not in the cache. Two processes may call it at the same time: the second waits and finds the work done. */
export async function buildBed(say: (line: string) => void): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const open = notBuilt();
  if (open.programs.length + open.manifests.length === 0) return;
  const unlock = await lock(path.join(cacheFolder(), 'build.lock'), say);
  try {
    await removeLeftovers();
    const { programs: missingPrograms, manifests: missingManifests } = notBuilt();
    for (const name of missingManifests) await timed(`Fetch ${name}`, say, () => fetchManifest(name));
    for (const [at, name] of missingPrograms.entries()) {
      await timed(`Build ${name} (${at + 1} of ${missingPrograms.length})`, say, () => buildProgram(name));
    }
  } finally {
    await unlock();
  }
}

/** What a build that was killed has left. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const owner = /^work-(\d+)-/.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = path.join(cacheFolder(), name);
    await makeWritable(folder);
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(what: string, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  say(`${what} …`);
  await work();
  say(`${what}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
}

async function buildProgram(name: ProgramName): Promise<void> {
  const program: Program = programs[name];
  const pinned = path.join(binariesFolder, program.folder);
  const work = await mkdtemp(path.join(cacheFolder(), `work-${process.pid}-`));
  try {
    const cwd = program.lighter ? await lightened(program.lighter, pinned, work) : pinned;
    const stamps = (program.stamps ?? []).map((stamp) => `-X ${stamp}`);
    const options = ['-trimpath', '-p', String(availableParallelism()), '-ldflags', ['-s', '-w', ...stamps].join(' ')];
    const built = path.join(work, name);
    await go(['build', ...options, '-o', built, program.package], cwd);
    await rename(built, programFile(name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Makes a folder to build in whose go.mod takes one module from a copy with a file less. */
async function lightened({ module, file }: Lighter, pinned: string, work: string): Promise<string> {
  const copy = path.join(work, 'module');
  await cp(await moduleFolder(module, pinned), copy, { recursive: true });
  await makeWritable(copy);
  await rm(path.join(copy, file));
  for (const name of ['go.mod', 'go.sum']) await cp(path.join(pinned, name), path.join(work, name));
  await go(['mod', 'edit', '-replace', `${module}=./module`], work);
  return work;
}

async function fetchManifest(name: ManifestName): Promise<void> {
  const { folder, module, path: inside } = manifests[name];
  const source = path.join(await moduleFolder(module, path.join(binariesFolder, folder)), inside);
  const work = await mkdtemp(path.join(cacheFolder(), `work-${process.pid}-`));
  const copied = path.join(work, name);
  await mkdir(copied);
  const isFile = (await stat(source)).isFile();
  await cp(source, isFile ? path.join(copied, path.basename(source)) : copied, { recursive: true });
  await makeWritable(copied);
  await rename(copied, manifestFile(name));
  await rm(work, { recursive: true, force: true });
}

/** What comes out of Go's module cache is read-only, folders included, and can be neither moved nor removed. */
async function makeWritable(folder: string): Promise<void> {
  await run('chmod', ['-R', 'u+w', folder]);
}

async function moduleFolder(module: string, cwd: string): Promise<string> {
  const answer: unknown = JSON.parse(await go(['mod', 'download', '-json', module], cwd));
  if (typeof answer === 'object' && answer !== null && 'Dir' in answer && typeof answer.Dir === 'string')
    return answer.Dir;
  throw new Error(`Cannot find the folder of Go module ${module}`);
}

async function go(args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' };
  try {
    const { stdout } = await run('go', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new Error(`Cannot run "go ${args.join(' ')}" in ${path.basename(cwd)}: ${reason.slice(-2000)}`, {
      cause: error,
    });
  }
}

/** Takes the lock file, whose text is the owner's process id; a lock whose owner is gone is taken over. */
async function lock(file: string, say: (line: string) => void): Promise<() => Promise<void>> {
  let told = false;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return () => rm(file, { force: true });
    } catch {
      const owner = Number(await readFile(file, 'utf8').catch(() => ''));
      if (owner > 0 && !isAlive(owner)) {
        await rm(file, { force: true });
        continue;
      }
      if (!told) say(`Wait for the build of process ${owner}`);
      told = true;
      await pause(500);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

if (import.meta.main) {
  const missing = missingBuildTools();
  if (missing.length > 0) {
    console.error(`Cannot build the test bed without:\n${missing.map((tool) => `  - ${tool}`).join('\n')}`);
    process.exit(1);
  }
  await buildBed((line) => console.log(line));
  console.log(`Test bed is built: ${cacheFolder()}`);
}
