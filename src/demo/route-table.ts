/** Where the gateway sends a request: the HTTPRoutes of the cluster and the ready endpoints of their Services, as fresh as the watch. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { endpointSlices, httpRoutes, keyOf } from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { pickWeighted } from './weighted-choice.ts';

export interface RouteTable {
  readonly ready: Promise<void>;
  /**
   * The Pod `NAMESPACE/NAME` that takes the next request for a host: that of an HTTPRoute, or `SERVICE.NAMESPACE`, as inside a cluster.
   * `undefined`: nobody can take it.
   */
  podFor(host: string): string | undefined;
  /** Pods `NAMESPACE/NAME` that are ready now. */
  readyPods(): Iterable<string>;
}

interface HttpRoute extends KubeObject {
  readonly spec: {
    readonly hostnames?: readonly string[];
    readonly rules?: readonly {
      readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
    }[];
  };
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly {
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly namespace?: string; readonly name: string };
  }[];
}

export function routeTable({ stores }: Cluster): RouteTable {
  const routes = stores.of(httpRoutes, { indexes: { host: (route) => hostsOf(route) } });
  const slices = stores.of(endpointSlices, { indexes: { service: (slice) => serviceOf(slice) } });
  /** By route what weighting remembers, by Service how many requests it got. */
  const credits = new Map<string, Map<string, number>>();
  const turns = new Map<string, number>();

  const serviceFor = (host: string): string | undefined => {
    const [route] = routes.byIndex('host', host);
    if (route === undefined) return host.split('.').toReversed().join('/');
    const key = keyOf(route.metadata);
    const credit = credits.get(key) ?? new Map<string, number>();
    credits.set(key, credit);
    const name = pickWeighted(backendsOf(route), credit);
    return name === undefined ? undefined : `${route.metadata.namespace}/${name}`;
  };

  return {
    ready: Promise.all([routes.ready, slices.ready]).then(() => {}),
    podFor(host) {
      const service = serviceFor(host);
      if (service === undefined) return undefined;
      const pods = [...readyPodsOf(slices, service)];
      const turn = (turns.get(service) ?? 0) + 1;
      turns.set(service, turn);
      return pods[turn % pods.length];
    },
    *readyPods() {
      for (const slice of slices.list()) yield* podsOf(slice);
    },
  };
}

function hostsOf(route: KubeObject): readonly string[] {
  return (route as HttpRoute).spec.hostnames ?? []; // what the API server serves under that kind
}

/** The demo's Canary asks for no matches, so there is one rule. */
function backendsOf(route: KubeObject): readonly { readonly name: string; readonly weight: number }[] {
  const { rules = [] } = (route as HttpRoute).spec; // what the API server serves under that kind
  return (rules[0]?.backendRefs ?? []).map(({ name, weight = 1 }) => ({ name, weight }));
}

function serviceOf({ metadata }: KubeObject): readonly string[] {
  const name = metadata.labels?.['kubernetes.io/service-name'];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

function* readyPodsOf(slices: Store, service: string): Generator<string> {
  for (const slice of slices.byIndex('service', service)) yield* podsOf(slice);
}

function* podsOf(slice: KubeObject): Generator<string> {
  const { endpoints = [] } = slice as EndpointSlice; // what the API server serves under that kind
  for (const { conditions, targetRef } of endpoints) {
    if (conditions?.ready === true && targetRef !== undefined) yield keyOf(targetRef);
  }
}
