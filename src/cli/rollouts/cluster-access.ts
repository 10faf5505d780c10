/** Opens the cluster that the connection flags mean; at once where no proxy is in between and nobody has to log in. */
import { type Access, findAccess } from '#cluster/access.ts';
import type { Transport } from '#cluster/transport.ts';
import { systemClock } from '#runtime/clock.ts';
import { kubeconfigOverrides } from '../kubeconfig-flags.ts';
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
  const { kubeconfig } = flags;
  const access = await findAccess({ clock: systemClock, kubeconfig, overrides: kubeconfigOverrides(flags), env });
  const transport = await openTransport(access, requestTimeout(flags['request-timeout']));
  return {
    namespace: flags.namespace || access.namespace || 'default',
    api: kubeApi(transport, signal),
    close: () => transport.close(),
  };
}

async function openTransport(access: Access, timeout: number): Promise<Transport> {
  const { server, proxyUrl, credentials } = access;
  const options = { server, timeout, userAgent: 'kubectl-argo-rollouts' };
  if (proxyUrl === undefined && !access.needsLogin)
    return lightTransport({ ...options, credentials: () => credentials(false) });
  const { httpTransport } = await import('#cluster/http-transport.ts');
  return httpTransport({ ...options, clock: systemClock, proxyUrl, credentials });
}

/** Milliseconds of `30s`, or of a bare number of seconds. */
function requestTimeout(text: string): number {
  const wanted = /^\d+$/.test(text) ? Number(text) * 1_000 : parseGoDuration(text);
  return wanted === 0 ? longestRequest : wanted;
}
