/** Builds the snapshot that a pass over a Canary decides on, from the caches alone. */
import { parseCanary, type Canary } from '#api/canary.ts';
import type { Decision } from '#api/canary-status.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { parseMetricTemplate } from '#api/metric-template.ts';
import type { Problem } from '#api/problem.ts';
import type { Workload } from '#api/workload.ts';
import {
  alertProviders,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  scaledObjects,
  metricTemplates,
  services,
} from '#cluster/resource.ts';
import { selectorLabelOf } from '#engine/canary/labels.ts';
import { namesOf } from '#engine/canary/names.ts';
import { ownerOf } from '#engine/canary/owner.ts';
import { policyOf } from '#engine/canary/policy.ts';
import type { Snapshot } from '#engine/canary/snapshot.ts';
import { type Surroundings, validateCanary } from '#engine/canary/validation.ts';
import { providers } from '#metrics/providers.ts';
import { routers, routerOf } from '#traffic/routers.ts';
import type { LiveObject, Release, TrafficRouter } from '#traffic/router.ts';
import type { Caches } from './caches.ts';
import { queryProblem } from './query-problem.ts';
import { rivalOf } from './rivals.ts';
import type { CanarySettings } from './settings.ts';

/** A Canary as the caches have it: what can be read of it, and what cannot. */
export interface ReadCanary {
  readonly canary: Canary;
  /** Problems that keep it from being read; then `canary` holds nothing but its target, its service, how it ends, and its status. */
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
  const unreadable = result.problems.map((problem): Problem => ({ ...problem, blocking: true }));
  const parts = readableParts(object);
  for (const spec of parts) {
    const part = parseCanary({ ...object, spec });
    if (part.ok) return { canary: part.canary, unreadable };
  }
  // A status that cannot be read is kept as it is, so that writing the problem into it loses nothing.
  return { canary: { ...object, spec: parts.at(-1) } as Canary, unreadable };
}

/** As much of a spec as its end is about, then less and less: one wrong field must not lose whom the Canary has taken over, and how it gives back. */
function readableParts({ metadata, spec }: KubeObject): readonly unknown[] {
  const { targetRef, service, revertOnDeletion } = (spec ?? {}) as Partial<Canary['spec']>; // each is parsed before it is used
  const analysis = {};
  return [
    { targetRef, service, revertOnDeletion, analysis },
    { targetRef, revertOnDeletion, analysis },
    { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name }, analysis },
  ];
}

export interface Observation {
  readonly due: Snapshot['due'];
  readonly now: number;
  readonly unwritten: readonly Decision[];
  readonly random: () => number;
  readonly configs: Snapshot['configs'];
}

const scalerResources = { HorizontalPodAutoscaler: horizontalPodAutoscalers, ScaledObject: scaledObjects } as const;

/** The kinds that a pass over the Canary reads besides those that every pass reads. */
export function kindsOf({ spec }: Canary): readonly Resource[] {
  return [
    ...(spec.targetRef.kind === 'DaemonSet' ? [daemonSets] : []),
    ...(spec.autoscalerRef === undefined ? [] : [scalerResources[spec.autoscalerRef.kind]]),
    ...((spec.analysis.alerts?.length ?? 0) > 0 ? [alertProviders] : []),
  ];
}

/** The target as the caches have it. */
export function targetOf(canary: Canary, caches: Caches): Workload | undefined {
  const { target: name, namespace } = namesOf(canary);
  // Objects of these kinds are workloads.
  return caches.get(workloadsOf(canary), { namespace, name }) as Workload | undefined;
}

function workloadsOf({ spec }: Canary): Resource {
  return spec.targetRef.kind === 'DaemonSet' ? daemonSets : deployments;
}

/** The world around a Canary at this moment. */
export function observe(
  { canary, unreadable }: ReadCanary,
  caches: Caches,
  settings: CanarySettings,
  { due, now, unwritten, random, configs }: Observation,
): Snapshot {
  const names = namesOf(canary);
  const object = (resource: Resource, name: string): KubeObject | undefined =>
    caches.get(resource, { namespace: names.namespace, name });
  const target = targetOf(canary, caches);
  const primary = object(workloadsOf(canary), names.primary) as Workload | undefined; // as the target
  const scaler = canary.spec.autoscalerRef;
  const rival = rivalOf(canary, caches.canaries);
  const around = { ...surroundings(caches, settings, target), rival };
  const problems = unreadable.length > 0 ? unreadable : validateCanary(canary, around);
  return {
    now,
    due,
    canary,
    problems,
    settings,
    target,
    primary,
    ...(rival === undefined ? {} : { rival }),
    ...(configs === undefined ? {} : { configs }),
    ...(scaler === undefined
      ? {}
      : {
          scalers: {
            target: object(scalerResources[scaler.kind], scaler.name),
            primary: object(scalerResources[scaler.kind], `${scaler.name}-primary`),
          },
        }),
    services: {
      apex: object(services, names.apex),
      primary: object(services, names.primaryService),
      canary: object(services, names.canaryService),
    },
    routeAccepted: canary.status?.draining === undefined || routeAccepted(canary, target, caches, settings, random),
    unwritten,
  };
}

function surroundings(
  caches: Caches,
  settings: CanarySettings,
  target: Workload | undefined,
): Omit<Surroundings, 'rival'> {
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
    hasAlertProvider: (ref) => caches.get(alertProviders, ref) !== undefined,
    parsesQuery: (query, metric) => queryProblem(query, metric) ?? true,
  };
}

function routeAccepted(
  canary: Canary,
  target: Workload | undefined,
  caches: Caches,
  settings: CanarySettings,
  random: () => number,
): boolean {
  const router = routerFor(canary, settings);
  if (router === undefined || target === undefined) return true;
  return router.accepted(releaseOf(canary, canary.status ?? {}, target, settings, random), liveObjects(canary, caches));
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
  random: () => number,
): Release {
  const { apex, primaryService, canaryService } = namesOf(canary);
  const selectorLabel = selectorLabelOf(target, settings.selectorLabels).key;
  return { canary, status, apex, primaryService, canaryService, selectorLabel, random, owner: ownerOf(canary) };
}

export function liveObjects(canary: Canary, caches: Caches): LiveObject {
  const { namespace } = namesOf(canary);
  return (resource, name) => caches.get(resource, { namespace, name });
}
