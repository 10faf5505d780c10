/** Connections to the API server that flags, kubeconfigs or the pod's service account mean. */
import { type Access, type AccessOptions, findAccess } from './access.ts';
import { type HttpTransportOptions, httpTransport } from './http-transport.ts';
import type { Transport } from './transport.ts';

export interface ConnectOptions extends AccessOptions {
  readonly transport?: Pick<HttpTransportOptions, 'userAgent' | 'timeout' | 'connections' | 'maxBytes'>;
}

export interface Connection extends Pick<Access, 'server' | 'namespace'> {
  /** Another set of connections with the same credentials: leases have their own, so that no slow list can cost them. */
  open(options?: ConnectOptions['transport']): Transport;
}

/** Throws a plain `Error` that says what is wrong with the kubeconfig. Credentials are resolved by the first request. */
export async function connect({ transport, ...options }: ConnectOptions): Promise<Connection> {
  const { server, namespace, proxyUrl, credentials } = await findAccess(options);
  return {
    server,
    namespace,
    open: (more) => httpTransport({ ...transport, ...more, server, proxyUrl, clock: options.clock, credentials }),
  };
}
