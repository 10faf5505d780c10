/** Scheduler and kubelet in one: binds every Pod to the one node, reports its status, and runs real processes for chosen images. */
import { pods } from '#cluster/resource.ts';
import type { Resource } from '#api/kubernetes.ts';

import type { BedApi, WatchedChange } from './bed-api.ts';
import type { Children } from './children.ts';
import { type ContainerState, imageName, imageTag, Pod, podStatus } from './pod.ts';
import { type ImageProgram, type PodProcess, startPodProcess } from './pod-process.ts';
import { waitFor } from './wait-for.ts';

const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
const nodeName = 'bed';
const nodeAddress = '10.244.0.1';

/** A Pod with a real process, for those who want to reach or scrape it. */
export interface RunningPod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface NodeAgent {
  /** From now on, containers of this image (name without tag) are real processes. */
  runImage(image: string, program: ImageProgram): void;
  /** Pods with a real process that has not begun to end. */
  running(): RunningPod[];
  /** Called with `running()` whenever it changes. */
  onRunning(listener: (running: RunningPod[]) => void): void;
  /** The output of a Pod's process. */
  logs(namespace: string, name: string): string;
  /** Makes a Pod not ready, or ready again, whatever it really is. */
  setReady(namespace: string, name: string, ready: boolean): Promise<void>;
  /** Kills a Pod's process; a Pod of a controller then stays as failed container, in CrashLoopBackOff. */
  kill(namespace: string, name: string): void;
  stop(): void;
}

export interface NodeAgentOptions {
  readonly api: BedApi;
  readonly children: Children;
  /** Milliseconds until Pods with the image tag `slow` are ready. Default 5000. */
  readonly slowness?: number;
  readonly images?: Readonly<Record<string, ImageProgram>>;
}

/** One Pod that has been bound to the node. */
interface Kept {
  pod: Pod;
  readonly ip: string;
  readonly startedAt: string;
  changedAt: string;
  state: ContainerState;
  restarts: number;
  process?: PodProcess;
  ending: boolean;
  /** The newest report: reports of one Pod go out one after the other. */
  reported: Promise<void>;
}

/** 10.244.0.x is the bed's own. */
const firstAddress = 256;
const addressCount = 65_000 - firstAddress;

