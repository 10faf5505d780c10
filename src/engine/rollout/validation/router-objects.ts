/** The objects of Istio, Ambassador and App Mesh that a canary names. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { IstioRouting, IstioVirtualService, Rollout } from '#api/rollout.ts';
import { canaryOf } from '../defaults.ts';
import { internal, invalid, type FieldProblem, type FieldProblems } from './field-problem.ts';
import { isRawObject, listOf, objectOf, textOf } from '../raw-json.ts';
import type { References } from './references.ts';
import { virtualServiceProblems } from './virtual-service.ts';

/** Kinds whose API versions are a matter of flags. */
export interface RouterKinds {
  readonly virtualService: Resource;
  readonly mapping: Resource;
  readonly appMeshVirtualService: Resource;
  readonly appMeshVirtualRouter: Resource;
}

const kind = (group: string, version: string, plural: string, name: string): Resource => ({
  group,
  version,
  plural,
  kind: name,
  namespaced: true,
});

const defaultKinds: RouterKinds = {
  virtualService: kind('networking.istio.io', 'v1alpha3', 'virtualservices', 'VirtualService'),
  mapping: kind('getambassador.io', 'v2', 'mappings', 'Mapping'),
  appMeshVirtualService: kind('appmesh.k8s.aws', 'v1beta2', 'virtualservices', 'VirtualService'),
  appMeshVirtualRouter: kind('appmesh.k8s.aws', 'v1beta2', 'virtualrouters', 'VirtualRouter'),
};

const kindsOf = ({ kinds }: References): RouterKinds => ({ ...defaultKinds, ...kinds });

const notFoundText = ({ plural, group }: Resource, name: string): string => `${plural}.${group} "${name}" not found`;

const routing = 'spec.strategy.canary.trafficRouting';

export function* missingRouterObjectProblems(rollout: Rollout, references: References): FieldProblems {
  yield* missingVirtualServices(rollout, references);
  yield* missingMappings(rollout, references);
  yield* missingMesh(rollout, references);
}

export function* routerObjectProblems(rollout: Rollout, references: References): FieldProblems {
  for (const { config, field } of virtualServicesOf(rollout)) {
    const service = virtualService(references, config);
    if (service !== undefined) yield* virtualServiceProblems(rollout, config, service, field);
  }
  for (const name of mappingsOf(rollout) ?? []) {
    const mapping = references.object(kindsOf(references).mapping, name);
    yield* mappingProblems(mapping, name);
  }
  yield* meshProblems(rollout, references);
}

interface ConfiguredService {
  readonly config: IstioVirtualService;
  readonly field: string;
}

const istioOf = (rollout: Rollout): IstioRouting | undefined => canaryOf(rollout)?.trafficRouting?.istio;

function virtualServicesOf(rollout: Rollout): readonly ConfiguredService[] {
  const istio = istioOf(rollout);
  if (istio?.virtualService !== undefined)
    return [{ config: istio.virtualService, field: `${routing}.istio.virtualService.name` }];
  return (istio?.virtualServices ?? []).map((config) => ({ config, field: `${routing}.istio.virtualServices.name` }));
}

/** `NAME` or `NAME.NAMESPACE`. */
function virtualService(references: References, { name }: IstioVirtualService): KubeObject | undefined {
  const short = name.replace(/\.cluster\.local$/, '');
  const dot = short.lastIndexOf('.');
  const { virtualService: resource } = kindsOf(references);
  return dot < 0
    ? references.object(resource, short)
    : references.object(resource, short.slice(0, dot), short.slice(dot + 1));
}

function* missingVirtualServices(rollout: Rollout, references: References): FieldProblems {
  const istio = istioOf(rollout);
  if (istio === undefined) return;
  const { virtualService: one, virtualServices: many = [] } = istio;
  if ((one === undefined) === (many.length === 0))
    yield internal(`${routing}.istio`, 'either VirtualService or VirtualServices must be configured');
  for (const { config, field } of virtualServicesOf(rollout)) {
    if (virtualService(references, config) !== undefined) continue;
    const [name = ''] = config.name.split('.');
    yield invalid(field, config.name, notFoundText(kindsOf(references).virtualService, name));
  }
}

