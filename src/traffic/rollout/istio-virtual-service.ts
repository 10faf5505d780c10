/** Weights of a Rollout in an Istio VirtualService: which of its routes they go to, and what becomes of each destination. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { IstioRouting, IstioVirtualService } from '#api/rollout.ts';
import { RouteError } from '#traffic/router.ts';
import type { RolloutTraffic } from './router.ts';
import { managedRouteNames, totalWeight, trafficRoutingOf } from './routing-object.ts';

export interface Destination {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number: number };
}

export interface WeightedDestination {
  readonly destination: Destination;
  readonly weight?: number;
  readonly [field: string]: unknown;
}

interface RouteMatch {
  readonly port?: number;
  readonly sniHosts?: readonly string[];
  readonly [field: string]: unknown;
}

/** A route of HTTP, TLS or TCP. */
export interface VirtualServiceRoute {
  readonly name?: string;
  readonly match?: readonly RouteMatch[];
  readonly route?: readonly WeightedDestination[];
  readonly mirror?: Destination;
  readonly [field: string]: unknown;
}

export interface VirtualService extends KubeObject {
  readonly spec?: {
    readonly http?: readonly VirtualServiceRoute[];
    readonly tls?: readonly VirtualServiceRoute[];
    readonly tcp?: readonly VirtualServiceRoute[];
    readonly [field: string]: unknown;
  };
}

type Protocol = 'http' | 'tls' | 'tcp';

const selectedRoutes: Readonly<
  Record<
    Protocol,
    (
      config: IstioVirtualService,
      routes: readonly VirtualServiceRoute[],
      managed: readonly string[],
    ) => readonly VirtualServiceRoute[]
  >
> = {
  http: ({ routes: names = [] }, routes, managed) => selectedHttpRoutes(names, routes, managed),
  tls: ({ tlsRoutes = [] }, routes) =>
    selectedByMatch(tlsRoutes, routes, 'No matching TLS routes found in the defined Virtual Service.'),
  tcp: ({ tcpRoutes = [] }, routes) =>
    selectedByMatch(tcpRoutes, routes, 'No matching TCP routes found in the defined Virtual Service.'),
};

/** The VirtualService with `weight` for the canary in all selected routes. */
export function withWeight(
  config: IstioVirtualService,
  service: VirtualService,
  traffic: RolloutTraffic,
  weight: number,
): VirtualService {
  const spec = service.spec ?? {};
  const protocols = (['http', 'tls', 'tcp'] as const).filter((protocol) => spec[protocol] !== undefined);
  if (protocols.length === 0) {
    throw new RouteError('Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService');
  }
  const managed = managedRouteNames(traffic.rollout);
  const changed = protocols.map((protocol) => {
    const routes = spec[protocol] ?? [];
    const selected = selectedRoutes[protocol](config, routes, managed);
    for (const route of selected) expectDestinations(route, traffic);
    const isWeighted = (route: VirtualServiceRoute): boolean =>
      selected.includes(route) || (managed.includes(route.name ?? '') && route.mirror !== undefined);
    return [protocol, routes.map((route) => (isWeighted(route) ? weightedRoute(route, traffic, weight) : route))];
  });
  return { ...service, spec: { ...spec, ...Object.fromEntries(changed) } };
}

/** The HTTP route that header and mirror routes are made of. */
export function weightedHttpRoute(
  config: IstioVirtualService,
  service: VirtualService,
  managed: readonly string[],
): VirtualServiceRoute {
  const [route] = selectedRoutes.http(config, service.spec?.http ?? [], managed);
  if (route === undefined) throw new RouteError('No HTTP routes found in the defined Virtual Service.');
  return route;
}

function selectedHttpRoutes(
  names: readonly string[],
  routes: readonly VirtualServiceRoute[],
  managed: readonly string[],
): readonly VirtualServiceRoute[] {
  if (names.length > 0) {
    for (const name of names) {
      if (!routes.some((route) => route.name === name)) {
        throw new RouteError(`HTTP Route '${name}' is not found in the defined Virtual Service.`);
      }
    }
    return routes.filter(({ name = '' }) => names.includes(name));
  }
  const own = routes.filter(({ name = '' }) => !managed.includes(name));
  const only = own.length === 1 ? own[0] : own.find(({ name = '' }) => name === '');
  if (only === undefined)
    throw new RouteError('Cannot choose an HTTP route: several have names, and none is configured');
  return [only];
}

