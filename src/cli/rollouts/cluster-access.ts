/** Opens the cluster that the connection flags mean. */
import { connect } from '#cluster/connection.ts';
import { systemClock } from '#runtime/clock.ts';
import type { GlobalFlags } from './global-flags.ts';
import { kubeApi } from './kube-api.ts';
import type { OpenCluster } from './plugin-world.ts';

/** Throws a plain error that says what is wrong with the kubeconfig or the flags. */
export async function connectCluster(flags: GlobalFlags, signal: AbortSignal): Promise<OpenCluster> {
  const { kubeconfig, context, server, namespace } = flags;
  const connection = await connect({
    clock: systemClock,
    ...(kubeconfig === '' ? {} : { kubeconfig }),
    ...(context === '' ? {} : { context }),
    ...(server === '' ? {} : { server }),
  });
  const transport = connection.open();
  return {
    namespace: namespace || connection.namespace || 'default',
    api: kubeApi(transport, signal),
    close: () => transport.close(),
  };
}
