/** The flags of every command of the plugin: kubectl's for the connection, and how much to log. */
import { boolFlag, type FlagValues, intFlag, listFlag, stringFlag } from './flags.ts';

const levels = new Set(['panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace']);

export const globalFlags = {
  as: stringFlag('', 'User to act as; may be a service account'),
  'as-group': listFlag('Group to act as; can be repeated'),
  'as-uid': stringFlag('', 'UID to act as'),
  'cache-dir': stringFlag('$HOME/.kube/cache', 'Accepted and not used: nothing is cached'),
  'certificate-authority': stringFlag('', 'File with the certificates that the API server is checked against'),
  'client-certificate': stringFlag('', 'File with a client certificate for TLS'),
  'client-key': stringFlag('', 'File with the key of the client certificate'),
  cluster: stringFlag('', 'Cluster of the kubeconfig to use'),
  context: stringFlag('', 'Context of the kubeconfig to use'),
  'disable-compression': boolFlag(false, 'Accepted and not used: answers are never compressed'),
  'insecure-skip-tls-verify': boolFlag(
    false,
    'Do not check the certificate of the API server. Anybody may then read and change what is sent',
  ),
  kloglevel: intFlag(0, 'Accepted and not used: how much the Kubernetes client logs', { short: 'v' }),
  kubeconfig: stringFlag('', 'Kubeconfig file to use'),
  loglevel: stringFlag('info', 'How much the plugin logs'),
  namespace: stringFlag('', 'Namespace to work in', { short: 'n' }),
  'request-timeout': stringFlag('0', 'How long one request may take, such as 1s, 2m or 3h. Zero means no limit'),
  server: stringFlag('', 'Address of the API server', { short: 's' }),
  'tls-server-name': stringFlag(
    '',
    "Name that the API server's certificate must be valid for. Default: the host of its address",
  ),
  token: stringFlag('', 'Bearer token for the API server'),
  user: stringFlag('', 'User of the kubeconfig to use'),
} as const;

export type GlobalFlags = FlagValues<typeof globalFlags>;

/** What is wrong with the values, before any command runs. */
export function globalProblem({ loglevel }: GlobalFlags): string | undefined {
  return levels.has(loglevel.toLowerCase()) ? undefined : `not a valid logrus Level: ${JSON.stringify(loglevel)}`;
}
