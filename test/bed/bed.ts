/** The test bed: a real control plane, a node whose Pods are data or real processes, and what tests need to act and to look. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { namespaces, pathOf } from '#cluster/resource.ts';
import { parseAllDocuments } from 'yaml';
import { errorText } from '#runtime/error-text.ts';

import { applyObjects } from './apply.ts';
import { type BedApi, bedApi } from './bed-api.ts';
import { type Child, type Children, children } from './children.ts';
import { type ControlPlane, startControlPlane, type User } from './control-plane.ts';
import { startDns } from './dns.ts';
import { dnsAddress } from './network.ts';
import { type NodeAgent, startNodeAgent } from './node-agent.ts';
import { podinfo } from './podinfo.ts';
import type { ImageProgram } from './pod-process.ts';
import { manifestTexts, programFile } from './programs.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';
import { sampleApp } from './sample-app.ts';
import { startServiceProxy } from './service-proxy.ts';
import { type Gateway, startTraefik } from './traefik.ts';
import { waitFor } from './wait-for.ts';

export interface BedOptions {
  /** Also Prometheus, Traefik as the Gateway API's implementation, and real processes for podinfo and the sample app. Default false. */
  readonly traffic?: boolean;
  /** With `traffic`: also IngressRoutes and TraefikServices, by the same Traefik. Default false. */
  readonly ingressRoutes?: boolean;
  /** Images (without tag) whose containers are real processes. */
  readonly images?: Readonly<Record<string, ImageProgram>>;
  /** Milliseconds until Pods with the image tag `slow` are ready. */
  readonly slowness?: number;
}

export interface SerinOptions {
  /** Default `serin`. */
  readonly user?: User;
  readonly env?: Readonly<Record<string, string>>;
  /** Names the log. Default `serin`. */
  readonly name?: string;
}

/** What a command has written, and its exit code. */
export interface KubectlAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Bed extends ControlPlane {
  /** State and logs; removed by `stop` unless SERIN_BED_KEEP is set. */
  readonly folder: string;
  /** Raw requests as `admin`. */
  readonly api: BedApi;
  readonly node: NodeAgent;
  readonly children: Children;
  /** With `traffic` only. */
  readonly prometheus?: Prometheus;
  /** With `traffic` only. */
  readonly gateway?: Gateway;
  /** Server-side apply of YAML documents or objects; waits until custom resource definitions are served. */
  applyManifest(manifest: string | readonly KubeObject[]): Promise<KubeObject[]>;
  createNamespace(name: string): Promise<void>;
  get(resource: Resource, ref: Ref): Promise<KubeObject | undefined>;
  list(resource: Resource, namespace?: string): Promise<KubeObject[]>;
  /** A merge patch. */
  patch(resource: Resource, ref: Ref, body: unknown): Promise<void>;
  delete(resource: Resource, ref: Ref): Promise<void>;
  waitFor: typeof waitFor;
  /** Waits until the object exists and fulfils the condition. */
  waitForObject(
    resource: Resource,
    ref: Ref,
    holds: (object: KubeObject) => boolean,
    timeout?: number,
  ): Promise<KubeObject>;
  /** An address of the Pod range that nobody else binds: for servers inside the test. */
  freeAddress(): string;
  /** Makes `NAME.NAMESPACE:port` lead to an address, as a Service without selector. */
  expose(ref: Required<Ref>, target: { readonly ip: string; readonly port: number }): Promise<void>;
  kubectl(args: readonly string[], user?: User): Promise<KubectlAnswer>;
  /** Runs `serin ARGS` from the sources to its end, as the user of kubectl: `serin(['rollouts', 'promote', 'web'])`. */
  serin(args: readonly string[]): Promise<KubectlAnswer>;
  /** Starts `serin ARGS` from the sources, with a kubeconfig in the environment and, for `controller`, as flag. */
  startSerin(args: readonly string[], options?: SerinOptions): Child;
  stop(): Promise<void>;
}

