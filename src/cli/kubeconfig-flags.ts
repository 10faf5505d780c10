/** kubectl's flags for the connection: which part of a kubeconfig is meant, and what holds in place of what it says. */
import path from 'node:path';
import type { KubeconfigOverrides } from '#cluster/kubeconfig.ts';

/** Absent and empty say nothing. */
export interface KubeconfigFlags {
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly server?: string;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'certificate-authority'?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-key'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-group'?: readonly string[];
}

/** Whom to trust is said as a whole: a file of certificates ends the trust in everybody that a kubeconfig may ask for. */
const noTrust = {
  'certificate-authority': undefined,
  'certificate-authority-data': undefined,
  'insecure-skip-tls-verify': undefined,
};
/** Who brings credentials need not log in. */
const noLogin = { exec: undefined, 'auth-provider': undefined };
const noToken = { token: undefined, tokenFile: undefined };

/** What the flags say over what the files hold. */
export function kubeconfigOverrides(flags: KubeconfigFlags): KubeconfigOverrides {
  const { context = '', cluster = '', user = '', server, token, username, password, as } = flags;
  const authority = absolute(flags['certificate-authority']);
  const [certificate, key] = [absolute(flags['client-certificate']), absolute(flags['client-key'])];
  const groups = flags['as-group'] ?? [];
  return {
    context,
    cluster,
    user,
    clusterFields: {
      // The old name is not the new server's.
      ...(server ? { server, 'tls-server-name': undefined } : {}),
      ...(authority ? { ...noTrust, 'certificate-authority': authority } : {}),
      ...(flags['tls-server-name'] ? { 'tls-server-name': flags['tls-server-name'] } : {}),
      ...(flags['insecure-skip-tls-verify'] ? { ...noTrust, 'insecure-skip-tls-verify': true } : {}),
      ...(flags['proxy-url'] ? { 'proxy-url': flags['proxy-url'] } : {}),
    },
    userFields: {
      ...(token || username || certificate ? noLogin : {}),
      ...(username ? { ...noToken, username } : {}),
      ...(password ? { password } : {}),
      ...(token ? { ...noToken, token } : {}),
      ...(certificate ? { 'client-certificate': certificate, 'client-certificate-data': undefined } : {}),
      ...(key ? { 'client-key': key, 'client-key-data': undefined } : {}),
      ...(as ? { as } : {}),
      ...(flags['as-uid'] ? { 'as-uid': flags['as-uid'] } : {}),
      ...(groups.length > 0 ? { 'as-groups': groups } : {}),
    },
  };
}

const absolute = (file = ''): string => (file === '' ? '' : path.resolve(file));
