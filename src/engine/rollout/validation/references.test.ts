import { describe, expect, it } from 'vitest';
import {
  inCanary,
  problemOf,
  referencesIn,
  selecting,
  services,
  withCanary,
  type Fields,
  type World,
} from './references-in.ts';
import { rolloutWith } from './rollout-with.ts';
import { contentProblems, validateReferences } from './references.ts';

describe('Services', () => {
  const blueGreen = { activeService: 'active', previewService: 'preview' };

  it('[rollout-7] must be there', () => {
    const rollout = rolloutWith({ strategy: { blueGreen } });
    expect(validateReferences(rollout, referencesIn({}))).toBe(
      'spec.strategy.blueGreen.activeService: Invalid value: "active": service "active" not found',
    );
    expect(validateReferences(rollout, referencesIn({ 'Service/active': selecting() }))).toBe(
      'spec.strategy.blueGreen.previewService: Invalid value: "preview": service "preview" not found',
    );
    const world = { 'Service/active': selecting(), 'Service/preview': selecting() };
    expect(validateReferences(rollout, referencesIn(world))).toBeUndefined();
  });

  it.each<[string, object, World, string]>([
    [
      'the stable one first',
      {},
      { 'Service/c': selecting() },
      `${inCanary}.stableService: Invalid value: "s": service "s" not found`,
    ],
    [
      'then the canary',
      {},
      { 'Service/s': selecting() },
      `${inCanary}.canaryService: Invalid value: "c": service "c" not found`,
    ],
    [
      'and ping and pong',
      { pingPong: { pingService: 'i', pongService: 'o' } },
      { ...services, 'Service/o': selecting() },
      `${inCanary}.pingPong.pingService: Invalid value: "i": service "i" not found`,
    ],
    [
      'with labels of the pods alone',
      {},
      { ...services, 'Service/c': selecting({ app: 'other' }) },
      `${inCanary}.canaryService: Invalid value: "c": Service "c" has unmatch label "app" in rollout`,
    ],
    [
      'that no other Rollout has taken',
      {},
      {
        ...services,
        'Service/s': {
          ...selecting(),
          metadata: { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'other' } },
        },
      },
      `${inCanary}.stableService: Invalid value: "s": Service "s" is managed by another Rollout`,
    ],
  ])('of a canary are wanted: %s', (_name, canary, world, problem) => {
    expect(validateReferences(withCanary(canary), referencesIn(world))).toBe(problem);
  });

  it('may select a version already', () => {
    const chosen = selecting({ app: 'web', 'rollouts-pod-template-hash': 'x' });
    expect(problemOf({}, { 'Service/c': chosen })).toBeUndefined();
  });
});

describe('Ingresses', () => {
  const to = (service: string): Fields => ({
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: service, port: { number: 80 } } } }] } }] },
  });
  const nginx = `${inCanary}.trafficRouting.nginx`;
  const alb = `${inCanary}.trafficRouting.alb`;

  it.each<[string, object, World, string]>([
    [
      'nginx with one and many',
      { nginx: { stableIngress: 'i', stableIngresses: ['j'] } },
      {},
      `${nginx}: Internal error: Either StableIngress or StableIngresses must be configured. Both are configured.`,
    ],
    [
      'nginx with none',
      { nginx: {} },
      {},
      `${nginx}: Internal error: Either StableIngress or StableIngresses must be configured. Neither are configured.`,
    ],
    [
      'ALB with one and many',
      { alb: { ingress: 'i', ingresses: ['j'], servicePort: 80 } },
      {},
      `${alb}: Internal error: Either Ingress or Ingresses must be configured. Both are configured.`,
    ],
    [
      'ALB with none',
      { alb: { servicePort: 80 } },
      {},
      `${alb}: Internal error: Either Ingress or Ingresses must be configured. Neither are configured.`,
    ],
    [
      'one of nginx that is not there',
      { nginx: { stableIngress: 'i' } },
      {},
      `${nginx}.stableIngress: Invalid value: "i": ingress.networking.k8s.io "i" not found`,
    ],
    [
      'many of nginx that are not there',
      { nginx: { stableIngresses: ['i', 'j'] } },
      { 'Ingress/i': to('s') },
      `${nginx}.StableIngresses: Invalid value: "j": ingress.networking.k8s.io "j" not found`,
    ],
    [
      'ALB before nginx',
      { nginx: { stableIngress: 'i' }, alb: { ingress: 'j', servicePort: 80 } },
      {},
      `${alb}.ingress: Invalid value: "j": ingress.networking.k8s.io "j" not found`,
    ],
    [
      'one that leads elsewhere',
      { nginx: { stableIngress: 'i' } },
      { 'Ingress/i': to('other') },
      `${nginx}.stableIngress: Invalid value: "i": ingress \`i\` has no rules using service s backend`,
    ],
    [
      'one of many that leads elsewhere',
      { nginx: { stableIngresses: ['i', 'j'] } },
      { 'Ingress/i': to('s'), 'Ingress/j': to('other') },
      `${nginx}.stableIngresses: Invalid value: "j": ingress \`j\` has no rules using service s backend`,
    ],
    [
      'one that does not lead to the root',
      { alb: { ingresses: ['i'], rootService: 'r', servicePort: 80 } },
      { 'Ingress/i': to('s') },
      `${alb}.ingresses: Invalid value: "i": ingress \`i\` has no rules using service r backend`,
    ],
  ])('are refused: %s', (_name, trafficRouting, world, problem) => {
    expect(problemOf({ trafficRouting }, world)).toBe(problem);
  });

  it('are passed over where they are not at hand', () => {
    const rollout = withCanary({ trafficRouting: { nginx: { stableIngress: 'i' } } });
    expect([...contentProblems(rollout, referencesIn({}))]).toEqual([]);
  });
});

