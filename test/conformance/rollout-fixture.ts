/** The Rollout `web` of scenarios and histories, and the objects that it may refer to. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { mergePatch } from '#cluster/merge-patch.ts';
import { analysisTemplates, deployments, httpRoutes, ingresses, services } from '#cluster/resource.ts';
import type { BehaviourOf } from '#sandbox/pod-behaviour.ts';

export type Json = Readonly<Record<string, unknown>>;
export type Placed = readonly [Resource, KubeObject];

/** What a test changes of the fixture: a Rollout `web` with the image `web:1`, and nothing beside it. */
export interface RolloutFixture {
  /** Merged over the Rollout's spec. */
  readonly spec?: Json;
  /** Objects that are there before the Rollout. */
  readonly objects?: readonly Placed[];
  readonly behaviour?: BehaviourOf;
  /** How far the controller's caches may lag behind, in milliseconds. */
  readonly lag?: number;
  readonly seed?: number;
}

const namespace = 'default';
const labels = { app: 'web' };

const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };

export function rolloutOf({ spec = {} }: RolloutFixture): KubeObject {
  const fixed =
    spec['workloadRef'] === undefined
      ? { replicas: 2, selector: { matchLabels: labels }, template, strategy: {} }
      : { replicas: 2, strategy: {} };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace },
    spec: mergePatch(fixed, spec),
  };
}

export function service(name: string): Placed {
  const spec = { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  return [services, { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }];
}

/** A Deployment `web`, for Rollouts that refer to one. */
export function deployment(): Placed {
  const spec = { replicas: 2, selector: { matchLabels: labels }, template };
  return [deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace }, spec }];
}

/** Measures `success` every ten seconds; good is 0.9 and more. */
export function analysisTemplate(name: string, metric: Json = {}): Placed {
  const success = {
    name: 'success',
    interval: '10s',
    count: 2,
    successCondition: 'result[0] >= 0.9',
    provider: { prometheus: { address: 'http://metrics.sandbox', query: 'success' } },
    ...metric,
  };
  return [
    analysisTemplates,
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name, namespace },
      spec: { metrics: [success] },
    },
  ];
}

const stableService = 'web-stable';
const canaryService = 'web-canary';

export const routers = {
  none: { objects: [], canary: {} },
  gatewayApi: {
    objects: [service(stableService), service(canaryService), route()],
    canary: {
      stableService,
      canaryService,
      trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web', namespace } } },
    },
  },
  nginx: {
    objects: [service(stableService), service(canaryService), ingress()],
    canary: { stableService, canaryService, trafficRouting: { nginx: { stableIngress: 'web' } } },
  },
} as const satisfies Record<string, { objects: readonly Placed[]; canary: Json }>;

/** A canary strategy behind one of the routers, with its objects. */
export function canary(
  strategy: Json,
  { behind = 'none', spec = {}, objects = [], ...more }: RolloutFixture & { behind?: keyof typeof routers } = {},
): RolloutFixture {
  const router = routers[behind];
  // What a test says of the routing is merged over what the router needs.
  const merged = mergePatch(router.canary, strategy);
  return {
    ...more,
    spec: { ...spec, strategy: { canary: merged } },
    objects: [...router.objects, ...objects],
  };
}

/** A Blue/Green strategy with its Services. */
export function blueGreen(strategy: Json, { spec = {}, objects = [], ...more }: RolloutFixture = {}): RolloutFixture {
  const both = { activeService: 'web-active', previewService: 'web-preview', ...strategy };
  return {
    ...more,
    spec: { ...spec, strategy: { blueGreen: both } },
    objects: [service('web-active'), service('web-preview'), ...objects],
  };
}

function route(): Placed {
  const backendRefs = [
    { name: stableService, port: 80, weight: 100 },
    { name: canaryService, port: 80, weight: 0 },
  ];
  const spec = { parentRefs: [{ name: 'gateway' }], rules: [{ backendRefs }] };
  return [
    httpRoutes,
    { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'web', namespace }, spec },
  ];
}

function ingress(): Placed {
  const backend = { service: { name: stableService, port: { number: 80 } } };
  const rules = [{ host: 'web.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  return [
    ingresses,
    { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'web', namespace }, spec: { rules } },
  ];
}

/** The weights of the rule that has both Services. */
export function routedWeights(
  route: KubeObject | undefined,
): { readonly stable: number; readonly canary: number } | undefined {
  const { rules = [] } = (route?.['spec'] ?? {}) as {
    rules?: { backendRefs?: { name: string; weight?: number }[] }[];
  }; // an HTTPRoute
  const backends = rules.find(({ backendRefs = [] }) => backendRefs.some(({ name }) => name === stableService));
  if (backends === undefined) return undefined;
  const weight = (service: string): number => backends.backendRefs?.find(({ name }) => name === service)?.weight ?? 0;
  return { stable: weight(stableService), canary: weight(canaryService) };
}
