/** Which tree a program was built from: what `kubectl argo rollouts version` prints. */
import { spawnSync } from 'node:child_process';

export interface BuildFacts {
  /** Of the commit, so that the same tree gives the same program. */
  readonly date: string;
  readonly commit: string;
  readonly isDirty: boolean;
  /** Only when the commit has one. */
  readonly tag: string;
}

/** `undefined` outside a git repository, as in an image's build. */
export function buildFacts(folder: string): BuildFacts | undefined {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const commit = git('rev-parse', 'HEAD');
  const seconds = git('show', '--no-patch', '--format=%ct', 'HEAD');
  if (commit === undefined || seconds === undefined) return undefined;
  return {
    date: new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z'),
    commit,
    isDirty: git('status', '--porcelain') !== '',
    tag: git('describe', '--exact-match', '--tags', 'HEAD') ?? '',
  };
}
