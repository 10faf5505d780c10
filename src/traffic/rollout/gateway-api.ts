/** The Gateway API for Rollouts (`argoproj-labs/gatewayAPI`): weights and header routes in HTTP, gRPC, TCP and TLS routes of the user. */
import type { SetHeaderRoute } from '#api/rollout.ts';
import { services as serviceKind } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import {
  configuredRoutes,
  gatewayApiConfigOf,
  routeKinds,
  routeResources,
  type ConfiguredRoute,
  type GatewayApiConfig,
  type RouteKinds,
} from './gateway-api-config.ts';
import { experimentBackends, withExperiments } from './gateway-api-experiments.ts';
import { withHeaderRoute, withoutHeaderRoutes } from './gateway-api-header-routes.ts';
import {
  expectBackends,
  goesToCanaryAlone,
  isNamed,
  rulesIn,
  weightedRules,
  withRules,
  type Route,
  type RouteRule,
} from './gateway-api-rules.ts';
import { noChanges, type LiveRoutes, type RolloutRouter, type RolloutTraffic, type RouteChanges } from './router.ts';
import { existing, managedRouteNames, totalWeight, writeOf } from './routing-object.ts';

const nothingConfigured =
  "No routes configured. At least one of 'httpRoutes', 'grpcRoutes', 'tcpRoutes', 'tlsRoutes', 'httpRoute', 'grpcRoute', 'tcpRoute' or 'tlsRoute' must be set";

const missingBackend: Readonly<Record<ConfiguredRoute['type'], string>> = {
  http: 'backendRef was not found in httpRoute',
  grpc: 'backendRef was not found in grpcRoute',
  tcp: 'backendRef list was not found in tcpRoute',
  tls: 'backendRef list was not found in tlsRoute',
};

export function gatewayApi(tcpVersion: string, tlsVersion: string): RolloutRouter {
  const kinds = routeKinds(tcpVersion, tlsVersion);
  return {
    resources: (rollout) => [...routeResources(kinds, gatewayApiConfigOf(rollout)), serviceKind],
    updateHash: () => noChanges,
    setWeight(traffic, live, weight) {
      const routes = configuredRoutes(kinds, traffic.rollout, live);
      if (routes.length === 0) throw new RouteError(nothingConfigured);
      const config = gatewayApiConfigOf(traffic.rollout);
      return changed(traffic, live, routes, (found, route) =>
        marked(config, withRules(found, splitRules(traffic, live, route.type, rulesIn(found), weight)), weight > 0),
      );
    },
    setHeaderRoute(traffic, live, step) {
      const routes = headerRouted(kinds, traffic, live);
      return (step.match ?? []).length === 0
        ? withoutManagedRoutes(traffic, live, routes)
        : withStep(traffic, live, routes, step);
    },
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: (traffic, live) => withoutManagedRoutes(traffic, live, headerRouted(kinds, traffic, live)),
    verifyWeight: () => true,
  };
}

function withStep(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  routes: readonly ConfiguredRoute[],
  step: SetHeaderRoute,
): RouteChanges {
  const names = managedRouteNames(traffic.rollout);
  return changed(traffic, live, routes, (found, route) => {
    const rules = rulesIn(found);
    expectBackends(rules, traffic, missingBackend[route.type]);
    return withRules(found, withHeaderRoute(rules, traffic, step, names, route.namespace));
  });
}

function withoutManagedRoutes(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  routes: readonly ConfiguredRoute[],
): RouteChanges {
  const names = managedRouteNames(traffic.rollout);
  const there = routes.filter(({ resource, name, namespace }) => live.get(resource, name, namespace) !== undefined);
  return changed(traffic, live, there, (found) =>
    withRules(found, withoutHeaderRoutes(rulesIn(found), traffic, names, headerSteps(traffic))),
  );
}

/** The writes that make of each route what `change` makes of it. */
function changed(
  { rollout }: RolloutTraffic,
  live: LiveRoutes,
  routes: readonly ConfiguredRoute[],
  change: (found: Route, route: ConfiguredRoute) => Route,
): RouteChanges {
  const writes = routes.flatMap((route) => {
    const found: Route = existing(live, route.resource, route.name, route.namespace);
    return writeOf(rollout, route.resource, found, change(found, route));
  });
  return { writes, events: [] };
}

function splitRules(
  traffic: RolloutTraffic,
  live: LiveRoutes,
  type: ConfiguredRoute['type'],
  rules: readonly RouteRule[],
  canary: number,
): readonly RouteRule[] {
  const names = managedRouteNames(traffic.rollout);
  const hasManaged = type === 'http' || type === 'grpc';
  const isManaged = (rule: RouteRule): boolean =>
    hasManaged && (isNamed(rule, names) || goesToCanaryAlone(rule, traffic));
  expectBackends(
    rules.filter((rule) => !isManaged(rule)),
    traffic,
    missingBackend[type],
  );
  const stable = Math.max(0, totalWeight(traffic.rollout) - canary);
  const weighted = weightedRules(rules, traffic, { canary, stable }, isManaged);
  return type === 'http' ? withExperiments(weighted, traffic, live, experimentBackends(traffic, live)) : weighted;
}

/** The route with the label that tells GitOps tools that its weights are not the user's at present. */
function marked(config: GatewayApiConfig, route: Route, isInProgress: boolean): Route {
  if (config.disableInProgressLabel === true) return route;
  const key = config.inProgressLabelKey || 'rollouts.argoproj.io/gatewayapi-canary';
  const value = config.inProgressLabelValue || 'in-progress';
  const { [key]: _, ...others } = route.metadata.labels ?? {};
  const labels = isInProgress ? { ...others, [key]: value } : others;
  return { ...route, metadata: { ...route.metadata, labels } };
}

function headerRouted(kinds: RouteKinds, { rollout }: RolloutTraffic, live: LiveRoutes): readonly ConfiguredRoute[] {
  return configuredRoutes(kinds, rollout, live).filter(
    ({ type, useHeaderRoutes }) => useHeaderRoutes && (type === 'http' || type === 'grpc'),
  );
}

function headerSteps({ rollout }: RolloutTraffic): readonly SetHeaderRoute[] {
  return (rollout.spec.strategy?.canary?.steps ?? []).flatMap(({ setHeaderRoute }) => setHeaderRoute ?? []);
}
