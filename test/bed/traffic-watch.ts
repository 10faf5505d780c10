/** Sees every version of routes and Deployments, and says where a route led to pods that were not there. */
import type { KubeObject } from '#api/kubernetes.ts';
import { deployments, httpRoutes, keyOf } from '#cluster/resource.ts';

import type { BedApi } from './bed-api.ts';

export interface TrafficWatch {
  /** What was wrong so far, in words: a route that began to lead to a workload without available pods, pods that were stopped with traffic. */
  problems(): readonly string[];
  /** Changes of weights that were looked at. */
  readonly moves: () => number;
  stop(): void;
}

/** One version of an object. One etcd numbers the versions of all kinds: their order is the order of the writes. */
interface Version {
  readonly number: number;
  readonly key: string;
  readonly state: RouteState | WorkloadState;
}

interface RouteState {
  readonly kind: 'route';
  /** By the name of the workload behind the Service. */
  readonly weights: ReadonlyMap<string, number>;
}

interface WorkloadState {
  readonly kind: 'workload';
  readonly wanted: number;
  readonly available: number;
}

export function watchTraffic(api: BedApi): TrafficWatch {
  const versions = new Map<string, Version>();
  const ending = new AbortController();
  for (const [resource, read] of [
    [httpRoutes, routeOf],
    [deployments, workloadOf],
  ] as const) {
    const note = ({ type, object }: { type: string; object: KubeObject }): void => {
      const number = Number(object.metadata.resourceVersion);
      if (type !== 'DELETED') versions.set(`${number}`, { number, key: keyOf(object.metadata), state: read(object) });
    };
    api.watch(resource, note, ending.signal);
  }
  return {
    problems: () => review([...versions.values()]).problems,
    moves: () => review([...versions.values()]).moves,
    stop: () => ending.abort(),
  };
}

function review(versions: readonly Version[]): { readonly problems: readonly string[]; readonly moves: number } {
  const routes = new Map<string, RouteState>();
  const workloads = new Map<string, WorkloadState>();
  const problems: string[] = [];
  let moves = 0;
  for (const { key, state } of versions.toSorted((a, b) => a.number - b.number)) {
    if (state.kind === 'workload') {
      const weight = weightOf(routes, key);
      if (state.wanted === 0 && (workloads.get(key)?.wanted ?? 0) > 0 && weight > 0)
        problems.push(`${key} is stopped with ${weight}% of the traffic`);
      workloads.set(key, state);
      continue;
    }
    const before = routes.get(key);
    routes.set(key, state);
    if (before !== undefined && [...state.weights].every(([name, weight]) => before.weights.get(name) === weight))
      continue;
    moves += 1;
    const namespace = key.split('/')[0] ?? '';
    for (const [name, weight] of state.weights)
      if (weight > 0 && (workloads.get(`${namespace}/${name}`)?.available ?? 0) === 0)
        problems.push(`${weight}% of ${key} go to ${name}, which has no available pods`);
  }
  return { problems, moves };
}

function weightOf(routes: ReadonlyMap<string, RouteState>, workload: string): number {
  const [namespace = '', name = ''] = workload.split('/');
  return routes.get(`${namespace}/${name.replace(/-primary$/, '')}`)?.weights.get(name) ?? 0;
}

function routeOf(object: KubeObject): RouteState {
  const { rules = [] } = (object['spec'] ?? {}) as {
    rules?: { backendRefs?: { name: string; weight?: number }[] }[];
  }; // an HTTPRoute
  const backends = rules.findLast(({ backendRefs = [] }) => backendRefs.length === 2)?.backendRefs ?? [];
  return {
    kind: 'route',
    weights: new Map(backends.map(({ name, weight = 1 }) => [name.replace(/-canary$/, ''), weight])),
  };
}

function workloadOf(object: KubeObject): WorkloadState {
  const { spec, status } = object as { spec?: { replicas?: number }; status?: { availableReplicas?: number } }; // a Deployment
  return { kind: 'workload', wanted: spec?.replicas ?? 1, available: status?.availableReplicas ?? 0 };
}
