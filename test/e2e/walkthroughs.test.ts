/** What the walk-throughs of Rollouts stand on: hosts behind IngressRoutes, weights of TraefikServices and of HTTPRoutes of a user's own Gateway. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { deployments, services } from '#cluster/resource.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bed, startBed } from '../bed/bed.ts';
import { type Visitors, visitors } from '../bed/visitors.ts';
import { gatewayClass, walkthroughImages } from '../bed/walkthrough.ts';

/** As people write them: no probe, no preStop. */
function deployment(namespace: string, name: string, image: string): KubeObject {
  const labels = { app: 'web', version: name };
  const container = { name: 'web', image, ports: [{ containerPort: 80 }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

function service(namespace: string, name: string, version: string): KubeObject {
  const spec = { selector: { app: 'web', version }, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

function ingressRoute(namespace: string, host: string, to: object): KubeObject {
  const routes = [{ match: `Host(\`${host}\`)`, kind: 'Rule', services: [to] }];
  const metadata = { name: host.replaceAll('.', '-'), namespace };
  return { apiVersion: 'traefik.io/v1alpha1', kind: 'IngressRoute', metadata, spec: { entryPoints: ['web'], routes } };
}

function weighted(namespace: string, weights: Readonly<Record<string, number>>): KubeObject {
  const parts = Object.entries(weights).map(([name, weight]) => ({ name, port: 80, weight }));
  const metadata = { name: 'weighted', namespace };
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    metadata,
    spec: { weighted: { services: parts } },
  };
}

describe.concurrent('the bed of walk-throughs', () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await startBed({ traffic: true, ingressRoutes: true, images: walkthroughImages });
  });
  afterAll(() => bed?.stop());

  /** Two versions, `v1` behind the Service `first` and `v2` behind `second`. */
  const twoVersions = async (namespace: string, image: string): Promise<void> => {
    await bed.createNamespace(namespace);
    await bed.applyManifest([
      deployment(namespace, 'v1', `${image}:v1`),
      deployment(namespace, 'v2', `${image}:v2`),
      service(namespace, 'first', 'v1'),
      service(namespace, 'second', 'v2'),
    ]);
    for (const name of ['v1', 'v2']) {
      const isReady = ({ status }: KubeObject): boolean => isRecord(status) && status['readyReplicas'] === 2;
      await bed.waitForObject(deployments, { namespace, name }, isReady);
    }
  };
  const visit = (host: string): Promise<Visitors> => visitors({ url: bed.gateway?.url ?? '', host });

  it('leads two hosts to what their Services select, and follows a changed selector without a lost request', async () => {
    const namespace = 'hosts';
    await twoVersions(namespace, 'ikubernetes/myapp');
    await bed.applyManifest([
      ingressRoute(namespace, 'prod.myapp.com', { name: 'first', port: 80 }),
      ingressRoute(namespace, 'test.myapp.com', { name: 'second', port: 80 }),
    ]);
    const [production, preview] = [await visit('prod.myapp.com'), await visit('test.myapp.com')];
    await production.see('v1');
    await preview.see('v2');
    await bed.patch(services, { namespace, name: 'first' }, { spec: { selector: { version: 'v2' } } });
    await production.see('v2');
    await bed.patch(deployments, { namespace, name: 'v1' }, { spec: { replicas: 0 } });
    await bed.waitFor('v1 to be gone', () => bed.node.running().every((pod) => !isOf(pod, namespace, 'v1')));
    expect(Object.keys((await production.stop()).byVersion).toSorted()).toEqual(['v1', 'v2']);
    expect(Object.keys((await preview.stop()).byVersion)).toEqual(['v2']);
  });

  it('splits traffic by the weights of a TraefikService', async () => {
    const namespace = 'weights';
    await twoVersions(namespace, 'argoproj/rollouts-demo');
    const route = ingressRoute(namespace, 'weights.example', { name: 'weighted', kind: 'TraefikService' });
    await bed.applyManifest([weighted(namespace, { first: 75, second: 25 }), route]);
    const load = await visit('weights.example');
    const { v1 = 0, v2 = 0 } = await load.see('v1', 'v2');
    expect(v2 / (v1 + v2)).toBeCloseTo(0.25, 1);
    await bed.applyManifest([weighted(namespace, { first: 0, second: 100 })]);
    await load.see('v2');
    await load.stop();
  });

  it("serves an HTTPRoute of a user's own Gateway, one of whose listeners it cannot serve", async () => {
    const namespace = 'own-gateway';
    await twoVersions(namespace, 'hello');
    await bed.applyManifest([gatewayClass('exclusive-gateway'), ownGateway(namespace), ownRoute(namespace)]);
    const load = await visit('example.com');
    const { v1 = 0, v2 = 0 } = await load.see('v1', 'v2');
    expect(v2 / (v1 + v2)).toBeCloseTo(0.5, 1);
    await load.stop();
  });

  it('runs the commands of the kubectl plugin', async () => {
    const { code, stdout } = await bed.serin(['rollouts', 'version']);
    expect(stdout).toContain('kubectl-argo-rollouts');
    expect(code).toBe(0);
  });
});

function isOf(pod: { readonly namespace: string; readonly name: string }, namespace: string, name: string): boolean {
  return pod.namespace === namespace && pod.name.startsWith(`${name}-`);
}

function ownGateway(namespace: string): KubeObject {
  const allowedRoutes = { namespaces: { from: 'All' } };
  const listeners = [
    { name: 'gateway-metric', port: 11782, protocol: 'TCP', allowedRoutes },
    { name: 'web', port: 80, protocol: 'HTTP', hostname: 'example.com', allowedRoutes },
  ];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'default', namespace },
    spec: { gatewayClassName: 'exclusive-gateway', listeners },
  };
}

function ownRoute(namespace: string): KubeObject {
  const group = 'gateway.networking.k8s.io';
  const backend = (name: string): object => ({ group: '', kind: 'Service', name, namespace, port: 80, weight: 50 });
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace },
    spec: {
      hostnames: ['example.com'],
      parentRefs: [{ group, kind: 'Gateway', name: 'default', namespace, sectionName: 'web' }],
      rules: [
        { backendRefs: [backend('first'), backend('second')], matches: [{ path: { type: 'PathPrefix', value: '/' } }] },
      ],
    },
  };
}
