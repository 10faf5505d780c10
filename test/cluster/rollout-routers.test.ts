/** What the routers of Rollouts write is accepted by the real kinds, unchanged: those of Kubernetes, and those that a Go module holds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '#api/kubernetes.ts';
import type { SetHeaderRoute, TrafficRouting } from '#api/rollout.ts';
import { pathOf } from '#cluster/resource.ts';
import { aTraffic } from '#traffic/rollout/rollout-router-contract.ts';
import type { RolloutTraffic } from '#traffic/rollout/router.ts';
import { defaultRouterOptions, routersOf } from '#traffic/rollout/routers.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import { manifestTexts } from '../bed/programs.ts';
import { type RealRoutes, realRoutes } from './real-routes.ts';

interface RoutedCase {
  readonly name: string;
  readonly routing: TrafficRouting;
  /** What the user has. */
  readonly objects: string;
  /** A step that the router supports. */
  readonly header?: SetHeaderRoute['match'];
  readonly mirrors?: boolean;
}

const header: SetHeaderRoute['match'] = [{ headerName: 'X-Canary', headerValue: { exact: 'yes' } }];
const plugin = 'argoproj-labs/gatewayAPI';

const gatewayRoute = (kind: string, version: string, rule: string): string => `
apiVersion: gateway.networking.k8s.io/${version}
kind: ${kind}
metadata: {name: web, namespace: test}
spec:
  parentRefs: [{name: gateway}]
  ${kind === 'TLSRoute' ? 'hostnames: [a.example]' : ''}
  rules:
    - ${rule}
      backendRefs: [{name: stable, port: 80}, {name: canary, port: 80, weight: 0}]`;

const cases: readonly RoutedCase[] = [
  {
    name: 'HTTPRoute',
    routing: { plugins: { [plugin]: { httpRoute: 'web' } } },
    objects: gatewayRoute('HTTPRoute', 'v1', 'matches: [{path: {type: PathPrefix, value: /a}}]'),
    header,
  },
  {
    name: 'GRPCRoute',
    routing: { plugins: { [plugin]: { grpcRoute: 'web' } } },
    objects: gatewayRoute('GRPCRoute', 'v1', 'matches: [{method: {service: a.B}}]'),
    header,
  },
  {
    name: 'TCPRoute',
    routing: { plugins: { [plugin]: { tcpRoute: 'web' } } },
    objects: gatewayRoute('TCPRoute', 'v1alpha2', 'name: a'),
  },
  {
    name: 'TLSRoute',
    routing: { plugins: { [plugin]: { tlsRoute: 'web' } } },
    objects: gatewayRoute('TLSRoute', 'v1alpha2', 'name: a'),
  },
  {
    name: 'nginx',
    routing: { nginx: { stableIngress: 'web' } },
    objects: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: test}
spec:
  ingressClassName: nginx
  tls: [{hosts: [a.example]}]
  rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: stable, port: {number: 80}}}}]}}]`,
  },
  {
    name: 'ALB',
    routing: { alb: { ingress: 'balanced', servicePort: 80 } },
    objects: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: balanced, namespace: test}
spec:
  ingressClassName: alb
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: stable, port: {name: use-annotation}}}}]}}]`,
    header,
  },
  {
    name: 'Istio, by Services',
    routing: { istio: { virtualService: { name: 'services' } } },
    objects: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: services, namespace: test}
spec:
  hosts: [a.example]
  http: [{route: [{destination: {host: stable, port: {number: 80}}, weight: 100}, {destination: {host: canary, port: {number: 80}}, weight: 0}]}]
  tls: [{match: [{port: 443, sniHosts: [a.example]}], route: [{destination: {host: stable}, weight: 100}, {destination: {host: canary}}]}]
  tcp: [{route: [{destination: {host: stable}, weight: 100}, {destination: {host: canary}}]}]`,
    header,
    mirrors: true,
  },
  {
    name: 'Istio, by subsets',
    routing: {
      istio: {
        virtualService: { name: 'subsets' },
        destinationRule: { name: 'web', canarySubsetName: 'canary', stableSubsetName: 'stable' },
      },
    },
    objects: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: subsets, namespace: test}
spec:
  hosts: [a.example]
  http: [{route: [{destination: {host: web, subset: stable}, weight: 100}, {destination: {host: web, subset: canary}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: test}
spec: {host: web, subsets: [{name: canary, labels: {app: web}}, {name: stable, labels: {app: web}}, {name: third}]}`,
    header,
    mirrors: true,
  },
  {
    name: 'SMI',
    routing: { smi: {} },
    objects: '',
  },
  {
    name: 'Traefik',
    routing: { traefik: { weightedTraefikServiceName: 'web' } },
    objects: `
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: web, namespace: test}
spec: {weighted: {services: [{name: stable, port: 80}, {name: canary, port: 80, weight: 0}]}}`,
  },
];

