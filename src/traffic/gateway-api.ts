/** The Gateway API (`gatewayapi:v1`): one HTTPRoute whose backends are the primary and the canary Service. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { allToPrimary, type Split } from '#api/split.ts';
import { httpRoutes } from '#cluster/resource.ts';
import { mirrorFilter, serviceFilters, type HttpRouteFilter } from './http-route-filters.ts';
import { anyPath, serviceMatches, testMatches, type HttpRouteMatch } from './http-route-matches.ts';
import { RouteError, type LiveObject, type Release, type RouteWrite, type TrafficRouter } from './router.ts';

interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly port?: number;
  readonly weight?: number;
  readonly filters?: readonly HttpRouteFilter[];
}

interface Rule {
  readonly matches?: readonly HttpRouteMatch[];
  readonly filters?: readonly HttpRouteFilter[];
  readonly timeouts?: { readonly request?: string; readonly backendRequest?: string };
  readonly backendRefs?: readonly BackendRef[];
}

type ParentRef = Readonly<Record<string, string | number>>;

interface HttpRoute extends KubeObject {
  readonly spec: {
    readonly parentRefs?: readonly ParentRef[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly Rule[];
  };
  readonly status?: {
    readonly parents?: readonly {
      readonly parentRef: ParentRef;
      readonly conditions?: readonly {
        readonly type: string;
        readonly status: string;
        readonly observedGeneration?: number;
      }[];
    }[];
  };
}

/** Keeps Flux from undoing what Serin writes. */
const driftGuards: Readonly<Record<string, string>> = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
};

export const gatewayApi: TrafficRouter = {
  resources: [httpRoutes],
  reconcile(release, live) {
    const route = routeOf(release, live);
    if (route === undefined) return [{ do: 'create', resource: httpRoutes, object: newRoute(release) }];
    return change(release, driftOf(release, route));
  },
  read(release, live) {
    const route = existing(release, live);
    const waiting = (route.spec.parentRefs ?? []).flatMap((parent) => unreadyText(route, parent));
    if (waiting[0] !== undefined) throw new RouteError(waiting[0]);
    return splitOf(release, route);
  },
  write(release, live, split) {
    const rules = rulesOf(release, split);
    const same = sameRules(rules, existing(release, live).spec.rules ?? []);
    return { writes: same ? [] : change(release, [{ path: ['spec', 'rules'], value: rules }]), cookies: {} };
  },
  accepted(release, live) {
    const route = routeOf(release, live);
    return (
      route === undefined || (route.spec.parentRefs ?? []).every((parent) => unreadyText(route, parent).length === 0)
    );
  },
};

function routeOf(release: Release, live: LiveObject): HttpRoute | undefined {
  return live(httpRoutes, release.apex) as HttpRoute | undefined; // what the API server serves under that kind
}

function existing(release: Release, live: LiveObject): HttpRoute {
  const route = routeOf(release, live);
  if (route !== undefined) return route;
  const { namespace } = release.canary.metadata;
  throw new RouteError(
    `HTTPRoute ${release.apex}.${namespace} get error: httproutes.gateway.networking.k8s.io "${release.apex}" not found`,
  );
}

function change(release: Release, changes: readonly FieldChange[]): readonly RouteWrite[] {
  return changes.length === 0 ? [] : [{ do: 'change', resource: httpRoutes, name: release.apex, changes }];
}

function newRoute(release: Release): KubeObject {
  const { canary, apex, owner } = release;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: {
      name: apex,
      namespace: canary.metadata.namespace ?? 'default',
      labels: labelsOf(release),
      annotations: annotationsOf(release),
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      parentRefs: parentsOf(release),
      ...(hostsOf(release).length === 0 ? {} : { hostnames: hostsOf(release) }),
      rules: rulesOf(release, allToPrimary),
    },
  };
}

/** What differs from the Canary's wish. The split is the run's business and stays; so do labels and annotations of others. */
function driftOf(release: Release, route: HttpRoute): readonly FieldChange[] {
  const { labels, annotations } = route.metadata;
  const rules = rulesOf(release, liveSplit(release, route));
  const hosts = hostsOf(release);
  return [
    ...(same(parentsOf(release).map(withParentDefaults), (route.spec.parentRefs ?? []).map(withParentDefaults))
      ? []
      : [{ path: ['spec', 'parentRefs'], value: parentsOf(release) }]),
    ...(same(hosts, route.spec.hostnames ?? [])
      ? []
      : [{ path: ['spec', 'hostnames'], value: hosts.length === 0 ? undefined : hosts }]),
    ...(sameRules(rules, route.spec.rules ?? []) ? [] : [{ path: ['spec', 'rules'], value: rules }]),
    ...missingEntries('labels', labels, labelsOf(release)),
    ...missingEntries('annotations', annotations, annotationsOf(release)),
  ];
}

function missingEntries(
  field: 'labels' | 'annotations',
  live: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): readonly FieldChange[] {
  const missing = Object.entries(wanted).some(([key, value]) => live?.[key] !== value);
  return missing ? [{ path: ['metadata', field], value: { ...live, ...wanted } }] : [];
}

function labelsOf({ canary, selectorLabel, apex }: Release): Readonly<Record<string, string>> {
  const metadata = canary.spec.service?.apex;
  // The original shares one map with the apex Service, whose selector label thereby reaches the route.
  return metadata === undefined ? {} : { ...metadata.labels, [selectorLabel]: apex };
}