/** What answers requests when there is traffic. */
const trafficImages = {
  'ghcr.io/stefanprodan/podinfo': podinfo,
  'stefanprodan/podinfo': podinfo,
  'serin.dev/sample-app': sampleApp,
};

const repository = path.join(import.meta.dirname, '..', '..');
const serinFile = path.join(repository, 'src', 'cli', 'serin.ts');

export async function startBed(options: BedOptions = {}): Promise<Bed> {
  const folder = mkdtempSync(path.join(tmpdir(), 'serin-bed-'));
  const logs = path.join(folder, 'logs');
  mkdirSync(logs);
  const started = children(logs);
  const endings: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of endings.toReversed()) await end();
    await started.stopAll();
    if (process.env['SERIN_BED_KEEP']) console.log(`Kept ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  };
  try {
    return await assemble(options, { folder, started, endings, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Lifetime {
  readonly folder: string;
  readonly started: Children;
  readonly endings: (() => unknown)[];
  readonly stop: () => Promise<void>;
}

async function assemble(options: BedOptions, { folder, started, endings, stop }: Lifetime): Promise<Bed> {
  const plane = await startControlPlane(started, folder);
  const clientOf = (user: User): BedApi => {
    const client = bedApi({ url: plane.url, caFile: plane.caFile, token: plane.tokenOf(user) });
    endings.push(() => client.close());
    return client;
  };
  const api = clientOf('admin');
  const agentApi = clientOf('node-agent');
  const proxy = startServiceProxy(agentApi);
  endings.push(() => proxy.stop());
  const dns = await startDns(dnsAddress, (namespace, name) => proxy.addressesOf(namespace, name));
  endings.push(() => dns.stop());
  const node = await startNodeAgent({
    api: agentApi,
    children: started,
    images: { ...(options.traffic && trafficImages), ...options.images },
    ...(options.slowness !== undefined && { slowness: options.slowness }),
  });
  endings.push(() => node.stop());
  await applyObjects(api, shippedDefinitions());
  const tools = toolsOf(api, plane, started);
  const traffic = options.traffic
    ? await startTraffic({ api, plane, node, started, folder, ingressRoutes: options.ingressRoutes === true })
    : {};
  return {
    ...plane,
    ...traffic,
    ...tools,
    folder,
    api,
    node,
    children: started,
    waitFor,
    stop,
  };
}

interface TrafficDeps {
  readonly api: BedApi;
  readonly plane: ControlPlane;
  readonly node: NodeAgent;
  readonly started: Children;
  readonly folder: string;
  readonly ingressRoutes: boolean;
}

async function startTraffic(deps: TrafficDeps): Promise<{ prometheus: Prometheus; gateway: Gateway }> {
  const { api, plane, node, started, folder, ingressRoutes } = deps;
  const kinds = [...manifestTexts('gateway-api'), ...(ingressRoutes ? manifestTexts('traefik-kinds') : [])];
  await applyObjects(api, kinds.flatMap(objectsIn));
  const gateway = startTraefik({ api, children: started, plane, ownKinds: ingressRoutes });
  const prometheus = startPrometheus({ children: started, folder, node, also: [(await gateway).metricsAddress] });
  return { prometheus: await prometheus, gateway: await gateway };
}

type Tools = Pick<
  Bed,
  | 'applyManifest'
  | 'createNamespace'
  | 'get'
  | 'list'
  | 'patch'
  | 'delete'
  | 'waitForObject'
  | 'freeAddress'
  | 'expose'
  | 'kubectl'
  | 'serin'
  | 'startSerin'
>;

function toolsOf(api: BedApi, plane: ControlPlane, started: Children): Tools {
  // The control plane, Prometheus and Traefik have the first ones.
  let lastAddress = 9;
  const applyManifest: Bed['applyManifest'] = (manifest) =>
    applyObjects(api, typeof manifest === 'string' ? objectsIn(manifest) : manifest);

  return {
    applyManifest,
    async createNamespace(name) {
      await applyManifest([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
      await waitFor(`namespace ${name}`, async () => (await api.get(namespaces, { name })) !== undefined);
    },
    get: (resource, ref) => api.get(resource, ref),
    list: (resource, namespace) => api.list(resource, namespace),
    async patch(resource, ref, body) {
      const { status, body: answer } = await api.call('PATCH', pathOf(resource, ref), { body });
      if (status >= 300) throw new Error(`Cannot patch ${pathOf(resource, ref)}: ${JSON.stringify(answer)}`);
    },
    async delete(resource, ref) {
      const { status, body: answer } = await api.call('DELETE', pathOf(resource, ref), {
        query: { propagationPolicy: 'Background' },
      });
      if (status >= 300) throw new Error(`Cannot delete ${pathOf(resource, ref)}: ${JSON.stringify(answer)}`);
    },
    waitForObject: (resource, ref, holds, timeout) => waitForObject(api, resource, ref, holds, timeout),
    freeAddress() {
      lastAddress += 1;
      return `10.244.0.${lastAddress}`;
    },
    expose: async (ref, target) => void (await applyManifest(exposing(ref, target))),
    kubectl: (args, user = 'kubectl') => runToEnd(programFile('kubectl'), args, plane.kubeconfigOf(user)),
    serin: (args) => runToEnd(process.execPath, [serinFile, ...args], plane.kubeconfigOf('kubectl')),
    startSerin(args, { user = 'serin', env = {}, name = 'serin' } = {}) {
      const kubeconfig = plane.kubeconfigOf(user);
      const flag =
        args[0] === 'controller' && !args.some((arg) => /^--?kubeconfig\b/.test(arg))
          ? [`-kubeconfig=${kubeconfig}`]
          : [];
      return started.start(name, process.execPath, [serinFile, ...args, ...flag], {
        env: { KUBECONFIG: kubeconfig, ...env },
        cwd: repository,
      });
    },
  };
}

async function waitForObject(
  api: BedApi,
  resource: Resource,
  ref: Ref,
  holds: (object: KubeObject) => boolean,
  timeout?: number,
): Promise<KubeObject> {
  let last: KubeObject | undefined;
  const look = async (): Promise<KubeObject | undefined> => {
    last = await api.get(resource, ref);
    return last && holds(last) ? last : undefined;
  };
  try {
    return await waitFor(`${resource.kind} ${ref.namespace ?? ''}/${ref.name}`, look, timeout);
  } catch (error) {
    const status = JSON.stringify(last?.['status'] ?? null);
    throw new Error(`${errorText(error)}; its status: ${status}`, {
      cause: error,
    });
  }
}

/** The definitions of Serin's own kinds, as they are installed. */
function shippedDefinitions(): KubeObject[] {
  const folder = path.join(repository, 'deploy', 'crds');
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return files
    .flatMap((file) => objectsIn(readFileSync(path.join(folder, file), 'utf8')))
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
}

function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document): KubeObject | null => document.toJS())
    .filter((object) => object !== null);
}

function exposing({ namespace, name }: Required<Ref>, { ip, port }: { ip: string; port: number }): KubeObject[] {
  const labels = { 'kubernetes.io/service-name': name };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { ports: [{ name: 'http', port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace, name: `${name}-bed`, labels },
      addressType: 'IPv4',
      ports: [{ name: 'http', port }],
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    },
  ];
}

function runToEnd(program: string, args: readonly string[], kubeconfig: string): Promise<KubectlAnswer> {
  // Every bed has the same address, but not the same kinds: what one bed served must not be remembered in another.
  const env = {
    ...process.env,
    KUBECONFIG: kubeconfig,
    KUBECACHEDIR: path.join(path.dirname(kubeconfig), 'kube-cache'),
  };
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}