/** As the cluster of the test serves them. */
const options = { ...defaultRouterOptions, istioApiVersion: 'v1', trafficSplitApiVersion: 'v1alpha3' };

const foreignKinds = ['gateway-api-experimental', 'istio', 'smi', 'traefik-kinds'] as const;

describe('the routers of Rollouts', () => {
  let bed: Bed;

  beforeAll(async () => {
    bed = await startBed();
    const kinds = foreignKinds.flatMap((name) => manifestTexts(name).flatMap(objectsIn));
    await bed.applyManifest(kinds.filter(({ kind }) => kind === 'CustomResourceDefinition').map(asVersionOne));
    await bed.createNamespace('test');
  });
  afterAll(() => bed?.stop());

  it.each(cases)('write what the API server takes as it is: $name', async ({ routing, objects, header, mirrors }) => {
    await bed.applyManifest(objectsIn(objects));
    const traffic = aTraffic({ ...routing, managedRoutes: [{ name: 'h' }, { name: 'm' }] });
    const [named] = routersOf(traffic.rollout, options);
    if (named === undefined) throw new Error('The Rollout has no router');
    const { router } = named;
    const routes = realRoutes(bed.api, router, traffic.rollout);

    // A kind is listed a moment after it is served.
    for (const kind of router.resources(traffic.rollout)) {
      const path = pathOf(kind, { namespace: 'test' });
      await bed.waitFor(`${kind.kind} to be listed`, async () => (await bed.api.call('GET', path)).status === 200);
    }
    await settles(routes, (live) => router.updateHash(traffic, live));
    for (const weight of [0, 20, 100]) await settles(routes, (live) => router.setWeight(traffic, live, weight));
    const weighted = await texts(routes, traffic);
    if (header !== undefined)
      await settles(routes, (live) => router.setHeaderRoute(traffic, live, { name: 'h', match: header }));
    if (mirrors === true) {
      const match = [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { a: { regex: 'b' } } }];
      await settles(routes, (live) => router.setMirrorRoute(traffic, live, { name: 'm', match, percentage: 35 }));
    }
    expect((await texts(routes, traffic)) === weighted).toBe(header === undefined && mirrors !== true);
    await settles(routes, (live) => router.removeManagedRoutes(traffic, live));
    expect(await texts(routes, traffic)).toBe(weighted);
  });

  /** Writes, and finds nothing left to write in what the API server has made of it. */
  async function settles(routes: RealRoutes, ask: Parameters<RealRoutes['perform']>[0]): Promise<void> {
    await routes.perform(ask);
    expect(await routes.perform(ask)).toEqual({ writes: [], events: [] });
  }

  /** What all routing objects say, apart from what each write changes. */
  async function texts(routes: RealRoutes, { rollout }: RolloutTraffic): Promise<string> {
    const live = await routes.live();
    const found = routersOf(rollout, options).flatMap(({ router }) =>
      router.resources(rollout).flatMap((resource) => live.list(resource, 'test')),
    );
    return JSON.stringify(found.map(({ spec, metadata }) => [metadata.name, metadata.annotations, spec]));
  }
});

function objectsIn(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((object): object is KubeObject => typeof object === 'object' && object !== null);
}

/** A definition of before Kubernetes 1.16 in today's form. */
function asVersionOne(definition: KubeObject): KubeObject {
  if (definition.apiVersion !== 'apiextensions.k8s.io/v1beta1') return definition;
  const { versions, validation, additionalPrinterColumns: _, version: __, ...spec } = Object(definition['spec']);
  const schema = { openAPIV3Schema: { ...Object(validation).openAPIV3Schema, type: 'object' } };
  return {
    ...definition,
    apiVersion: 'apiextensions.k8s.io/v1',
    spec: { ...spec, versions: versions.map((one: object) => ({ ...one, schema })) },
  };
}
