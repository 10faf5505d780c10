/** kubectl's flags for the connection: which part of which kubeconfig is meant, and what holds in place of what it says. */
import { homedir } from 'node:os';
import path from 'node:path';
import type { KubeconfigOverrides } from '#cluster/kubeconfig.ts';

/** An empty text says nothing. */
export interface KubeconfigFlags {
  readonly kubeconfig: string;
  readonly context: string;
  readonly cluster: string;
  readonly user: string;
  readonly server: string;
  readonly token: string;
  readonly 'certificate-authority': string;
  readonly 'client-certificate': string;
  readonly 'client-key': string;
  readonly 'insecure-skip-tls-verify': boolean;
  readonly 'tls-server-name': string;
  readonly as: string;
  readonly 'as-uid': string;
  readonly 'as-group': readonly string[];
}

/** Those that are read: the given one, those of the environment, or the one at home. */
export function kubeconfigFiles(
  { kubeconfig }: Pick<KubeconfigFlags, 'kubeconfig'>,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (kubeconfig !== '') return [kubeconfig];
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [path.join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

/** Whom to trust is said as a whole: a file of certificates ends the trust in everybody that a kubeconfig may ask for. */
const noTrust = {
  'certificate-authority': undefined,
  'certificate-authority-data': undefined,
  'insecure-skip-tls-verify': undefined,
};
/** Who brings credentials need not log in. */
const noLogin = { exec: undefined, 'auth-provider': undefined };

/** What the flags say over what the files hold. */
export function kubeconfigOverrides(flags: KubeconfigFlags): KubeconfigOverrides {
  const { context, cluster, user, server, token } = flags;
  const file = (name: string): string => (name === '' ? '' : path.resolve(name));
  const authority = file(flags['certificate-authority']);
  const [certificate, key] = [file(flags['client-certificate']), file(flags['client-key'])];
  return {
    context,
    cluster,
    user,
    clusterFields: {
      // The old name is not the new server's.
      ...(server === '' ? {} : { server, 'tls-server-name': undefined }),
      ...(authority === '' ? {} : { ...noTrust, 'certificate-authority': authority }),
      ...(flags['tls-server-name'] === '' ? {} : { 'tls-server-name': flags['tls-server-name'] }),
      ...(flags['insecure-skip-tls-verify'] ? { ...noTrust, 'insecure-skip-tls-verify': true } : {}),
    },
    userFields: {
      ...(token === '' && certificate === '' ? {} : noLogin),
      ...(token === '' ? {} : { token, tokenFile: undefined }),
      ...(certificate === '' ? {} : { 'client-certificate': certificate, 'client-certificate-data': undefined }),
      ...(key === '' ? {} : { 'client-key': key, 'client-key-data': undefined }),
      ...(flags.as === '' ? {} : { as: flags.as }),
      ...(flags['as-uid'] === '' ? {} : { 'as-uid': flags['as-uid'] }),
      ...(flags['as-group'].length === 0 ? {} : { 'as-groups': flags['as-group'] }),
    },
  };
}