export async function startNodeAgent({
  api,
  children,
  slowness = 5000,
  images = {},
}: NodeAgentOptions): Promise<NodeAgent> {
  const programs = new Map<string, ImageProgram>(Object.entries(images));
  const kept = new Map<string, Kept>();
  const binding = new Set<string>();
  const listeners: ((running: RunningPod[]) => void)[] = [];
  const stopped = new AbortController();
  let lastAddress = 0;

  await registerNode(api);
  api.watch(pods, onChange, stopped.signal);

  function onChange({ type, object }: WatchedChange): void {
    const pod = Pod.parse(object);
    const known = kept.get(pod.metadata.uid);
    if (type === 'DELETED') {
      known?.process?.kill();
      kept.delete(pod.metadata.uid);
      binding.delete(pod.metadata.uid);
      tell();
      return;
    }
    if (known) known.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void end(pod, known);
    else if (pod.spec.nodeName === undefined) void bind(pod);
    else if (!known && pod.spec.nodeName === nodeName) begin(pod);
  }

  async function bind(pod: Pod): Promise<void> {
    if (binding.has(pod.metadata.uid)) return;
    binding.add(pod.metadata.uid);
    const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    const { name } = pod.metadata;
    await insist('POST', `${pathOf(pod)}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target });
  }

  function begin(pod: Pod): void {
    lastAddress = (lastAddress + 1) % addressCount;
    const now = new Date().toISOString();
    const number = firstAddress + lastAddress;
    const one: Kept = {
      pod,
      ip: pod.status.podIP ?? `10.244.${number >> 8}.${number & 255}`,
      startedAt: now,
      changedAt: now,
      state: { is: 'running', ready: false },
      restarts: 0,
      ending: false,
      reported: Promise.resolve(),
    };
    kept.set(pod.metadata.uid, one);
    const container = pod.spec.containers.find(({ image }) => programs.has(imageName(image)));
    const program = container && programs.get(imageName(container.image));
    if (container && program) runProcess(one, container, program);
    else if (pod.metadata.ownerReferences.some(({ kind }) => kind === 'Job')) runJob(one);
    else playTag(one);
  }

  /** A Pod that is only data: its image tag says how it fares. */
  function playTag(one: Kept): void {
    const tag = imageTag(one.pod.spec.containers[0]?.image ?? '');
    if (tag === 'bad') return report(one, { is: 'running', ready: false });
    if (tag === 'missing')
      return report(one, { is: 'waiting', reason: 'ImagePullBackOff', message: `Back-off pulling image` });
    if (tag === 'crash') return crash(one);
    if (tag !== 'slow') return report(one, { is: 'running', ready: true });
    report(one, { is: 'running', ready: false });
    setTimeout(() => one.ending || report(one, { is: 'running', ready: true }), slowness).unref();
  }

  function crash(one: Kept): void {
    one.restarts += 1;
    report(one, { is: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' });
  }

  function runProcess(one: Kept, container: Pod['spec']['containers'][number], program: ImageProgram): void {
    report(one, { is: 'running', ready: false });
    const onReady = (ready: boolean): void => void (one.ending || report(one, { is: 'running', ready }));
    one.process = startPodProcess(children, { pod: one.pod, container, ip: one.ip, program, onReady });
    void one.process.exited.then(() => one.ending || crash(one)).then(tell);
    tell();
  }

  function runJob(one: Kept): void {
    const container = one.pod.spec.containers[0];
    const [command = 'true', ...args] = [...(container?.command ?? []), ...(container?.args ?? [])];
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    report(one, { is: 'running', ready: true });
    const child = children.start(one.pod.metadata.name, command, args, { env });
    void child.exited.then((how) => {
      const exitCode = Number(/^exit code (\d+)$/.exec(how)?.[1] ?? 137);
      if (!one.ending) report(one, { is: 'terminated', exitCode });
    });
  }

  function report(one: Kept, state: ContainerState): void {
    one.state = state;
    one.changedAt = new Date().toISOString();
    const status = podStatus(one.pod, state, { ...one, nodeAddress });
    one.reported = one.reported.then(() => insist('PATCH', `${pathOf(one.pod)}/status`, { status }));
  }

  /** The endpoint has to go before the process does. */
  async function end(pod: Pod, one: Kept | undefined): Promise<void> {
    if (one?.ending) return;
    if (one) one.ending = true;
    if (one?.process?.isRunning()) {
      tell();
      report(one, { is: 'running', ready: false });
      await one.process.end();
    }
    await insist('DELETE', pathOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
  }

  /** Repeats what an API server that restarts has not answered; what it has refused is not said again. */
  async function insist(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<void> {
    const isAnswered = async (): Promise<boolean> => {
      if (stopped.signal.aborted) return true;
      const { status } = await api.call(method, path, { body });
      return status < 500 && status !== 429;
    };
    await waitFor(`${method} ${path}`, isAnswered, 60_000);
  }

  function tell(): void {
    const now = running();
    for (const listener of listeners) listener(now);
  }

  function running(): RunningPod[] {
    return [...kept.values()]
      .filter((one) => !one.ending && one.process?.isRunning())
      .map(({ pod: { metadata, spec }, ip }) => ({
        name: metadata.name,
        namespace: metadata.namespace,
        ip,
        ports: spec.containers.flatMap(({ ports }) => ports.map(({ containerPort }) => containerPort)),
        labels: metadata.labels,
        annotations: metadata.annotations,
      }));
  }

  function find(namespace: string, name: string): Kept {
    const found = [...kept.values()].find(
      ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    );
    if (!found) throw new Error(`Cannot find Pod ${namespace}/${name} on the node`);
    return found;
  }

  return {
    runImage: (image, program) => void programs.set(image, program),
    running,
    onRunning: (listener) => void listeners.push(listener),
    logs: (namespace, name) => find(namespace, name).process?.output() ?? '',
    async setReady(namespace, name, ready) {
      const one = find(namespace, name);
      report(one, { is: 'running', ready });
      await waitFor(`Pod ${namespace}/${name} to be ${ready ? 'ready' : 'not ready'}`, () => isReported(one, ready));
    },
    kill: (namespace, name) => find(namespace, name).process?.kill(),
    stop: () => stopped.abort(),
  };
}

function isReported(one: Kept, ready: boolean): boolean {
  const conditions = one.pod.status['conditions'];
  return Array.isArray(conditions) && conditions.some((c) => c?.type === 'Ready' && (c.status === 'True') === ready);
}

function pathOf({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

/** A node that is ready and has room; the taint that admission gives to every new node would keep DaemonSets away. */
async function registerNode(api: BedApi): Promise<void> {
  const labels = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux' };
  const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels } };
  await waitFor('the node to be registered', async () =>
    [201, 409].includes((await api.call('POST', '/api/v1/nodes', { body })).status),
  );
  await api.call('PATCH', `/api/v1/nodes/${nodeName}`, { body: { spec: { taints: null } } });
  const room = { cpu: '1000', memory: '1000Gi', pods: '100000' };
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    lastTransitionTime: new Date().toISOString(),
  };
  const status = {
    capacity: room,
    allocatable: room,
    conditions: [condition],
    addresses: [{ type: 'InternalIP', address: nodeAddress }],
  };
  await api.call('PATCH', `/api/v1/nodes/${nodeName}/status`, { body: { status } });
  await waitFor('the node', async () => (await api.get(nodes, { name: nodeName })) !== undefined);
}
