/** Where Canaries are tried under load: a bed with a gateway, Prometheus, load tester and controller, in which every test opens a shop of its own. */
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, daemonSets, deployments, events, pods, services } from '#cluster/resource.ts';
import { request } from 'undici';
import { expect } from 'vitest';
import { type Bed, startBed } from '../bed/bed.ts';
import { type Load, type LoadOptions, type LoadReport, type LoadAnswer, messageOf, startLoad } from '../bed/load.ts';
import { podinfo } from '../bed/podinfo.ts';
import type { ImageProgram } from '../bed/pod-process.ts';
import { sampleApp } from '../bed/sample-app.ts';
import type { Gateway } from '../bed/traefik.ts';
import { containerName, serviceOf, workload, type WorkloadParts } from '../bed/workload.ts';
import { canaryManifest, type CanaryParts } from './canary-manifest.ts';
import { lateAnswers, type LateAnswers } from './late-answers.ts';

const image = 'ghcr.io/stefanprodan/podinfo';
/** The version that fails some of its requests. */
export const faulty = '3.0.0';
/** Of every client; all tests run at once. */
const perSecond = 25;

/** Every version says who it is and in which pod it runs: `1.0.0 podinfo-5d8f-x7`. podinfo's own faults would be random, and hit its probe. */
const app: ImageProgram = (asked) => {
  const who = `${asked.tag} ${asked.pod.metadata.name}`;
  if (asked.tag !== faulty) return { ...podinfo(asked), env: { PODINFO_UI_MESSAGE: who } };
  return sampleApp({ ...asked, container: { ...asked.container, args: ['--fail=25', `--version=${who}`] } });
};

export interface CanaryStage {
  readonly bed: Bed;
  readonly gateway: Gateway;
  /** Runs version 1.0.0, with clients before there is a Canary. */
  open(namespace: string, parts?: ShopParts): Promise<Shop>;
  stop(): Promise<void>;
}

export interface ShopParts extends Pick<WorkloadParts, 'kind'> {
  /** How clients come. Default `gateway`. */
  readonly through?: 'gateway' | 'cluster IP';
}

/** An app in its namespace, and its clients. */
export interface Shop {
  readonly namespace: string;
  /** Of its route. */
  readonly host: string;
  /** What ordinary clients see. */
  readonly users: Load;
  /** Starts more clients, with these headers in every request. */
  clients(headers: Readonly<Record<string, string>>): Load;
  /** Applies the Canary and waits until it is initialised. */
  deliver(
    parts: Pick<CanaryParts, 'analysis' | 'match' | 'affinity' | 'metric' | 'metricsServer' | 'more'>,
  ): Promise<void>;
  setVersion(version: string): Promise<void>;
  until(phase: string): Promise<void>;
  /** Texts of the events so far. */
  messages(): Promise<string[]>;
  told(text: string): Promise<void>;
  /** Which versions answer now. */
  versionsServed(): Promise<string[]>;
  /** Requests go on until the target's last process has ended, and for a second more. Everyone has had an answer of a version to each. */
  close(): Promise<LoadReport>;
}

export async function startCanaryStage(): Promise<CanaryStage> {
  const bed = await startBed({ traffic: true, images: { [image]: app } });
  const { gateway, prometheus } = bed;
  if (!gateway || !prometheus) throw new Error('The bed was started without traffic');
  const late = lateAnswers(bed.api);
  await bed.createNamespace('test');
  const ip = bed.freeAddress();
  bed.startSerin(['loadtester', '-port=80', `-bind-address=${ip}`], { name: 'loadtester' });
  await bed.expose({ namespace: 'test', name: 'flagger-loadtester' }, { ip, port: 80 });
  const serin = bed.startSerin([
    'controller',
    'flagger',
    '-mesh-provider=gatewayapi:v1',
    `-metrics-server=${prometheus.url}`,
    '-control-loop-interval=1s',
    '-min-analysis-interval=5s',
  ]);
  await bed.waitFor('the load tester', async () => {
    const { statusCode, body } = await request('http://flagger-loadtester.test/healthz');
    await body.dump();
    return statusCode === 200;
  });

  const until = async (namespace: string, phase: string): Promise<void> => {
    const holds = (object: KubeObject): boolean => statusOf(object)['phase'] === phase || !serin.isRunning();
    try {
      await bed.waitForObject(canaries, { namespace, name: 'podinfo' }, holds, 120_000);
      expect(serin.isRunning()).toBe(true);
    } catch (error) {
      throw new Error(`${String(error)}\n${serin.output().slice(-4_000)}`, { cause: error });
    }
  };

  return {
    bed,
    gateway,
    async open(namespace, { kind = 'Deployment', through = 'gateway' } = {}) {
      await bed.createNamespace(namespace);
      // Longer than the bed itself was seen to lag while all tests, and others, shared two cores: a stalled proxy of the bed is no lost request.
      const deployed = workload({ namespace, kind, image: `${image}:1.0.0`, lingering: 10 });
      await bed.applyManifest([deployed, serviceOf({ namespace })]);
      const isReady = (object: KubeObject): boolean =>
        kind === 'DaemonSet' ? statusOf(object)['numberReady'] === 1 : statusOf(object)['readyReplicas'] === 2;
      await bed.waitForObject(kind === 'DaemonSet' ? daemonSets : deployments, { namespace, name: 'podinfo' }, isReady);
      const gate = through === 'gateway' ? gateway : undefined;
      if (gate) await bed.applyManifest([userRoute(namespace, gate)]);
      const target = gate ? { url: gate.url, host: hostOf(namespace) } : await clusterIpOf(bed, namespace);
      const probe = startLoad({ ...target, perSecond: 10, versionOf });
      await bed.waitFor('the first version to be reached', () => (probe.report().byVersion['1.0.0'] ?? 0) > 0);
      await probe.stop();
      return shopOf({ bed, late, until, namespace, kind, gate, target });
    },
    async stop() {
      late.stop();
      await bed.stop();
    },
  };
}

