/** `version`: which build this is, in the lines that scripts read. */
import { version } from '../../version.ts';
import { boolFlag } from '../flags.ts';
import { command } from '../command.ts';

/** Put in place by the bundler; from its sources the program knows nothing of the kind. */
declare const SERIN_BUILD:
  | { readonly date?: string; readonly commit?: string; readonly isDirty?: boolean; readonly tag?: string }
  | undefined;

export const versionCommand = command({
  use: 'version',
  summary: 'Print the version',
  example: `
  # The version and how it was built
  kubectl argo rollouts version

  # The version alone
  kubectl argo rollouts version --short`,
  flags: { short: boolFlag(false, 'only the version') },
  async run({ flags, io }) {
    const build = typeof SERIN_BUILD === 'undefined' ? {} : SERIN_BUILD;
    io.stdout(`kubectl-argo-rollouts: ${versionText(build)}\n`);
    if (flags.short) return;
    const lines = [
      ['BuildDate', build.date ?? '1970-01-01T00:00:00Z'],
      ['GitCommit', build.commit ?? ''],
      ['GitTreeState', build.commit === undefined ? '' : build.isDirty === true ? 'dirty' : 'clean'],
      // The key is read by scripts; what runs this is not Go.
      ['GoVersion', `node${process.versions.node}`],
      ['Compiler', `v8-${process.versions.v8}`],
      ['Platform', `${process.platform}/${goArchitecture()}`],
    ];
    for (const [key, value] of lines) io.stdout(`  ${key}: ${value}\n`);
  },
});

/** The tag of a clean tree that has one, else the version with the commit behind it. */
export function versionText({ commit, isDirty = false, tag = '' }: NonNullable<typeof SERIN_BUILD>): string {
  if (commit === undefined) return `v${version}+unknown`;
  if (tag !== '' && !isDirty) return tag;
  return `v${version}+${commit.slice(0, 7)}${isDirty ? '.dirty' : ''}`;
}

function goArchitecture(): string {
  const { arch } = process;
  return arch === 'x64' ? 'amd64' : arch === 'ia32' ? '386' : arch;
}
