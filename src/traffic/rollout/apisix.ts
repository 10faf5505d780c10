/** APISIX for Rollouts: weights in the rules of an ApisixRoute, header routes as ApisixRoutes of their own. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout, SetHeaderRoute, StringMatch } from '#api/rollout.ts';
import { apiVersionOf, apisixRoutes } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import {
  noChanges,
  type LiveRoutes,
  type RolloutRouter,
  type RolloutRouteWrite,
  type RolloutTraffic,
  type RouteChanges,
} from './router.ts';
import {
  classAnnotation,
  existing,
  isControlledBy,
  managedRouteNames,
  namespaceOf,
  ownedBy,
  totalWeight,
  trafficRoutingOf,
  writeOf,
} from './routing-object.ts';

interface Backend {
  readonly serviceName: string;
  readonly weight?: number;
  readonly [field: string]: unknown;
}

interface Rule {
  readonly name: string;
  readonly priority?: number;
  readonly match?: { readonly exprs?: readonly unknown[]; readonly [field: string]: unknown };
  readonly backends?: readonly Backend[];
  readonly [field: string]: unknown;
}

interface ApisixRoute extends KubeObject {
  readonly spec?: { readonly http?: readonly Rule[]; readonly stream?: unknown; readonly [field: string]: unknown };
}

export const apisix: RolloutRouter = {
  resources: () => [apisixRoutes],
  updateHash: () => noChanges,
  setWeight(traffic, live, weight) {
    const { rollout, canaryService, stableService } = traffic;
    const route = routeOf(rollout, live);
    const selected = selectedRules(traffic, route);
    const weights = new Map([
      [canaryService, weight],
      [stableService, totalWeight(rollout) - weight],
    ]);
    const weighted = (backend: Backend): Backend => {
      const share = weights.get(backend.serviceName);
      return share === undefined ? backend : { ...backend, weight: share };
    };
    const http = (route.spec?.http ?? []).map((rule) =>
      selected.includes(rule) ? { ...rule, backends: (rule.backends ?? []).map(weighted) } : rule,
    );
    return { writes: writeOf(rollout, apisixRoutes, route, { ...route, spec: { ...route.spec, http } }), events: [] };
  },
  setHeaderRoute,
  setMirrorRoute: () => noChanges,
  removeManagedRoutes(traffic, live) {
    const writes = managedRouteNames(traffic.rollout).flatMap((name) => removal(traffic, live, name));
    return { writes, events: [] };
  },
  verifyWeight: () => undefined,
};

function routeOf(rollout: Rollout, live: LiveRoutes): ApisixRoute {
  const { name = '' } = trafficRoutingOf(rollout)?.apisix?.route ?? {};
  return existing(live, apisixRoutes, name, namespaceOf(rollout));
}

/** The rules that the Rollout names; without names the one that is called as its route. */
function selectedRules(
  { rollout, canaryService, stableService }: RolloutTraffic,
  { spec }: ApisixRoute,
): readonly Rule[] {
  const { name: routeName = '', rules: names = [] } = trafficRoutingOf(rollout)?.apisix?.route ?? {};
  const http = spec?.http;
  if (http === undefined) throw new RouteError('spec.http was not found in apisix route manifest');
  return (names.length === 0 ? [routeName] : names).map((name) => {
    const rule = http.find((candidate) => candidate.name === name);
    if (rule === undefined) throw new RouteError(`Apisix http route rule ${name} not found`);
    for (const service of [canaryService, stableService]) {
      if (!rule.backends?.some(({ serviceName }) => serviceName === service)) {
        throw new RouteError(`apisix route ${service} backend was not found`);
      }
    }
    return rule;
  });
}

function setHeaderRoute(traffic: RolloutTraffic, live: LiveRoutes, step: SetHeaderRoute): RouteChanges {
  const { rollout } = traffic;
  const { name = '', match = [] } = step;
  if (match.length === 0) return { writes: removal(traffic, live, name), events: [] };
  const base = routeOf(rollout, live);
  const spec = headerSpec(traffic, base, step);
  const there = live.get(apisixRoutes, name, namespaceOf(rollout));
  if (there !== undefined) {
    if (!isControlledBy(there, rollout)) throw new RouteError(`duplicate ApisixRoute [${name}] already exists`);
    return { writes: writeOf(rollout, apisixRoutes, there, { ...there, spec }), events: [] };
  }
  const className = base.metadata.annotations?.[classAnnotation];
  const metadata = {
    name,
    namespace: namespaceOf(rollout),
    ...(className === undefined ? {} : { annotations: { [classAnnotation]: className } }),
    ownerReferences: [ownedBy(rollout)],
  };
  const object = { apiVersion: apiVersionOf(apisixRoutes), kind: apisixRoutes.kind, metadata, spec };
  return { writes: [{ do: 'create', resource: apisixRoutes, object }], events: [] };
}

/** The rules of the Rollout once more: for requests with the headers of the step, which go to the canary before others are looked at. */
function headerSpec(
  traffic: RolloutTraffic,
  base: ApisixRoute,
  step: SetHeaderRoute,
): NonNullable<ApisixRoute['spec']> {
  const { stream: _, ...spec } = base.spec ?? {};
  const { canaryService, stableService } = traffic;
  const exprs = (step.match ?? []).map(({ headerName, headerValue }) => headerExpression(headerName, headerValue));
  const http = selectedRules(traffic, base).map((rule) => ({
    ...rule,
    priority: (rule.priority ?? 0) + 1,
    match: { ...rule.match, exprs: [...(rule.match?.exprs ?? []), ...exprs] },
    backends: (rule.backends ?? [])
      .filter(({ serviceName }) => serviceName !== stableService)
      .map((backend) => (backend.serviceName === canaryService ? { ...backend, weight: 100 } : backend)),
  }));
  return { ...spec, http };
}

function headerExpression(name: string, { exact, prefix, regex }: StringMatch): object {
  const subject = { scope: 'Header', name };
  if (exact) return { subject, op: 'Equal', value: exact };
  return { subject, op: 'RegexMatch', value: regex || `^${prefix ?? ''}.*` };
}

function removal({ rollout }: RolloutTraffic, live: LiveRoutes, name: string): readonly RolloutRouteWrite[] {
  const there = live.get(apisixRoutes, name, namespaceOf(rollout));
  if (there === undefined || !isControlledBy(there, rollout)) return [];
  return [{ do: 'delete', resource: apisixRoutes, name }];
}
