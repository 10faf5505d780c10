/** Opens the cluster that the connection flags mean; at once where the kubeconfig holds all that is needed. */
import {
  type ChosenContext,
  chooseContext,
  credentialsOf,
  impersonationOf,
  needsLogin,
  readKubeconfig,
  textIn,
} from '#cluster/kubeconfig.ts';
import { proxyFromEnvironment } from '#cluster/proxy-from-environment.ts';
import type { Transport } from '#cluster/transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { kubeconfigFiles, kubeconfigOverrides } from '../kubeconfig-flags.ts';
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
  const config = await readKubeconfig(kubeconfigFiles(flags, env)).catch((error: unknown) => {
    // Without a file there may be the service account of a pod, unless a file was asked for.
    if (flags.kubeconfig !== '' || env['KUBECONFIG']) throw error;
    return undefined;
  });
  const chosen = config === undefined ? undefined : chooseContext(config, kubeconfigOverrides(flags));
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
    ...(chosen === undefined ? {} : { kubeconfigText: () => Promise.resolve(textOfContext(chosen)) }),
    ...(chosen === undefined && flags.server !== '' ? { server: flags.server } : {}),
    headers: impersonationOf({ ...chosen?.user, ...kubeconfigOverrides(flags).userFields }),
    transport: options,
  });
  return { transport: connection.open(), namespace: connection.namespace };
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
