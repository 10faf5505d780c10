/** The Canary's main job with real traffic: real Pods behind a real gateway, judged by a real Prometheus, and counted from the client's side. */
import { connect, createServer, type Server } from 'node:net';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { canaries, deployments, events, pods, services } from '#cluster/resource.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import { type Bed, startBed } from '../bed/bed.ts';
import type { BedApi } from '../bed/bed-api.ts';
import type { Child } from '../bed/children.ts';
import { type Load, type LoadOptions, type LoadReport, type LoadAnswer, messageOf, startLoad } from '../bed/load.ts';
import { podinfo } from '../bed/podinfo.ts';
import type { ImageProgram } from '../bed/pod-process.ts';
import { sampleApp } from '../bed/sample-app.ts';
import type { Gateway } from '../bed/traefik.ts';

const image = 'ghcr.io/stefanprodan/podinfo';
/** The version that fails some of its requests. */
const faulty = '3.0.0';
const perSecond = 50;

/** Every version says who it is and in which pod it runs: `1.0.0 podinfo-5d8f-x7`. podinfo's own faults would be random, and hit its probe. */
const app: ImageProgram = (asked) => {
  const who = `${asked.tag} ${asked.pod.metadata.name}`;
  if (asked.tag !== faulty) return { ...podinfo(asked), env: { PODINFO_UI_MESSAGE: who } };
  return sampleApp({ ...asked, container: { ...asked.container, args: ['--fail=25', `--version=${who}`] } });
};

/** A workload and its Service as they were before anybody thought of a Canary. */
function workload(namespace: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: podinfo, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: podinfo}}
  template:
    metadata: {labels: {app: podinfo}}
    spec:
      containers:
        - name: podinfod
          image: ${image}:1.0.0
          ports: [{name: http, containerPort: 9898}]
          readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 1}
          # Longer than the slowest answer seen while four such tests share two cores: a stalled proxy of the bed is no lost request.
          lifecycle: {preStop: {sleep: {seconds: 5}}}
---
apiVersion: v1
kind: Service
metadata: {name: podinfo, namespace: ${namespace}}
spec:
  selector: {app: podinfo}
  ports: [{name: http, port: 80, targetPort: http}]
`;
}

interface CanaryParts {
  readonly namespace: string;
  /** The route's parent; without it the provider is `kubernetes`. */
  readonly gateway?: Gateway;
  readonly analysis: string;
  /** Further fields of every metric. */
  readonly metric?: string;
  readonly metricsServer?: string;
}

function canary({ namespace, gateway, analysis, metric = '', metricsServer }: CanaryParts): string {
  const { name, namespace: of } = gateway?.parentRef ?? {};
  const router = gateway ? `hosts: [${hostOf(namespace)}], gatewayRefs: [{name: ${name}, namespace: ${of}}]` : '';
  return `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: ${namespace}}
spec:
  provider: ${gateway ? 'gatewayapi:v1' : 'kubernetes'}
  ${metricsServer === undefined ? '' : `metricsServer: ${metricsServer}`}
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: podinfo}
  progressDeadlineSeconds: 60
  service: {port: 80, targetPort: http, ${router}}
  analysis:
    interval: 5s
    threshold: 2
    ${analysis}
    metrics:
      - {name: request-success-rate, interval: 10s, thresholdRange: {min: 99}, ${metric}}
      - {name: request-duration, interval: 10s, thresholdRange: {max: 2000}, ${metric}}
    webhooks:
      - name: smoke-test
        type: pre-rollout
        url: http://flagger-loadtester.test/
        timeout: 10s
        metadata:
          type: bash
          cmd: "curl -sf http://podinfo-canary.${namespace}/ | grep message"
      - name: load-test
        url: http://flagger-loadtester.test/
        metadata:
          cmd: "hey -z 30s -q 5 -c 2 http://podinfo-canary.${namespace}/"
