/** Header and mirror routes of a Rollout in an Istio VirtualService: routes with its names, before all others. */
import type { IstioVirtualService, SetHeaderRoute, SetMirrorRoute, StringMatch } from '#api/rollout.ts';
import {
  istioOf,
  weightedHttpRoute,
  type Destination,
  type VirtualService,
  type VirtualServiceRoute,
} from './istio-virtual-service.ts';
import type { RolloutTraffic } from './router.ts';
import { managedRouteNames } from './routing-object.ts';

/** Where requests for the canary alone go. */
interface CanaryPlace {
  readonly host: string;
  readonly subset?: string;
}

export function canaryPlace(traffic: RolloutTraffic, ruleHost: string | undefined): CanaryPlace {
  const { destinationRule } = istioOf(traffic);
  return destinationRule === undefined
    ? { host: traffic.canaryService }
    : { host: ruleHost || traffic.canaryService, subset: destinationRule.canarySubsetName };
}

export function withHeaderRoute(
  config: IstioVirtualService,
  service: VirtualService,
  traffic: RolloutTraffic,
  place: CanaryPlace,
  { name = '', match = [] }: SetHeaderRoute,
): VirtualService {
  return withManagedRoute(service, traffic, name, () => {
    if (match.length === 0) return undefined;
    const weighted = weightedHttpRoute(config, service, managedRouteNames(traffic.rollout));
    return {
      name,
      match: match.map(({ headerName, headerValue }) => ({ headers: { [headerName]: stringMatch(headerValue) } })),
      route: [{ destination: destinationAt(place, weighted), weight: 100 }],
    };
  });
}

export function withMirrorRoute(
  config: IstioVirtualService,
  service: VirtualService,
  traffic: RolloutTraffic,
  place: CanaryPlace,
  { name, match = [], percentage = 100 }: SetMirrorRoute,
): VirtualService {
  return withManagedRoute(service, traffic, name, () => {
    if (match.length === 0) return undefined;
    const weighted = weightedHttpRoute(config, service, managedRouteNames(traffic.rollout));
    return {
      name,
      match: match.map(mirrorMatch),
      ...(weighted.route === undefined ? {} : { route: weighted.route }),
      mirror: destinationAt(place, weighted),
      mirrorPercentage: { value: percentage },
    };
  });
}

/** The VirtualService without the routes that the Rollout may add, or that its steps name. */
export function withoutManagedRoutes(service: VirtualService, traffic: RolloutTraffic): VirtualService {
  const steps = traffic.rollout.spec.strategy?.canary?.steps ?? [];
  const names = new Set<string | undefined>([
    ...managedRouteNames(traffic.rollout),
    ...steps.flatMap(({ setHeaderRoute, setMirrorRoute }) => [setHeaderRoute?.name, setMirrorRoute?.name]),
  ]);
  names.delete(undefined);
  names.delete('');
  return withHttp(
    service,
    (service.spec?.http ?? []).filter(({ name }) => !names.has(name)),
  );
}

function withManagedRoute(
  service: VirtualService,
  traffic: RolloutTraffic,
  name: string,
  make: () => VirtualServiceRoute | undefined,
): VirtualService {
  const names = managedRouteNames(traffic.rollout);
  const made = make();
  const others = (service.spec?.http ?? []).filter((route) => route.name !== name);
  const placeOf = (route: VirtualServiceRoute): number => {
    const at = names.indexOf(route.name ?? '');
    return at < 0 ? names.length : at;
  };
  const routes = [...(made === undefined ? [] : [made]), ...others];
  return withHttp(
    service,
    routes.toSorted((first, second) => placeOf(first) - placeOf(second)),
  );
}

function withHttp(service: VirtualService, http: readonly VirtualServiceRoute[]): VirtualService {
  return { ...service, spec: { ...service.spec, http } };
}

function destinationAt({ host, subset }: CanaryPlace, { route = [] }: VirtualServiceRoute): Destination {
  const port = route.find(({ destination }) => destination.port !== undefined)?.destination.port;
  return { host, ...(port === undefined ? {} : { port }), ...(subset === undefined ? {} : { subset }) };
}

function mirrorMatch({ method, path, headers }: NonNullable<SetMirrorRoute['match']>[number]) {
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name, stringMatch(value)] as const);
  return {
    ...(method === undefined ? {} : { method: stringMatch(method) }),
    ...(path === undefined ? {} : { uri: stringMatch(path) }),
    ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
  };
}

function stringMatch({ exact, prefix, regex }: StringMatch): StringMatch {
  if (exact) return { exact };
  return regex ? { regex } : { prefix: prefix ?? '' };
}
