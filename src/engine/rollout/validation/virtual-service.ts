/** An Istio VirtualService that a canary names: the routes that get weights are there, and lead to both versions. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { IstioVirtualService, Rollout } from '#api/rollout.ts';
import { canaryOf, stepsOf } from '../defaults.ts';
import { invalid, type FieldProblems } from './field-problem.ts';
import { objectOf, objectsOf, textOf, type RawObject } from '../raw-json.ts';

export function* virtualServiceProblems(
  rollout: Rollout,
  config: IstioVirtualService,
  service: KubeObject,
  field: string,
): FieldProblems {
  const spec = objectOf(service['spec']);
  const protocols = (['http', 'tls', 'tcp'] as const).filter((protocol) => Array.isArray(spec[protocol]));
  const { name } = service.metadata;
  if (protocols.length === 0)
    yield invalid(field, name, 'Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService');
  for (const protocol of protocols) {
    const problem = routesProblem(rollout, config, protocol, objectsOf(spec[protocol]));
    if (problem !== undefined)
      yield invalid(
        field,
        name,
        `Istio VirtualService has invalid ${protocol.toUpperCase()} routes. Error: ${problem}`,
      );
  }
}

type Protocol = 'http' | 'tls' | 'tcp';

function routesProblem(
  rollout: Rollout,
  config: IstioVirtualService,
  protocol: Protocol,
  routes: readonly RawObject[],
): string | undefined {
  const selected = protocol === 'http' ? httpRoutes(rollout, config, routes) : matchedRoutes(config, protocol, routes);
  if (typeof selected === 'string') return selected;
  for (const route of selected) {
    const problem = destinationsProblem(rollout, route);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** The routes, or why they cannot be chosen. */
type Selected = readonly RawObject[] | string;

function httpRoutes(
  rollout: Rollout,
  { routes: names = [] }: IstioVirtualService,
  routes: readonly RawObject[],
): Selected {
  if (names.length > 0) {
    const lost = names.find((name) => !routes.some((route) => route['name'] === name));
    if (lost !== undefined) return `HTTP Route '${lost}' is not found in the defined Virtual Service.`;
    return routes.filter((route) => names.includes(textOf(route['name'])));
  }
  const managed = managedNames(rollout);
  const own = routes.filter((route) => !managed.has(textOf(route['name'])));
  if (routes.length === 0 || own.length === 1) return own;
  return 'spec.http[] should be set in VirtualService and it must have exactly one route when omitting spec.strategy.canary.trafficRouting.istio.virtualService.routes';
}

/** Routes that the controller itself adds. */
function managedNames(rollout: Rollout): ReadonlySet<string> {
  return new Set([
    ...(canaryOf(rollout)?.trafficRouting?.managedRoutes ?? []).map(({ name }) => name),
    ...stepsOf(rollout).flatMap(({ setHeaderRoute, setMirrorRoute }) =>
      [setHeaderRoute?.name, setMirrorRoute?.name].filter((name) => name !== undefined),
    ),
  ]);
}

function matchedRoutes(config: IstioVirtualService, protocol: 'tls' | 'tcp', routes: readonly RawObject[]): Selected {
  const conditions: readonly { port?: number; sniHosts?: readonly string[] }[] =
    (protocol === 'tls' ? config.tlsRoutes : config.tcpRoutes) ?? [];
  if (conditions.length === 0) return routes.slice(0, 1);
  const selected = routes.filter((route) => conditions.some((condition) => isMeant(route, condition)));
  if (selected.length > 0) return selected;
  return `No matching ${protocol.toUpperCase()} routes found in the defined Virtual Service.`;
}

function isMeant(
  route: RawObject,
  { port, sniHosts = [] }: { readonly port?: number; readonly sniHosts?: readonly string[] },
): boolean {
  const matches = objectsOf(route['match']);
  const ports = new Set(matches.flatMap((match) => (typeof match['port'] === 'number' ? [match['port']] : [])));
  const hosts = new Set(matches.flatMap((match) => (Array.isArray(match['sniHosts']) ? match['sniHosts'] : [])));
  return (
    (port !== undefined || sniHosts.length > 0) &&
    (port === undefined || (ports.size === 1 && ports.has(port))) &&
    (sniHosts.length === 0 || hosts.symmetricDifference(new Set<unknown>(sniHosts)).size === 0)
  );
}

/** Both Services, or both subsets where a DestinationRule tells versions apart. */
function destinationsProblem(rollout: Rollout, route: RawObject): string | undefined {
  const canary = canaryOf(rollout);
  const rule = canary?.trafficRouting?.istio?.destinationRule;
  const destinations = objectsOf(route['route']).map(({ destination }) => objectOf(destination));
  const hosts = destinations.map(({ host }) => textOf(host).split('.')[0]);
  const subsets = destinations.map(({ subset }) => subset);
  if (rule === undefined) {
    const { canaryService, stableService } = namesOf(rollout);
    if (!hosts.includes(canaryService)) return `Canary Service '${canaryService}' not found in route`;
    return hosts.includes(stableService) ? undefined : `Stable Service '${stableService}' not found in route`;
  }
  const { canarySubsetName, stableSubsetName } = rule;
  if (!subsets.includes(canarySubsetName))
    return `Canary DestinationRule subset '${canarySubsetName}' not found in route`;
  if (subsets.includes(stableSubsetName)) return undefined;
  return `Stable DestinationRule subset '${stableSubsetName}' not found in route`;
}

/** The Services of the two versions. With ping-pong alone it is whoever's turn it is. */
function namesOf(rollout: Rollout): { readonly canaryService: string; readonly stableService: string } {
  const { pingPong, canaryService = '', stableService = '' } = canaryOf(rollout) ?? {};
  const { pingService = '', pongService = '' } = pingPong ?? {};
  const [stable, canary] =
    rollout.status?.canary?.stablePingPong === 'ping' ? [pingService, pongService] : [pongService, pingService];
  return {
    canaryService: canaryService === '' ? canary : canaryService,
    stableService: stableService === '' ? stable : stableService,
  };
}