`;
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

// Each test has its own workload, host and clients; together they take no longer than one, and the controller has them all at once.
describe.concurrent('Canary under load', () => {
  let bed: Bed;
  let gateway: Gateway;
  let serin: Child;
  let late: LateAnswers;

  beforeAll(async () => {
    bed = await startBed({ traffic: true, images: { [image]: app } });
    if (!bed.gateway || !bed.prometheus) throw new Error('The bed was started without traffic');
    gateway = bed.gateway;
    late = lateAnswers(bed.api);
    await bed.createNamespace('test');
    const ip = bed.freeAddress();
    bed.startSerin(['loadtester', '-port=80', `-bind-address=${ip}`], { name: 'loadtester' });
    await bed.expose({ namespace: 'test', name: 'flagger-loadtester' }, { ip, port: 80 });
    serin = bed.startSerin([
      'controller',
      'flagger',
      '-mesh-provider=gatewayapi:v1',
      `-metrics-server=${bed.prometheus.url}`,
      '-control-loop-interval=1s',
      '-min-analysis-interval=5s',
    ]);
    await bed.waitFor('the load tester', async () => {
      const { statusCode, body } = await request('http://flagger-loadtester.test/healthz');
      await body.dump();
      return statusCode === 200;
    });
  });
  afterAll(async () => {
    late?.stop();
    await bed?.stop();
  });

  const statusOf = (object: KubeObject): Record<string, unknown> => (object['status'] ?? {}) as Record<string, unknown>; // any kind's
  const until = async (namespace: string, phase: string): Promise<void> => {
    const holds = (object: KubeObject): boolean => statusOf(object)['phase'] === phase || !serin.isRunning();
    try {
      await bed.waitForObject(canaries, { namespace, name: 'podinfo' }, holds, 120_000);
      expect(serin.isRunning()).toBe(true);
    } catch (error) {
      throw new Error(`${String(error)}\n${serin.output().slice(-4_000)}`, { cause: error });
    }
  };
  const setVersion = async (namespace: string, version: string): Promise<void> => {
    const { code, stderr } = await bed.kubectl([
      'set',
      'image',
      'deployment/podinfo',
      `podinfod=${image}:${version}`,
      `--namespace=${namespace}`,
    ]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  };
  const messages = async (namespace: string): Promise<string[]> =>
    (await bed.list(events, namespace)).map(({ message }) => String(message)); // of Events

  /** Runs the first version, with clients before there is a Canary. */
  const serve = async (namespace: string, target: Pick<LoadOptions, 'url' | 'host' | 'keepAlive'>): Promise<Load> => {
    const isReady = (object: KubeObject): boolean => statusOf(object)['readyReplicas'] === 2;
    await bed.waitForObject(deployments, { namespace, name: 'podinfo' }, isReady);
    const probe = startLoad({ ...target, perSecond: 10, versionOf });
    await bed.waitFor('the first version to be reached', () => (probe.report().byVersion['1.0.0'] ?? 0) > 0);
    await probe.stop();
    return startLoad({
      ...target,
      perSecond,
      versionOf: (answer) => (late.watch(namespace, answer), versionOf(answer)),
    });
  };
  const serveThroughGateway = async (namespace: string): Promise<Load> => {
    await bed.createNamespace(namespace);
    await bed.applyManifest(workload(namespace));
    await bed.applyManifest([userRoute(namespace, gateway)]);
    return await serve(namespace, { url: gateway.url, host: hostOf(namespace) });
  };
  /** Requests go on until the target's last process has ended, and for a second more. */
  const stopAfterScaleDown = async (namespace: string, load: Load): Promise<LoadReport> => {
    await bed.waitFor('the end of the pods', async () => {
      const all = await bed.list(pods, namespace);
      return all.every(({ metadata }) => metadata.labels?.['app'] !== 'podinfo');
    });
    const { requests } = load.report();
    await bed.waitFor('more answers', () => load.report().requests > requests + perSecond);
    const report = await load.stop();
    console.log(`${namespace}: ${summaryOf(report)}`);
    // The pods would have served them, for a moment: it is the gateway that had not followed when they were sent away.
    const answers = late.of(namespace);
    expect(answers.at(-1), `the last of ${answers.length} answers of pods that were no longer wanted`).toBeUndefined();
    return report;
  };
  /** Which versions answer now. */
  const versionsServed = async (namespace: string): Promise<string[]> => {
    const load = startLoad({ url: gateway.url, host: hostOf(namespace), perSecond, versionOf });
    await bed.waitFor('answers', () => load.report().requests >= 20);
    return Object.keys((await load.stop()).byVersion);
  };

  it('takes over a running app and promotes its next version without losing a request', async () => {
    const namespace = 'promoted';
    const load = await serveThroughGateway(namespace);
    await bed.applyManifest(canary({ namespace, gateway, analysis: 'stepWeights: [20, 50]' }));
    await until(namespace, 'Initialized');
    await setVersion(namespace, '2.0.0');
    await until(namespace, 'Succeeded');
    const report = await stopAfterScaleDown(namespace, load);
    expectNoneLost(report);
    expect(report.failed).toEqual([]);
    expect(Object.keys(report.byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
    expect(await versionsServed(namespace)).toEqual(['2.0.0']);
    const told = await messages(namespace);
    for (const weight of [20, 50]) expect(told).toContain(`Advance podinfo.promoted canary weight ${weight}`);
  });

  it('rolls back a version that fails, and loses no request but those which that version has answered so', async () => {
    const namespace = 'failed';
    const load = await serveThroughGateway(namespace);
    await bed.applyManifest(canary({ namespace, gateway, analysis: 'stepWeights: [20, 50]' }));
    await until(namespace, 'Initialized');
    await setVersion(namespace, faulty);
    await until(namespace, 'Failed');
    const report = await stopAfterScaleDown(namespace, load);
    expectNoneLost(report);
    expect(report.failed.length).toBeGreaterThan(0);
    expect(report.failed.filter(({ version, reason }) => version !== faulty || reason !== 'status 500')).toEqual([]);
    expect(await versionsServed(namespace)).toEqual(['1.0.0']);
    const told = await messages(namespace);
    expect(told).toContainEqual(
      expect.stringMatching(/^Halt podinfo\.failed advancement success rate \d\d\.\d\d% < 99%$/),
    );
    expect(told).toContain('Rolling back podinfo.failed failed checks threshold reached 2');
  });

  it('tests Blue/Green behind the cluster IP without losing a request', async () => {
    const namespace = 'bluegreen';
    await bed.createNamespace(namespace);
    await bed.applyManifest(workload(namespace));
    const service = await bed.get(services, { namespace, name: 'podinfo' });
    const { clusterIP } = (service as KubeObject & { spec: { clusterIP: string } }).spec; // what was just applied
    // A connection through a cluster IP stays with its pod until that closes it: only new ones show where traffic goes.
    const load = await serve(namespace, { url: `http://${clusterIP}/`, keepAlive: false });
    await bed.applyManifest(canary({ namespace, analysis: 'iterations: 2' }));
    await until(namespace, 'Initialized');
    await setVersion(namespace, '2.0.0');
    await until(namespace, 'Succeeded');
    const report = await stopAfterScaleDown(namespace, load);
    expectNoneLost(report);
    expect(report.failed).toEqual([]);
    expect(Object.keys(report.byVersion).toSorted()).toEqual(['1.0.0', '2.0.0']);
  });

  it('initialises while its Prometheus is down, says so once, and goes on when it is back', async () => {
    const namespace = 'unmeasured';
    const address = bed.freeAddress();
    const load = await serveThroughGateway(namespace);
    const metricsServer = `http://${address}:9090`;
    await bed.applyManifest(
      canary({ namespace, gateway, analysis: 'stepWeights: [50]', metric: 'onProviderError: hold', metricsServer }),
    );
    await until(namespace, 'Initialized');
    await setVersion(namespace, '2.0.0');
    await bed.waitForObject(canaries, { namespace, name: 'podinfo' }, (object) => 'held' in statusOf(object), 60_000);
    const back = await forward(address, bed.prometheus?.url ?? '');
    await until(namespace, 'Succeeded');
    back.close();
    const report = await stopAfterScaleDown(namespace, load);
    expectNoneLost(report);
    expect(report.failed).toEqual([]);
    const warnings = (await bed.list(events, namespace)).filter(({ type }) => type === 'Warning');
    const about = (text: string): KubeObject[] => warnings.filter(({ message }) => String(message).startsWith(text));
    expect(about('Error checking metric providers: prometheus not avaiable')).toHaveLength(1);
    expect(about('Hold podinfo.unmeasured at its weight')).toMatchObject([{ count: 1 }]);
  });
});

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

