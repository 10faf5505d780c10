/** Opens the cluster that the connection flags mean; at once where the kubeconfig holds all that is needed. */
import { homedir } from 'node:os';
import path from 'node:path';
import {
  type ChosenContext,
  chooseContext,
  credentialsOf,
  impersonationOf,
  type KubeconfigOverrides,
  needsLogin,
  readKubeconfig,
  textIn,
} from '#cluster/kubeconfig.ts';
import { proxyFromEnvironment } from '#cluster/proxy-from-environment.ts';
import type { Transport } from '#cluster/transport.ts';
import { systemClock } from '#runtime/clock.ts';
import type { GlobalFlags } from './global-flags.ts';
import { parseGoDuration } from './go-duration.ts';
import { kubeApi } from './kube-api.ts';
import { lightTransport } from './light-transport.ts';
import type { OpenCluster } from './plugin-world.ts';

/** Zero means no limit for kubectl; nobody waits longer than this for one answer. */
const longestRequest = 600_000;

/** Throws a plain error that says what is wrong with the kubeconfig or the flags. */
export async function connectCluster(
  flags: GlobalFlags,
  signal: AbortSignal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenCluster> {
  const { transport, namespace } = await openTransport(flags, env);
  return {
    namespace: flags.namespace || namespace || 'default',
    api: kubeApi(transport, signal),
    close: () => transport.close(),
  };
}

interface Opened {
  readonly transport: Transport;
  readonly namespace: string | undefined;
}

async function openTransport(flags: GlobalFlags, env: Readonly<Record<string, string | undefined>>): Promise<Opened> {
  const options = { timeout: requestTimeout(flags['request-timeout']), userAgent: 'kubectl-argo-rollouts' };
  const config = await readKubeconfig(filesOf(flags, env)).catch((error: unknown) => {
    // Without a file there may be the service account of a pod, unless a file was asked for.
    if (flags.kubeconfig !== '' || env['KUBECONFIG']) throw error;
    return undefined;
  });
  const chosen = config === undefined ? undefined : chooseContext(config, overridesOf(flags));
  if (chosen === undefined || needsLogin(chosen)) return openWithLogin(chosen, flags, options);
  const server = addressOf(chosen);
  const credentials = () => credentialsOf(chosen);
  const proxyUrl = textIn(chosen.cluster, 'proxy-url') || proxyFromEnvironment(server, env);
  if (proxyUrl === undefined)
    return { transport: lightTransport({ ...options, server, credentials }), namespace: chosen.namespace };
  const { httpTransport } = await import('#cluster/http-transport.ts');
  const transport = httpTransport({ ...options, server, proxyUrl, clock: systemClock, credentials });
  return { transport, namespace: chosen.namespace };
}

/** Exec plugins, OIDC and service accounts: everything that client-node can do. */
async function openWithLogin(
  chosen: ChosenContext | undefined,
  flags: GlobalFlags,
  options: { readonly timeout: number; readonly userAgent: string },
): Promise<Opened> {
  const [{ connect }, { textOfContext }] = await Promise.all([
    import('#cluster/connection.ts'),
    import('#cluster/kubeconfig.ts'),
  ]);
  const connection = await connect({
    clock: systemClock,
    ...(chosen === undefined ? {} : { kubeconfigText: textOfContext(chosen) }),
    ...(chosen === undefined && flags.server !== '' ? { server: flags.server } : {}),
    headers: impersonationOf({ ...chosen?.user, ...overridesOf(flags).userFields }),
    transport: options,
  });
  return { transport: connection.open(), namespace: connection.namespace };
}

function filesOf({ kubeconfig }: GlobalFlags, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (kubeconfig !== '') return [kubeconfig];
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [path.join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

function overridesOf(flags: GlobalFlags): KubeconfigOverrides {
  const { context, cluster, user, server, token } = flags;
  const file = (name: string): string => (name === '' ? '' : path.resolve(name));
  const authority = file(flags['certificate-authority']);
  const [certificate, key] = [file(flags['client-certificate']), file(flags['client-key'])];
  return {
    context,
    cluster,
    user,
    clusterFields: {
      ...(server === '' ? {} : { server }),
      ...(authority === '' ? {} : { 'certificate-authority': authority, 'certificate-authority-data': undefined }),
      ...(flags['tls-server-name'] === '' ? {} : { 'tls-server-name': flags['tls-server-name'] }),
      ...(flags['insecure-skip-tls-verify'] ? { 'insecure-skip-tls-verify': true } : {}),
    },
    userFields: {
      ...(token === '' ? {} : { token, tokenFile: undefined }),
      ...(certificate === '' ? {} : { 'client-certificate': certificate, 'client-certificate-data': undefined }),
      ...(key === '' ? {} : { 'client-key': key, 'client-key-data': undefined }),
      ...(flags.as === '' ? {} : { as: flags.as }),
      ...(flags['as-uid'] === '' ? {} : { 'as-uid': flags['as-uid'] }),
      ...(flags['as-group'].length === 0 ? {} : { 'as-groups': flags['as-group'] }),
    },
  };
}

/** Without a scheme it is TLS when the cluster has anything to say about it, as for kubectl. */
function addressOf({ cluster }: ChosenContext): string {
  const server = textIn(cluster, 'server');
  if (server === '') throw new Error('invalid configuration: no server found for the cluster of the context');
  const tlsFields = ['certificate-authority', 'certificate-authority-data', 'insecure-skip-tls-verify'];
  const speaksTls = tlsFields.some((name) => cluster[name] !== undefined && cluster[name] !== false);
  const address = server.includes('://') ? server : `${speaksTls ? 'https' : 'http'}://${server}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Error(`Cannot connect to the API server "${server}": it must be an http or https URL`);
  return address;
}

/** Milliseconds of `30s`, or of a bare number of seconds. */
function requestTimeout(text: string): number {
  const wanted = /^\d+$/.test(text) ? Number(text) * 1_000 : parseGoDuration(text);
  return wanted === 0 ? longestRequest : wanted;
}
