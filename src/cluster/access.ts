/** Which API server is meant, the way to it, and who we are there: from flags, kubeconfigs, or the service account of the pod. */
import type { Clock } from '#runtime/clock.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import { heldCredentials, needsLogin } from './credentials.ts';
import type { Credentials, HttpTransportOptions } from './http-transport.ts';
import {
  type ChosenContext,
  chooseContext,
  defaultKubeconfigs,
  type Kubeconfig,
  type KubeconfigOverrides,
  mergeKubeconfigs,
  namesCluster,
  parseKubeconfig,
  readKubeconfig,
  textIn,
} from './kubeconfig.ts';
import { openLogin } from './login.ts';
import { proxyFromEnvironment } from './proxy-from-environment.ts';
import { serviceAccount, serviceAccountFolder } from './service-account.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface AccessOptions {
  readonly clock: Clock;
  /** Path of a kubeconfig. Without one: those of `KUBECONFIG`, or `~/.kube/config`, or else the service account of the pod. */
  readonly kubeconfig?: string | undefined;
  /** The text of a kubeconfig, in place of a path. Asked for again when its credentials are refused. */
  readonly kubeconfigText?: (() => Promise<string>) | undefined;
  /** What holds in place of what these say. */
  readonly overrides?: KubeconfigOverrides | undefined;
  /** Names kubeconfigs, proxies, and a pod's API server. Default: that of the process. */
  readonly env?: Environment | undefined;
  /** Folder with the service account of the pod. Default: where Kubernetes puts it. */
  readonly serviceAccount?: string | undefined;
}

export interface Access {
  readonly server: string;
  /** Namespace of the context or of the pod. */
  readonly namespace: string | undefined;
  readonly proxyUrl: string | undefined;
  /** Whether credentials come from a program or a login, and may change with each request. */
  readonly needsLogin: boolean;
  readonly credentials: HttpTransportOptions['credentials'];
}

/** Exec plugins, OIDC and token files are asked this often, and after a 401. */
const refreshEvery = 60_000;

/** Throws a plain `Error` that says what is wrong with the kubeconfig. Credentials are resolved by the first request. */
export async function findAccess(options: AccessOptions): Promise<Access> {
  const chosen = await choose(options);
  const server = serverOf(chosen);
  return {
    server,
    namespace: chosen.namespace,
    proxyUrl: proxyOf(chosen, server, options.env ?? process.env),
    needsLogin: needsLogin(chosen),
    credentials: freshCredentials(options, chosen),
  };
}

/** As client-go: the pod's own where nothing else says which cluster. A kubeconfig that was given is never replaced by it. */
async function choose({ kubeconfig, kubeconfigText, ...options }: AccessOptions): Promise<ChosenContext> {
  const { overrides = {}, env = process.env } = options;
  if (kubeconfigText !== undefined) {
    const place = 'the given kubeconfig';
    return chooseNamed(parseKubeconfig(await kubeconfigText(), place), overrides, place);
  }
  if (kubeconfig) return chooseNamed(await readKubeconfig(kubeconfig), overrides, kubeconfig);
  const files = defaultKubeconfigs(env);
  const config = await mergeKubeconfigs(files);
  if (namesCluster(config, overrides)) return chooseContext(config, overrides);
  const own = await serviceAccount(env, options.serviceAccount ?? serviceAccountFolder);
  if (own !== undefined) return chooseContext(own, overrides);
  throw new Error(
    `Cannot connect: ${files.join(', ')} names no cluster, and there is no service account of a pod: name a kubeconfig by --kubeconfig or KUBECONFIG`,
  );
}

function chooseNamed(config: Kubeconfig, overrides: KubeconfigOverrides, place: string): ChosenContext {
  if (!namesCluster(config, overrides))
    throw new Error(`Cannot connect: ${place} does not say which cluster: set current-context in it`);
  return chooseContext(config, overrides);
}

/** What an address without a scheme tells to be TLS, as for client-go. */
const tlsFields = {
  cluster: ['certificate-authority', 'certificate-authority-data', 'insecure-skip-tls-verify'],
  user: ['client-certificate', 'client-certificate-data'],
} as const;

function serverOf({ cluster, user }: ChosenContext): string {
  const server = textIn(cluster, 'server');
  if (server === '')
    throw new Error('Cannot connect: the cluster of the context has no server: set "server" of it in the kubeconfig');
  const speaksTls = tlsFields.cluster.some((name) => cluster[name]) || tlsFields.user.some((name) => user[name]);
  const address = server.includes('://') ? server : `${speaksTls ? 'https' : 'http'}://${server}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Error(`Cannot connect to the API server "${withoutUserinfo(server)}": it must be an http or https URL`);
  return address;
}

function proxyOf({ cluster }: ChosenContext, server: string, env: Environment): string | undefined {
  const proxy = textIn(cluster, 'proxy-url');
  if (proxy === '') return proxyFromEnvironment(server, env);
  if (!URL.canParse(proxy) || !/^(https?|socks5):$/.test(new URL(proxy).protocol))
    throw new Error(
      `Cannot connect through the proxy "${withoutUserinfo(proxy)}": proxy-url must be an http, https or socks5 URL`,
    );
  return proxy;
}

/** Resolves credentials once for all who ask at the same time; on 401 from a kubeconfig that is read anew, and by a new login. */
function freshCredentials(options: AccessOptions, first: ChosenContext): HttpTransportOptions['credentials'] {
  const { clock } = options;
  let resolve = resolver(first);
  let current: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;
  let reloadedAt = Number.NEGATIVE_INFINITY;

  const refresh = async (reload: boolean): Promise<Credentials> => {
    if (reload) resolve = resolver(await choose(options));
    return resolve();
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

/** Logs in when it is asked first. */
function resolver(chosen: ChosenContext): () => Promise<Credentials> {
  if (!needsLogin(chosen)) return () => heldCredentials(chosen);
  let login: ReturnType<typeof openLogin> | undefined;
  return async () => {
    login ??= openLogin(chosen.user);
    const [held, given] = await Promise.all([heldCredentials(chosen), login.then((ask) => ask())]);
    return { headers: { ...held.headers, ...given.headers }, tls: { ...held.tls, ...given.tls } };
  };
}