interface LateAnswers {
  /** Looks at an answer that a client in this namespace has got. */
  watch(namespace: string, answer: LoadAnswer): void;
  /** Answers of the target's pods after it was scaled to zero. */
  of(namespace: string): readonly string[];
  stop(): void;
}

/** Traffic has to have left the target before it is scaled to zero, however long its pods would have held out. */
function lateAnswers(api: BedApi): LateAnswers {
  const stoppedAt = new Map<string, number>();
  const found = new Map<string, string[]>();
  const ended = new AbortController();
  api.watch(
    deployments,
    ({ object }) => {
      const { name, namespace = '' } = object.metadata;
      if (name !== 'podinfo') return;
      const { replicas } = (object as Workload).spec; // the kind says so
      if (replicas !== 0) stoppedAt.delete(namespace);
      else if (!stoppedAt.has(namespace)) stoppedAt.set(namespace, performance.now());
    },
    ended.signal,
  );
  return {
    watch(namespace, answer) {
      const since = stoppedAt.get(namespace);
      const who = messageOf(answer) ?? '';
      if (since === undefined || who.includes(' podinfo-primary-')) return;
      const before = found.get(namespace) ?? [];
      found.set(namespace, [...before, `${who} after ${Math.round(performance.now() - since)} ms`]);
    },
    of: (namespace) => found.get(namespace) ?? [],
    stop: () => ended.abort(),
  };
}

/** Makes `address` lead to another server: a Prometheus that was down and comes back. */
async function forward(address: string, url: string): Promise<Server> {
  const { hostname: host, port } = new URL(url);
  const server = createServer((client) => {
    const upstream = connect({ host, port: Number(port) });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(Number(port), address, resolve);
  });
  return server;
}