function annotationsOf({ canary }: Release): Readonly<Record<string, string>> {
  return { ...canary.spec.service?.apex?.annotations, ...driftGuards };
}

function hostsOf({ canary }: Release): readonly string[] {
  return canary.spec.service?.hosts ?? [];
}

function parentsOf({ canary }: Release): readonly ParentRef[] {
  const refs = canary.spec.service?.gatewayRefs ?? [];
  if (refs.length === 0) throw new RouteError('GatewayRefs must be specified when using Gateway API as a provider.');
  return refs.map(({ group, kind, namespace, name, sectionName, port }) => ({
    group,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(sectionName === undefined ? {} : { sectionName }),
    ...(port === undefined ? {} : { port }),
  }));
}

/** The rules of a split: one for everyone, or in an A/B test one for the matching requests and one for the others. */
function rulesOf(release: Release, split: Split): readonly Rule[] {
  const { canary, primaryService, canaryService } = release;
  const service = canary.spec.service;
  const port = service?.port ?? 0;
  const filters = [
    ...serviceFilters(service),
    ...(split.mirrored && (canary.spec.analysis.iterations ?? 0) > 0
      ? [mirrorFilter({ group: '', kind: 'Service', name: canaryService, port })]
      : []),
  ];
  const timeouts = {
    ...(service?.timeout ? { request: service.timeout } : {}),
    ...(service?.backendTimeout ? { backendRequest: service.backendTimeout } : {}),
  };
  const common = {
    ...(filters.length === 0 ? {} : { filters }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  };
  const backend = (name: string, weight: number): BackendRef => ({ group: '', kind: 'Service', name, port, weight });
  const both = [backend(primaryService, split.primary), backend(canaryService, split.canary)];
  const matches = serviceMatches(canary);
  const tested = testMatches(canary);
  if (tested.length === 0) return [{ matches, ...common, backendRefs: both }];
  return [
    { matches: tested, ...common, backendRefs: both },
    { matches, ...common, backendRefs: [backend(primaryService, 100)] },
  ];
}

/** Why a parent that reports on the route cannot be relied on yet; empty when it can, or reports nothing. */
function unreadyText(route: HttpRoute, parent: ParentRef): readonly string[] {
  const wanted = JSON.stringify(withParentDefaults(parent));
  const reported = route.status?.parents?.find(
    ({ parentRef }) => JSON.stringify(withParentDefaults(parentRef)) === wanted,
  );
  const accepted = reported?.conditions?.find(({ type }) => type === 'Accepted');
  const { name, namespace, generation = 0 } = route.metadata;
  const observed = accepted?.observedGeneration ?? 0;
  if (accepted === undefined || (accepted.status === 'True' && observed >= generation)) return [];
  return [
    `HTTPRoute ${name}.${namespace} parent ${parent['name']} is not ready (status: ${accepted.status}, observed generation: ${observed}, current generation: ${generation})`,
  ];
}

/** The split of the last rule with both backends; nothing at all when there is none. */
function splitOf(release: Release, route: HttpRoute): Split {
  const split = liveWeights(release, route);
  return { primary: split?.primary ?? 0, canary: split?.canary ?? 0, mirrored: isMirrored(release, route) };
}

/** The split to keep while the rules are repaired: without usable weights everything is the primary's. */
function liveSplit(release: Release, route: HttpRoute): Split {
  const weights = liveWeights(release, route);
  if (weights === undefined || weights.primary + weights.canary !== 100) return allToPrimary;
  return { ...weights, mirrored: isMirrored(release, route) };
}

function liveWeights(
  { primaryService, canaryService }: Release,
  route: HttpRoute,
): { primary: number; canary: number } | undefined {
  const rule = route.spec.rules?.findLast(({ backendRefs = [] }) => backendRefs.length === 2);
  const weightOf = (service: string): number => rule?.backendRefs?.find(({ name }) => name === service)?.weight ?? 0;
  return rule === undefined ? undefined : { primary: weightOf(primaryService), canary: weightOf(canaryService) };
}

function isMirrored({ canaryService }: Release, route: HttpRoute): boolean {
  return (route.spec.rules ?? []).some(({ filters = [] }) =>
    filters.some((filter) => {
      const { backendRef } = (filter['requestMirror'] ?? {}) as { backendRef?: { name?: string } }; // a filter of the HTTPRoute's schema
      return backendRef?.name === canaryService;
    }),
  );
}

/** Equal after the API server's own defaults. */
function sameRules(first: readonly Rule[], second: readonly Rule[]): boolean {
  return same(first.map(withRuleDefaults), second.map(withRuleDefaults));
}

function withRuleDefaults({ matches = [], filters = [], timeouts = {}, backendRefs = [] }: Rule): Rule {
  return {
    matches: (matches.length === 0 ? [{}] : matches).map((match) => ({ ...match, path: match.path ?? anyPath })),
    filters,
    timeouts,
    backendRefs: backendRefs.map(({ group = '', kind = 'Service', weight = 1, ...ref }) => ({
      group,
      kind,
      weight,
      ...ref,
    })),
  };
}

function withParentDefaults({ group = 'gateway.networking.k8s.io', kind = 'Gateway', ...ref }: ParentRef): ParentRef {
  return sortedKeys({ group, kind, ...ref });
}

function same(first: unknown, second: unknown): boolean {
  return JSON.stringify(first, sorted) === JSON.stringify(second, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? sortedKeys(value) : value;
}

function sortedKeys<T extends object>(object: T): T {
  // The same entries in another order are the same type.
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))) as T;
}
