/** Which API server is meant, the way to it, and who we are there: from flags, kubeconfigs, or the service account of the pod. */
import type { Clock } from '#runtime/clock.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import { heldCredentials, needsLogin, withoutCredentials } from './credentials.ts';
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
  const meant = await read(options);
  const { server, chosen } = meant;
  return {
    server,
    namespace: chosen.namespace,
    proxyUrl: proxyOf(chosen, server, options.env ?? process.env),
    needsLogin: needsLogin(chosen),
    credentials: freshCredentials(options, meant),
  };
}

interface Choice extends ChosenContext {
  /** It is the pod's own service account. */
  readonly isOfPod?: boolean;
}

interface Meant {
  readonly server: string;
  readonly chosen: Choice;
}

/** As client-go: credentials are shown over TLS alone; as whom requests are made is no secret. */
async function read(options: AccessOptions): Promise<Meant> {
  const chosen = await choose(options);
  const server = serverOf(chosen);
  const isSafe = new URL(server).protocol === 'https:';
  return { server, chosen: isSafe ? chosen : { ...chosen, user: withoutCredentials(chosen.user) } };
}

/** As client-go: the pod's own where nothing else says which cluster. A kubeconfig that was given is never replaced by it. */
async function choose({ kubeconfig, kubeconfigText, ...options }: AccessOptions): Promise<Choice> {
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
  if (own !== undefined) return { ...chooseContext(own, overrides), isOfPod: true };
  throw new Error(
    `Cannot connect: ${files.join(', ') || 'KUBECONFIG'} names no cluster, and there is no service account of a pod: name a kubeconfig by --kubeconfig or KUBECONFIG`,
  );
}

function chooseNamed(config: Kubeconfig, overrides: KubeconfigOverrides, place: string): ChosenContext {
  if (!namesCluster(config, overrides))
    throw new Error(`Cannot connect: ${place} does not say which cluster: set current-context in it`);
  return chooseContext(config, overrides);
}

/** What tells that an address without a scheme is spoken to in TLS. */
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
  const attempt = `Cannot connect to the API server "${withoutUserinfo(server)}"`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol))
    throw new Error(`${attempt}: it must be an http or https URL`);
  const { username, password } = new URL(address);
  if (username !== '' || password !== '')
    throw new Error(`${attempt}: name and password must not be in its URL, but in the user of the kubeconfig`);
  return address;
}

function proxyOf({ cluster }: ChosenContext, server: string, env: Environment): string | undefined {
  const given = textIn(cluster, 'proxy-url');
  const proxy = given === '' ? proxyFromEnvironment(server, env) : { source: 'proxy-url', url: given };
  if (proxy === undefined) return undefined;
  const { source, url } = proxy;
  if (!URL.canParse(url) || !/^(https?|socks5h?):$/.test(new URL(url).protocol))
    throw new Error(
      `Cannot connect through the proxy "${withoutUserinfo(url)}": ${source} must be an http, https or socks5 URL`,
    );
  // By either name it is the proxy that looks for the host.
  return url.replace(/^socks5h:/i, 'socks5:');
}

/** Resolves credentials once for all who ask at the same time; on 401 from a kubeconfig that is read anew, and by a new login. */
function freshCredentials(options: AccessOptions, first: Meant): HttpTransportOptions['credentials'] {
  const { clock } = options;
  let resolve = resolver(first.chosen);
  let current: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;
  let reloadedAt = Number.NEGATIVE_INFINITY;

  const refresh = async (reload: boolean): Promise<Credentials> => {
    if (reload) resolve = resolver(await readAgain(options, first));
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

/** New credentials are for the server that is in use alone, and those of the pod are none for a kubeconfig. */
async function readAgain(options: AccessOptions, first: Meant): Promise<ChosenContext> {
  const { server, chosen } = await read(options);
  if (server !== first.server || chosen.isOfPod !== first.chosen.isOfPod)
    throw new Error(
      `Cannot get new credentials: the kubeconfig names ${chosen.isOfPod === true ? 'no' : 'another'} API server now: restart Serin`,
    );
  return chosen;
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