interface Opened {
  readonly bed: Bed;
  readonly late: LateAnswers;
  readonly until: (namespace: string, phase: string) => Promise<void>;
  readonly namespace: string;
  readonly kind: 'Deployment' | 'DaemonSet';
  /** What routes are told apart by; without it the provider is `kubernetes`. */
  readonly gate: Gateway | undefined;
  readonly target: Pick<LoadOptions, 'url' | 'host' | 'keepAlive'>;
}

function shopOf({ bed, late, until, namespace, kind, gate, target }: Opened): Shop {
  const all: Load[] = [];
  const clients: Shop['clients'] = (headers) => {
    const watched = (answer: LoadAnswer): string | undefined => (late.watch(namespace, answer), versionOf(answer));
    const load = startLoad({ ...target, headers, perSecond, versionOf: watched });
    all.push(load);
    return load;
  };
  const messages = async (): Promise<string[]> =>
    (await bed.list(events, namespace)).map(({ message }) => String(message)); // of Events
  return {
    namespace,
    host: hostOf(namespace),
    users: clients({}),
    clients,
    async deliver(parts) {
      await bed.applyManifest(canaryManifest({ ...parts, namespace, kind, ...(gate && { gateway: gate }) }));
      await until(namespace, 'Initialized');
    },
    async setVersion(version) {
      const args = ['set', 'image', `${kind}/podinfo`, `${containerName}=${image}:${version}`, '-n', namespace];
      const { code, stderr } = await bed.kubectl(args);
      expect(stderr).toBe('');
      expect(code).toBe(0);
    },
    until: (phase) => until(namespace, phase),
    messages,
    told: async (text) =>
      void (await bed.waitFor(`the event "${text}"`, async () => (await messages()).includes(text), 60_000)),
    async versionsServed() {
      const load = startLoad({ ...target, perSecond, versionOf });
      await bed.waitFor('answers', () => load.report().requests >= 20);
      return Object.keys((await load.stop()).byVersion);
    },
    async close() {
      await bed.waitFor('the end of the pods', async () => {
        const left = await bed.list(pods, namespace);
        return left.every(({ metadata }) => metadata.labels?.['app'] !== 'podinfo');
      });
      const before = all.map((load) => load.report().requests);
      const goesOn = (load: Load, at: number): boolean => load.report().requests > (before[at] ?? 0) + perSecond;
      await bed.waitFor('more answers', () => all.every(goesOn));
      const reports = await Promise.all(all.map((load) => load.stop()));
      for (const report of reports) {
        console.log(`${namespace}: ${summaryOf(report)}`);
        expectNoneLost(report);
      }
      // The pods would have served them, for a moment: it is the gateway that had not followed when they were sent away.
      const answers = late.of(namespace);
      expect(
        answers.at(-1),
        `the last of ${answers.length} answers of pods that were no longer wanted`,
      ).toBeUndefined();
      const [ofUsers] = reports;
      if (!ofUsers) throw new Error(`Nobody was in ${namespace}`);
      return ofUsers;
    },
  };
}

async function clusterIpOf(bed: Bed, namespace: string): Promise<Opened['target']> {
  const service = await bed.get(services, { namespace, name: 'podinfo' });
  const { clusterIP } = (service as KubeObject & { spec: { clusterIP: string } }).spec; // what was just applied
  // A connection through a cluster IP stays with its pod until that closes it: only new ones show where traffic goes.
  return { url: `http://${clusterIP}/`, keepAlive: false };
}

function userRoute(namespace: string, { parentRef }: Gateway): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'podinfo', namespace },
    spec: {
      parentRefs: [parentRef],
      hostnames: [hostOf(namespace)],
      rules: [{ backendRefs: [{ name: 'podinfo', port: 80 }] }],
    },
  };
}

function hostOf(namespace: string): string {
  return `${namespace}.example`;
}

export function statusOf(object: KubeObject): Record<string, unknown> {
  return (object['status'] ?? {}) as Record<string, unknown>; // any kind's
}

/** Every request has had an answer of a version. */
function expectNoneLost({ requests, byStatus, byVersion, failed }: LoadReport): void {
  expect(failed.filter(({ version }) => version === undefined)).toEqual([]);
  expect(sum(byVersion)).toBe(requests);
  const { 200: succeeded = 0, 500: faults = 0 } = byStatus;
  expect(succeeded + faults).toBe(requests);
}

function summaryOf({ requests, failed, byVersion, slowest }: LoadReport): string {
  const versions = Object.entries(byVersion).map(([version, count]) => `${version} ${count}`);
  return `${requests} requests (${versions.join(', ')}), ${failed.length} failed, the slowest took ${Math.round(slowest)} ms`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((first, second) => first + second, 0);
}

function versionOf(answer: LoadAnswer): string | undefined {
  return messageOf(answer)?.split(' ')[0];
}
