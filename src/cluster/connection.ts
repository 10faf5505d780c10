/** Finds the API server and proves who we are: the only file that knows client-node, of which it uses the class `KubeConfig` alone. */
import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '#runtime/clock.ts';
import { type Credentials, type HttpTransportOptions, httpTransport } from './http-transport.ts';
import type { Transport } from './transport.ts';

export interface ConnectOptions {
  readonly clock: Clock;
  /** Path of a kubeconfig. Default: `KUBECONFIG`, then `~/.kube/config`, then the service account of the pod. */
  readonly kubeconfig?: string;
  /** The text of a kubeconfig, in place of a path. Asked for again when its credentials are refused. */
  readonly kubeconfigText?: () => Promise<string>;
  /** Address of the API server, in place of the one that the context names. Without a scheme it is what the cluster's entry speaks. */
  readonly server?: string;
  /** Sent with every request, beside the credentials. */
  readonly headers?: Credentials['headers'];
  readonly transport?: Pick<HttpTransportOptions, 'userAgent' | 'timeout' | 'connections' | 'maxBytes'>;
}

export interface Connection {
  readonly server: string;
  /** Namespace of the context or of the pod. */
  readonly namespace: string | undefined;
  /** Another set of connections with the same credentials: leases have their own, so that no slow list can cost them. */
  open(options?: ConnectOptions['transport']): Transport;
}

/** Exec plugins, OIDC and token files are asked this often, and after a 401. */
const refreshEvery = 60_000;

/** Throws a plain `Error` that says what is wrong with the kubeconfig. Credentials are resolved by the first request. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const config = await load(options);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new Error(`Cannot connect: the kubeconfig has no cluster for the context "${config.getCurrentContext()}"`);
  const credentials = freshCredentials(options, config);
  return {
    server: cluster.server,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    open: (more) =>
      httpTransport({
        ...options.transport,
        ...more,
        server: cluster.server,
        proxyUrl: cluster.proxyUrl,
        clock: options.clock,
        credentials,
      }),
  };
}

/** Loaded late, because it brings the models of all kinds with it: 0.3 s and 87 MB. */
async function load({ kubeconfig, kubeconfigText, server }: ConnectOptions): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const text = await kubeconfigText?.();
  const failure = await failureOf(() => {
    if (text !== undefined) config.loadFromString(text);
    else if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
  });
  if (failure !== undefined) {
    const place = text === undefined ? (kubeconfig ?? 'the default kubeconfig') : 'the given kubeconfig';
    // The text of a parser's error quotes the file, which holds credentials.
    const code = 'code' in failure && typeof failure.code === 'string' ? ` (${failure.code})` : '';
    throw new Error(`Cannot read ${place}: it is missing or not a kubeconfig${code}`);
  }
  const current = config.getCurrentCluster()?.name;
  config.clusters = config.clusters
    .map((cluster) =>
      server !== undefined && cluster.name === current ? { ...cluster, server: addressFor(cluster, server) } : cluster,
    )
    // client-node refuses plain HTTP unless told not to verify, although there is nothing to verify.
    .map((cluster) => (cluster.server.startsWith('http://') ? { ...cluster, skipTLSVerify: true } : cluster));
  return config;
}

/** As client-go: TLS when the cluster has anything to say about it. */
function addressFor(cluster: Cluster, server: string): string {
  const speaksTls = cluster.caData !== undefined || cluster.caFile !== undefined || cluster.skipTLSVerify;
  const address = server.includes('://') ? server : `${speaksTls ? 'https' : 'http'}://${server}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Error(`Cannot connect to the API server "${server}": it must be an http or https URL`);
  return address;
}

/** Resolves credentials once for all who ask at the same time; on 401 from a newly read kubeconfig, past every cache of client-node. */
function freshCredentials(options: ConnectOptions, first: KubeConfig): HttpTransportOptions['credentials'] {
  const { clock } = options;
  let config = first;
  let current: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;
  let reloadedAt = Number.NEGATIVE_INFINITY;

  const refresh = async (reload: boolean): Promise<Credentials> => {
    if (reload) config = await load(options);
    const credentials = await resolve(config);
    return { ...credentials, headers: { ...credentials.headers, ...options.headers } };
  };

  return (rejected) => {
    const now = clock.monotonic();
    // Many requests are rejected together; one new reading serves them all.
    const reload = rejected && now - reloadedAt > 1_000;
    if (current === undefined || reload || now - current.at > refreshEvery) {
      if (reload) reloadedAt = now;
      const credentials = refresh(reload);
      current = { at: now, credentials };
      credentials.catch(() => {
        if (current?.credentials === credentials) current = undefined;
      });
    }
    return current.credentials;
  };
}

async function resolve(config: KubeConfig): Promise<Credentials> {
  const request: RequestOptions = {};
  const failure = await failureOf(() => config.applyToHTTPSOptions(request));
  if (failure !== undefined) throw new Error(`Cannot get credentials: ${failure.message.trim().slice(0, 300)}`);
  const { auth, ca, cert, key, servername, rejectUnauthorized } = request;
  const basic = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    String(value).trim(),
  ]);
  return {
    headers: { ...basic, ...Object.fromEntries(headers) },
    tls: { ca: textOf(ca), cert: textOf(cert), key: textOf(key), servername, rejectUnauthorized },
  };
}

function textOf(pem: unknown): string | undefined {
  if (typeof pem === 'string') return pem;
  return Buffer.isBuffer(pem) ? pem.toString('utf8') : undefined;
}

/** Keeps errors of client-node here: only chosen parts of them go on, never as a cause. */
async function failureOf(run: () => Promise<void> | void): Promise<Error | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
