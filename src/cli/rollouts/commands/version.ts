/** `version`: which build this is, in the lines that scripts read. */
import { version } from '../../version.ts';
import { boolFlag } from '../flags.ts';
import { command } from '../command.ts';

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
    io.stdout(`kubectl-argo-rollouts: v${version}+unknown\n`);
    if (flags.short) return;
    const lines = [
      ['BuildDate', '1970-01-01T00:00:00Z'],
      ['GitCommit', ''],
      ['GitTreeState', ''],
      // The key is read by scripts; what runs this is not Go.
      ['GoVersion', `node${process.versions.node}`],
      ['Compiler', `v8-${process.versions.v8}`],
      ['Platform', `${process.platform}/${goArchitecture()}`],
    ];
    for (const [key, value] of lines) io.stdout(`  ${key}: ${value}\n`);
  },
});

function goArchitecture(): string {
  const { arch } = process;
  return arch === 'x64' ? 'amd64' : arch === 'ia32' ? '386' : arch;
}
