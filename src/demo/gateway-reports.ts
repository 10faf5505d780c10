/** What the gateway writes into the cluster: which Gateways it serves and which generation of each route it obeys, as the Gateway API asks of its controllers. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { httpRoutes, refOf } from '#cluster/resource.ts';
import type { Clock } from '#runtime/clock.ts';
import { gateways } from './manifests.ts';

const controllerName = 'serin.dev/demo-gateway';

/** Returns the function that ends it. */
export function reportToCluster(cluster: Cluster, clock: Clock): () => void {
  const condition = (type: string, observedGeneration: number): object => {
    const lastTransitionTime = new Date(clock.now()).toISOString();
    return { type, reason: type, status: 'True', observedGeneration, lastTransitionTime, message: '' };
  };
  const stops = [
    // A generation that is in the store is obeyed from then on: requests are routed by the store.
    report(cluster, httpRoutes, (route, generation) => ({
      parents: parentsOf(route).map((parentRef) => ({
        parentRef,
        controllerName,
        conditions: [condition('Accepted', generation), condition('ResolvedRefs', generation)],
      })),
    })),
    report(cluster, gateways, (_, generation) => ({
      addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
      conditions: [condition('Accepted', generation), condition('Programmed', generation)],
    })),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Writes the status of each new generation. */
function report(
  { stores, client }: Cluster,
  resource: Resource,
  statusOf: (object: KubeObject, generation: number) => object,
): () => void {
  const reported = new Map<string, number>();
  return stores.of(resource).onChange((_, object) => {
    const { uid = '', generation = 1 } = object?.metadata ?? {};
    if (object === undefined || reported.get(uid) === generation) return;
    reported.set(uid, generation);
    const patch = { type: 'merge', body: { status: statusOf(object, generation) } } as const;
    client.patch(resource, refOf(object), patch, { subresource: 'status' }).catch(() => {
      // The object is gone or the demo ends; the next generation is reported again.
      reported.delete(uid);
    });
  });
}

function parentsOf(route: KubeObject): readonly unknown[] {
  const parents = isRecord(route['spec']) ? route['spec']['parentRefs'] : undefined;
  return Array.isArray(parents) ? parents : [];
}
