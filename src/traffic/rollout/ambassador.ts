/** Ambassador for Rollouts: a Mapping beside each of the user's takes the canary's share. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { ambassadorMappings } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import {
  noChanges,
  ToldRouteError,
  type LiveRoutes,
  type RolloutRouter,
  type RolloutTraffic,
  type RouteChanges,
  type RouteEvent,
} from './router.ts';
import { namespaceOf, notFoundText, ownedBy, trafficRoutingOf, writeOf } from './routing-object.ts';

interface Mapping extends KubeObject {
  readonly spec?: { readonly service?: string; readonly weight?: number; readonly [field: string]: unknown };
}

/** Kubernetes names end at 253 characters, and `-canary` has to fit. */
const longestBase = 246;

/** How long Ambassador has to take a weight of 0 on before the Mapping goes, as in the original. */
const settling = 5_000;

/** `apiVersion` is `GROUP/VERSION`. */
export function ambassador(apiVersion: string): RolloutRouter {
  const [group = '', version = ''] = apiVersion.split('/');
  const kind = ambassadorMappings(group, version);
  return {
    resources: () => [kind],
    updateHash: () => noChanges,
    setWeight(traffic, live, weight) {
      const names = trafficRoutingOf(traffic.rollout)?.ambassador?.mappings ?? [];
      const parts = collected(names, (name) => mappingChanges(kind, traffic, live, name, weight));
      const isSettling = parts.some(({ wakeIn }) => wakeIn !== undefined);
      return {
        writes: parts.flatMap(({ writes }) => writes),
        events: parts.flatMap(({ events }) => events),
        ...(isSettling ? { wakeIn: settling } : {}),
      };
    },
    setHeaderRoute: () => noChanges,
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: () => noChanges,
    verifyWeight: () => undefined,
  };
}

/** What the canary's Mapping beside a Mapping is called. */
export function canaryMappingName(mapping: string): string {
  return `${mapping.slice(0, longestBase)}-canary`;
}

/** All answers; one failure passes as it is, several as one. */
function collected<T>(names: readonly string[], ask: (name: string) => T): readonly T[] {
  const failures: RouteError[] = [];
  const answers = names.flatMap((name) => {
    try {
      return [ask(name)];
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      failures.push(error);
      return [];
    }
  });
  const [first] = failures;
  if (first === undefined) return answers;
  if (failures.length === 1) throw first;
  throw new RouteError(`${failures.length} errors found: ${failures.map(({ message }) => `[${message}]`).join('')}`);
}

function mappingChanges(
  kind: Resource,
  traffic: RolloutTraffic,
  live: LiveRoutes,
  baseName: string,
  weight: number,
): RouteChanges {
  const { rollout } = traffic;
  const base = baseMapping(kind, traffic, live, baseName);
  const name = canaryMappingName(baseName);
  const there: Mapping | undefined = live.get(kind, name, namespaceOf(rollout));
  if (there === undefined) {
    if (weight === 0) return noChanges;
    const refused = warning('CanaryMappingCreationError', `Cannot create canary mapping \`${name}\`: `);
    const object = canaryMapping(traffic, base, name, weight);
    return { writes: [{ do: 'create', resource: kind, object, refused }], events: [weightEvent(name, weight)] };
  }
  if (weight === 0 && (there.spec?.weight ?? 0) === 0)
    return { writes: [{ do: 'delete', resource: kind, name }], events: [] };
  const writes = writeOf(rollout, kind, there, { ...there, spec: { ...there.spec, weight } });
  if (writes.length === 0) return noChanges;
  return { writes, events: [weightEvent(name, weight)], ...(weight === 0 ? { wakeIn: settling } : {}) };
}

function baseMapping(kind: Resource, { rollout }: RolloutTraffic, live: LiveRoutes, name: string): Mapping {
  const base: Mapping | undefined = live.get(kind, name, namespaceOf(rollout));
  if (base === undefined) {
    const told = `Ambassador mapping "${name}" not found`;
    throw new ToldRouteError(notFoundText(kind, name), 'AmbassadorMappingNotFound', told);
  }
  if (base.spec?.weight) {
    throw new ToldRouteError(`Ambassador mapping "${name}" can not define weight`, 'AmbassadorMappingConfigError');
  }
  return base;
}

/** A copy of the Mapping for the canary, which goes with the Rollout. */
function canaryMapping(
  { rollout, canaryService, stableService }: RolloutTraffic,
  { apiVersion, kind, spec }: Mapping,
  name: string,
  weight: number,
): Mapping {
  const service = (spec?.service ?? '').replace(stableService, () => canaryService);
  const metadata = { name, namespace: namespaceOf(rollout), ownerReferences: [ownedBy(rollout)] };
  return { apiVersion, kind, metadata, spec: { ...spec, service, weight } };
}

function weightEvent(name: string, weight: number): RouteEvent {
  const message = `Canary mapping \`${name}\` set to weight '${weight}'`;
  return { type: 'Normal', reason: 'CanaryMappingWeightUpdate', message };
}

function warning(reason: string, message: string): RouteEvent {
  return { type: 'Warning', reason, message };
}
