import { Registry } from 'prom-client';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { connectCluster } from '#cluster/cluster.ts';
import { deployments, httpRoutes, services } from '#cluster/resource.ts';
import { systemClock } from '#runtime/clock.ts';
import { gatewayDefinitions } from '#sandbox/gateway-api-definition.ts';
import { createWorld, type SandboxWorld } from '#sandbox/world.ts';
import { versionHeader } from './app.ts';
import { startGateway, type Gateway } from './gateway.ts';
import { demoPods } from './pods.ts';

const namespace = 'default';
let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

function app(version: string): readonly [deployment: KubeObject, service: KubeObject] {
  const name = `v${version}`;
  const container = { name: 'app', image: `demo:${version}`, ports: [{ containerPort: 8080 }] };
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ];
}

function routeOf(weights: readonly [number, number]): KubeObject {
  const backendRefs = weights.map((weight, index) => ({ name: `v${index + 1}`, port: 80, weight }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'route', namespace },
    spec: { parentRefs: [{ name: 'gateway' }], hostnames: ['app.example'], rules: [{ backendRefs }] },
  };
}

async function start(): Promise<{ readonly world: SandboxWorld; readonly gateway: Gateway }> {
  const pods = demoPods();
  const world = createWorld({
    clock: systemClock,
    crds: gatewayDefinitions,
    gateway: 'silent',
    pods: { runner: pods.runner },
  });
  const cluster = connectCluster({
    transport: world.api.connect(),
    clock: systemClock,
    random: Math.random,
    registry: new Registry(),
    fieldManager: 'test',
  });
  for (const version of ['1', '2']) {
    const [deployment, service] = app(version);
    world.objects.create(deployments, deployment);
    world.objects.create(services, service);
  }
  const gateway = await startGateway({ cluster, clock: systemClock, portOf: (pod) => pods.portOf(pod) });
  stop = async () => {
    await gateway.close();
    await cluster.stop();
    await world.stop();
  };
  return { world, gateway };
}

interface Answer {
  readonly status: number;
  readonly version: unknown;
}

function ask(gateway: Gateway, host: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(gateway.url, { headers: { host } }, (response) => {
      response.resume().once('end', () => {
        resolve({ status: response.statusCode ?? 0, version: response.headers[versionHeader] });
      });
    });
    asked.once('error', reject).end();
  });
}

/** How many of so many requests each version answered. */
async function shares(gateway: Gateway, count: number): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (let n = 0; n < count; n++) {
    const { version } = await ask(gateway, 'app.example');
    found[String(version)] = (found[String(version)] ?? 0) + 1;
  }
  return found;
}

describe('gateway', () => {
  it('obeys the weights of the route as soon as it has accepted them', async () => {
    const { world, gateway } = await start();
    await expect.poll(() => ask(gateway, 'v1.default')).toEqual({ status: 200, version: '1' });
    await expect.poll(() => ask(gateway, 'v2.default')).toEqual({ status: 200, version: '2' });
    const ref = { namespace, name: 'route' };
    const accepted = (generation: number): Promise<unknown> =>
      expect
        .poll(() => world.objects.get(httpRoutes, ref)?.['status'])
        .toMatchObject({ parents: [{ conditions: [{ type: 'Accepted', observedGeneration: generation }, {}] }] });
    world.objects.create(httpRoutes, routeOf([80, 20]));
    await accepted(1);
    expect(await shares(gateway, 20)).toEqual({ '1': 16, '2': 4 });
    world.objects.update(httpRoutes, routeOf([0, 100]));
    await accepted(2);
    expect(await shares(gateway, 20)).toEqual({ '2': 20 });
  });

  it('says that nobody answers for a host without pods', async () => {
    const { gateway } = await start();
    expect(await ask(gateway, 'nobody.default')).toEqual({ status: 503, version: undefined });
  });

  it('counts answers by pod', async () => {
    const { gateway } = await start();
    await expect.poll(() => ask(gateway, 'v1.default')).toEqual({ status: 200, version: '1' });
    const metrics = await (await fetch(gateway.metricsUrl)).text();
    const labels = 'kubernetes_namespace="default",kubernetes_pod_name="v1-\\w+-\\w+",status="200"';
    expect(metrics).toMatch(new RegExp(`http_request_duration_seconds_count{${labels}} [1-9]`));
  });
});
