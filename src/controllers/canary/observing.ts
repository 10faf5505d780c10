/** Builds the snapshot that a pass over a Canary decides on, from the caches alone. */
import { parseCanary, type Canary } from '#api/canary.ts';
import type { Decision } from '#api/canary-status.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { parseMetricTemplate } from '#api/metric-template.ts';
import type { Problem } from '#api/problem.ts';
import type { Workload } from '#api/workload.ts';
import { deployments, metricTemplates, services } from '#cluster/resource.ts';
import { selectorLabelOf } from '#engine/canary/labels.ts';
import { namesOf } from '#engine/canary/names.ts';
import { ownerOf } from '#engine/canary/owner.ts';
import { policyOf } from '#engine/canary/policy.ts';
import type { Snapshot } from '#engine/canary/snapshot.ts';
import { validateCanary } from '#engine/canary/validation.ts';
import { providers } from '#metrics/providers.ts';
import { routers, routerOf } from '#traffic/routers.ts';
import type { LiveObject, Release, TrafficRouter } from '#traffic/router.ts';
import type { Caches } from './caches.ts';
import { queryProblem } from './query-problem.ts';
import type { CanarySettings } from './settings.ts';

/** A Canary as the caches have it: what can be read of it, and what cannot. */
export interface ReadCanary {
  readonly canary: Canary;
  /** Problems that keep it from being read; then `canary` holds nothing but its target and its status. */
  readonly unreadable: readonly Problem[];
}

/** An object never changes, so it is parsed once. */
const parsed = new WeakMap<KubeObject, ReadCanary>();

export function readCanary(object: KubeObject): ReadCanary {
  let known = parsed.get(object);
  if (known === undefined) {
    known = parse(object);
    parsed.set(object, known);
  }
  return known;
}

function parse(object: KubeObject): ReadCanary {
  const result = parseCanary(object);
  if (result.ok) return { canary: result.canary, unreadable: [] };
  const spec = {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: object.metadata.name },
    analysis: {},
  } as const;
  const bare = parseCanary({ ...object, spec });
  const unreadable = result.problems.map((problem): Problem => ({ ...problem, blocking: true }));
  const { status: _status, ...rest } = object;
  return { canary: bare.ok ? bare.canary : { ...rest, spec }, unreadable };
}

export interface Observation {
  readonly due: Snapshot['due'];
  readonly now: number;
  readonly unwritten: readonly Decision[];
}

/** The world around a Canary at this moment. */
export function observe(
  { canary, unreadable }: ReadCanary,
  caches: Caches,
  settings: CanarySettings,
  { due, now, unwritten }: Observation,
): Snapshot {
  const names = namesOf(canary);
  const object = (resource: Resource, name: string): KubeObject | undefined =>
    caches.get(resource, { namespace: names.namespace, name });
  // Objects of kind Deployment are Deployments.
  const target = object(deployments, names.target) as Workload | undefined;
  const primary = object(deployments, names.primary) as Workload | undefined;
  const problems = unreadable.length > 0 ? unreadable : validateCanary(canary, surroundings(caches, settings, target));
  return {
    now,
    due,
    canary,
    problems,
    settings,
    target,
    primary,
    services: {
      apex: object(services, names.apex),
      primary: object(services, names.primaryService),
      canary: object(services, names.canaryService),
    },
    routeAccepted: canary.status?.draining === undefined || routeAccepted(canary, target, caches, settings),
    unwritten,
  };
}

function surroundings(
  caches: Caches,
  settings: CanarySettings,
  target: Workload | undefined,
): Parameters<typeof validateCanary>[1] {
  return {
    meshProvider: settings.meshProvider,
    noCrossNamespaceRefs: settings.noCrossNamespaceRefs,
    trafficProviders: Object.keys(routers),
    metricProviders: Object.keys(providers),
    target,
    findTemplate: (ref) => {
      const object = caches.get(metricTemplates, ref);
      const template = object === undefined ? undefined : parseMetricTemplate(object);
      return template?.ok === true ? template.template : undefined;
    },
    parsesQuery: (query, metric) => queryProblem(query, metric) ?? true,
  };
}

function routeAccepted(
  canary: Canary,
  target: Workload | undefined,
  caches: Caches,
  settings: CanarySettings,
): boolean {
  const router = routerFor(canary, settings);
  if (router === undefined || target === undefined) return true;
  return router.accepted(releaseOf(canary, canary.status ?? {}, target, settings), liveObjects(canary, caches));
}

/** The router that the Canary's provider names. */
export function routerFor(canary: Canary, settings: CanarySettings): TrafficRouter | undefined {
  return routerOf(policyOf(canary, settings.meshProvider).provider);
}

export function releaseOf(
  canary: Canary,
  status: Release['status'],
  target: Workload,
  settings: CanarySettings,
): Release {
  const { apex, primaryService, canaryService } = namesOf(canary);
  const selectorLabel = selectorLabelOf(target, settings.selectorLabels).key;
  return { canary, status, apex, primaryService, canaryService, selectorLabel, owner: ownerOf(canary) };
}

export function liveObjects(canary: Canary, caches: Caches): LiveObject {
  const { namespace } = namesOf(canary);
  return (resource, name) => caches.get(resource, { namespace, name });
}
