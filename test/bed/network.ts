/** One network namespace for a whole test bed: any process inside may bind any Pod or Service address, and nothing leaves the machine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { programFile } from './programs.ts';

/** The ranges that are local to the namespace: Pods, then Services. */
const addressRanges = ['10.244.0.0/16', '10.96.0.0/16'];

/** Where the bed's DNS responder listens, as in every cluster of kubeadm. */
export const dnsAddress = '10.96.0.10';

const resolverFile = `nameserver ${dnsAddress}\nsearch svc.cluster.local cluster.local\noptions ndots:5\n`;

/** Set for whatever runs inside the namespace. */
const insideMark = 'SERIN_BED_NETWORK';

export function isInsideNetwork(): boolean {
  return process.env[insideMark] === 'inside';
}

/**
 * Ways to get namespaces, best first. A PID namespace takes all processes along when its first one ends; `/proc` of its own makes
 * their ids readable there. Containers allow not always all of it, and a user without root needs a user namespace.
 */
const unshareOptions: readonly (readonly string[])[] = [
  ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['--net', '--mount', '--pid', '--fork', '--kill-child'],
  ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'],
];

function workingOptions(): readonly string[] | undefined {
  return unshareOptions.find((options) => spawnSync('unshare', [...options, 'true'], { stdio: 'ignore' }).status === 0);
}

/** What this machine lacks for a network namespace, each with its remedy. */
export function missingNetworkTools(): string[] {
  if (process.platform !== 'linux')
    return ['Linux: the test bed lives in a network namespace; use a virtual machine or a CI runner'];
  if (isInsideNetwork() || workingOptions()) return [];
  return [
    'The right to make namespaces (`unshare`, of util-linux): run as root, or allow it to users ' +
      '(sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0), or give the container CAP_SYS_ADMIN',
  ];
}

/** A command line that runs another one inside a new namespace. */
export interface NetworkCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Removes the files that the namespace was made from. */
  readonly dispose: () => void;
}

/** Needs a built bed. The namespace ends with the command. */
export function insideNetwork(command: readonly string[]): NetworkCommand {
  const options = workingOptions();
  if (!options) throw new Error(`Cannot make a network namespace: ${missingNetworkTools().join('; ')}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'serin-bed-network-'));
  const resolver = path.join(folder, 'resolv.conf');
  writeFileSync(resolver, resolverFile);
  // The words after the script are its $0, $1, …: no quoting to get wrong.
  const script = `"$0" ${addressRanges.join(' ')} && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"`;
  return {
    command: 'unshare',
    args: [...options, 'sh', '-c', script, programFile('addresses'), resolver, ...command],
    // Whatever is left behind by a run that was killed goes with the folder.
    env: { ...process.env, [insideMark]: 'inside', ...(!process.env['SERIN_BED_KEEP'] && { TMPDIR: folder }) },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