/** Without conditions the first route; else those that are for exactly the port and the hosts of one of them. */
function selectedByMatch(
  conditions: readonly { readonly port?: number; readonly sniHosts?: readonly string[] }[],
  routes: readonly VirtualServiceRoute[],
  nothingFound: string,
): readonly VirtualServiceRoute[] {
  if (conditions.length === 0) return routes.slice(0, 1);
  const selected = routes.filter(({ match = [] }) => {
    const ports = new Set(match.flatMap(({ port }) => port ?? []));
    const hosts = new Set(match.flatMap(({ sniHosts = [] }) => sniHosts));
    return conditions.some(
      ({ port, sniHosts = [] }) =>
        (port !== undefined || sniHosts.length > 0) &&
        (port === undefined || (ports.size === 1 && ports.has(port))) &&
        (sniHosts.length === 0 || hosts.symmetricDifference(new Set(sniHosts)).size === 0),
    );
  });
  if (selected.length === 0) throw new RouteError(nothingFound);
  return selected;
}

type Side = 'canary' | 'stable';

/** Whose destination it is: the subset says it where there is one of the DestinationRule, else the host. */
function sideOf({ destination }: WeightedDestination, traffic: RolloutTraffic): Side | undefined {
  const { canarySubsetName, stableSubsetName } = istioOf(traffic).destinationRule ?? {};
  const { subset } = destination;
  if (subset !== undefined && subset === canarySubsetName) return 'canary';
  if (subset !== undefined && subset === stableSubsetName) return 'stable';
  const host = shortHost(destination);
  if (host === traffic.canaryService) return 'canary';
  return host === traffic.stableService ? 'stable' : undefined;
}

export function istioOf({ rollout }: RolloutTraffic): IstioRouting {
  return trafficRoutingOf(rollout)?.istio ?? {};
}

function shortHost({ host }: Destination): string {
  return host.split('.')[0] ?? host;
}

function expectDestinations({ route = [] }: VirtualServiceRoute, traffic: RolloutTraffic): void {
  const sides = route.map((destination) => sideOf(destination, traffic));
  const { destinationRule: rule } = istioOf(traffic);
  const missing = (side: string, service: string, subset: string | undefined): string =>
    subset === undefined
      ? `${side} Service '${service}' not found in route`
      : `${side} DestinationRule subset '${subset}' not found in route`;
  if (!sides.includes('canary')) {
    throw new RouteError(missing('Canary', traffic.canaryService, rule?.canarySubsetName));
  }
  if (!sides.includes('stable')) {
    throw new RouteError(missing('Stable', traffic.stableService, rule?.stableSubsetName));
  }
}

function weightedRoute(route: VirtualServiceRoute, traffic: RolloutTraffic, weight: number): VirtualServiceRoute {
  const there = route.route ?? [];
  const { additionalSubsetNames = [] } = istioOf(traffic).destinationRule ?? {};
  const isOwnSubset = ({ destination }: WeightedDestination): boolean =>
    additionalSubsetNames.includes(destination.subset ?? '');
  const shares = new Map(traffic.additional.map(({ serviceName = '', weight }) => [serviceName, weight]));
  const others = sum(shares.values()) + sum(there.filter(isOwnSubset).map((destination) => destination.weight ?? 0));
  const weights = { canary: weight, stable: Math.max(0, totalWeight(traffic.rollout) - weight - others) };
  const kept = there.flatMap((destination) => {
    const side = sideOf(destination, traffic);
    if (side !== undefined) return [{ ...destination, weight: weights[side] }];
    const share = shares.get(shortHost(destination.destination));
    if (share !== undefined) return [{ ...destination, weight: share }];
    // What else has traffic is of an experiment that has ended.
    return isOwnSubset(destination) || !destination.weight ? [destination] : [];
  });
  const added = [...shares]
    .filter(([host]) => !there.some(({ destination }) => shortHost(destination) === host))
    .toSorted(([first], [second]) => (first < second ? -1 : 1))
    .map(([host, share]) => ({ destination: { host }, weight: share }));
  return { ...route, route: [...kept, ...added] };
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