describe('Ambassador and App Mesh', () => {
  const ambassador = `${inCanary}.trafficRouting.ambassador.mappings`;
  const appMesh = { appMesh: { virtualService: { name: 'v' } } };
  const virtualService = { spec: { provider: { virtualRouter: { virtualRouterRef: { name: 'r' } } } } };
  const withRoutes = (...routes: object[]): World => ({
    'AppMeshVirtualService/v': virtualService,
    'AppMeshVirtualRouter/r': { spec: { routes } },
  });

  it.each<[string, object, World, string]>([
    [
      'no mapping',
      { ambassador: { mappings: [] } },
      {},
      `${ambassador}: Invalid value: []: must provide at least one mapping`,
    ],
    [
      'a mapping that is not there',
      { ambassador: { mappings: ['m'] } },
      {},
      `${ambassador}: Invalid value: "m": mappings.getambassador.io "m" not found`,
    ],
    [
      'a mapping with a weight',
      { ambassador: { mappings: ['m'] } },
      { 'Mapping/m': { spec: { weight: 5 } } },
      'spec.weight: Invalid value: 5: Ambassador mapping "m" can not define weight',
    ],
    [
      'a mesh without a virtual service',
      { appMesh: {} },
      {},
      `${inCanary}.trafficRouting.appmesh.virtualService: Invalid value: null: must provide virtual-service`,
    ],
    [
      'a virtual service that is not there',
      appMesh,
      {},
      `${inCanary}.trafficRouting.appmesh.virtualService: Invalid value: "v": virtualservices.appmesh.k8s.aws "v" not found`,
    ],
    [
      'a router that is not there',
      appMesh,
      { 'AppMeshVirtualService/v': virtualService },
      `${inCanary}.trafficRouting.appmesh.virtualService: Invalid value: "v": virtualrouters.appmesh.k8s.aws "r" not found`,
    ],
    [
      'a router without routes',
      appMesh,
      withRoutes(),
      'spec.routes: Invalid value: "r": No routes defined for AppMesh virtual-router r',
    ],
    [
      'a route of another type',
      appMesh,
      withRoutes({ name: 'x' }),
      'spec.routes[0]: Invalid value: "r": Error getting route details for AppMesh virtual-router r and route x. Error: Route has unsupported route type',
    ],
    [
      'a route without targets',
      appMesh,
      withRoutes({ name: 'x', tcpRoute: {} }),
      'spec.routes[0].tcpRoute.action.weightedTargets: Invalid value: "r": Invalid route action found for AppMesh virtual-router r and route x',
    ],
    [
      'a route with one target',
      appMesh,
      withRoutes({ name: 'x', httpRoute: { action: { weightedTargets: [{}] } } }),
      'spec.routes[0].httpRoute.action.weightedTargets: Invalid value: "r": Invalid number of weightedTargets (1) for AppMesh virtual-router r and route x, expected 2',
    ],
  ])('are refused: %s', (_name, trafficRouting, world, problem) => {
    expect(problemOf({ trafficRouting }, world)).toBe(problem);
  });

  it('may be in order', () => {
    const route = { name: 'x', grpcRoute: { action: { weightedTargets: [{}, {}] } } };
    expect(problemOf({ trafficRouting: appMesh }, withRoutes(route))).toBeUndefined();
    const mapping = { 'Mapping/m': { spec: { weight: 0 } } };
    expect(problemOf({ trafficRouting: { ambassador: { mappings: ['m'] } } }, mapping)).toBeUndefined();
  });
});
