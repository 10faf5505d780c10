/** The Gateway API (`gatewayapi:v1`): one HTTPRoute whose backends are the primary and the canary Service. */
import { driftGuards } from '#api/drift-guards.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { allToPrimary } from '#api/split.ts';
import { sameMeaning } from '#cluster/same-meaning.ts';
import { httpRoutes } from '#cluster/resource.ts';
import { liveCookies, rulesOf, sameRules, splitOf, splitToKeep, type HttpRouteRule } from './http-route-rules.ts';
import { RouteError, type LiveObject, type Release, type RouteWrite, type TrafficRouter } from './router.ts';
import { nextCookies, withCookies } from './session-affinity.ts';

type ParentRef = Readonly<Record<string, string | number>>;

interface HttpRoute extends KubeObject {
  readonly spec: {
    readonly parentRefs?: readonly ParentRef[];
    readonly hostnames?: readonly string[];
    readonly rules?: readonly HttpRouteRule[];
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
    return splitOf(release, rulesIn(route));
  },
  write(release, live, split) {
    const route = existing(release, live);
    const known = remembering(release, route);
    const cookies = nextCookies(known, split);
    const rules = rulesOf(withCookies(known, cookies), split);
    const writes = sameRules(rules, rulesIn(route)) ? [] : change(release, [{ path: ['spec', 'rules'], value: rules }]);
    return { writes, cookies };
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

function rulesIn({ spec }: HttpRoute): readonly HttpRouteRule[] {
  return spec.rules ?? [];
}

/** The release with the session cookies of its route where its status does not have them. */
function remembering(release: Release, route: HttpRoute): Release {
  return withCookies(withCookies(release, liveCookies(release, rulesIn(route))), release.status);
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
  const rules = rulesOf(remembering(release, route), splitToKeep(release, rulesIn(route)));
  const hosts = hostsOf(release);
  return [
    ...(sameMeaning(parentsOf(release).map(withParentDefaults), (route.spec.parentRefs ?? []).map(withParentDefaults))
      ? []
      : [{ path: ['spec', 'parentRefs'], value: parentsOf(release) }]),
    ...(sameMeaning(hosts, route.spec.hostnames ?? [])
      ? []
      : [{ path: ['spec', 'hostnames'], value: hosts.length === 0 ? undefined : hosts }]),
    ...(sameRules(rules, rulesIn(route)) ? [] : [{ path: ['spec', 'rules'], value: rules }]),
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

/** Why a parent that reports on the route cannot be relied on yet; empty when it can, or reports nothing. */
function unreadyText(route: HttpRoute, parent: ParentRef): readonly string[] {
  const wanted = withParentDefaults(parent);
  const reported = route.status?.parents?.find(({ parentRef }) => sameMeaning(withParentDefaults(parentRef), wanted));
  const accepted = reported?.conditions?.find(({ type }) => type === 'Accepted');
  const { name, namespace, generation = 0 } = route.metadata;
  const observed = accepted?.observedGeneration ?? 0;
  if (accepted === undefined || (accepted.status === 'True' && observed >= generation)) return [];
  return [
    `HTTPRoute ${name}.${namespace} parent ${parent['name']} is not ready (status: ${accepted.status}, observed generation: ${observed}, current generation: ${generation})`,
  ];
}

function withParentDefaults({ group = 'gateway.networking.k8s.io', kind = 'Gateway', ...ref }: ParentRef): ParentRef {
  return { group, kind, ...ref };
}