const mappingsOf = (rollout: Rollout): readonly string[] | undefined =>
  canaryOf(rollout)?.trafficRouting?.ambassador?.mappings;

function* missingMappings(rollout: Rollout, references: References): FieldProblems {
  const mappings = mappingsOf(rollout);
  if (mappings === undefined) return;
  const field = `${routing}.ambassador.mappings`;
  const { mapping } = kindsOf(references);
  if (mappings.length === 0) yield invalid(field, mappings, 'must provide at least one mapping');
  for (const name of mappings) {
    if (references.object(mapping, name) === undefined) yield invalid(field, name, notFoundText(mapping, name));
  }
}

function* mappingProblems(mapping: KubeObject | undefined, name: string): FieldProblems {
  const weight = objectOf(mapping?.['spec'])['weight'];
  if (typeof weight === 'number' && weight !== 0)
    yield invalid('spec.weight', weight, `Ambassador mapping "${name}" can not define weight`);
}

/** The router of an App Mesh VirtualService; the name is empty where it has none. */
function meshRouterName(service: KubeObject): string {
  const provider = objectOf(objectOf(service['spec'])['provider']);
  return textOf(objectOf(objectOf(provider['virtualRouter'])['virtualRouterRef'])['name']);
}

function* missingMesh(rollout: Rollout, references: References): FieldProblems {
  const appMesh = canaryOf(rollout)?.trafficRouting?.appMesh;
  if (appMesh === undefined) return;
  const field = `${routing}.appmesh.virtualService`;
  const { appMeshVirtualService, appMeshVirtualRouter } = kindsOf(references);
  const name = appMesh.virtualService?.name;
  if (name === undefined) {
    yield invalid(field, null, 'must provide virtual-service');
    return;
  }
  const service = references.object(appMeshVirtualService, name);
  if (service === undefined) {
    yield invalid(field, name, notFoundText(appMeshVirtualService, name));
    return;
  }
  const router = meshRouterName(service);
  if (references.object(appMeshVirtualRouter, router) === undefined)
    yield invalid(field, name, notFoundText(appMeshVirtualRouter, router));
}

const routeTypes = ['httpRoute', 'tcpRoute', 'http2Route', 'grpcRoute'] as const;

function* meshProblems(rollout: Rollout, references: References): FieldProblems {
  const name = canaryOf(rollout)?.trafficRouting?.appMesh?.virtualService?.name;
  if (name === undefined) return;
  const { appMeshVirtualService, appMeshVirtualRouter } = kindsOf(references);
  const service = references.object(appMeshVirtualService, name);
  const router = service === undefined ? undefined : references.object(appMeshVirtualRouter, meshRouterName(service));
  if (router === undefined) return;
  const { name: routerName } = router.metadata;
  const routes = listOf(objectOf(router['spec'])['routes']);
  if (routes.length === 0)
    yield invalid('spec.routes', routerName, `No routes defined for AppMesh virtual-router ${routerName}`);
  for (const [at, route] of routes.entries()) {
    const problem = meshRouteProblem(routerName, route, at);
    if (problem !== undefined) yield problem;
  }
}

function meshRouteProblem(router: string, route: unknown, at: number): FieldProblem | undefined {
  const field = `spec.routes[${at}]`;
  if (!isRawObject(route))
    return invalid(field, router, `Invalid route was found for AppMesh virtual-router ${router} at index ${at}`);
  const where = `AppMesh virtual-router ${router} and route ${textOf(route['name'])}`;
  const type = routeTypes.find((one) => route[one] !== undefined);
  if (type === undefined)
    return invalid(field, router, `Error getting route details for ${where}. Error: Route has unsupported route type`);
  const place = `${field}.${type}.action.weightedTargets`;
  const targets = objectOf(objectOf(route[type])['action'])['weightedTargets'];
  if (!Array.isArray(targets)) return invalid(place, router, `Invalid route action found for ${where}`);
  if (targets.length === 2) return undefined;
  return invalid(place, router, `Invalid number of weightedTargets (${targets.length}) for ${where}, expected 2`);
}
