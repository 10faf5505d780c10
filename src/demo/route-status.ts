/** Reports on each generation of a route that the gateway has taken over, as the Gateway API asks of its controllers. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { httpRoutes, refOf } from '#cluster/resource.ts';

export const controllerName = 'serin.dev/demo-gateway';

/** Whoever sees a generation in the store routes by it from then on: the store is what requests are routed by. Returns the function that ends it. */
export function reportAcceptance({ stores, client }: Cluster): () => void {
  const reported = new Map<string, number>();
  return stores.of(httpRoutes).onChange((_, route) => {
    const { uid = '', generation = 1 } = route?.metadata ?? {};
    if (route === undefined || reported.get(uid) === generation) return;
    reported.set(uid, generation);
    const status = { parents: parentsOf(route).map((parentRef) => accepted(parentRef, generation)) };
    const patch = { type: 'merge', body: { status } } as const;
    client.patch(httpRoutes, refOf(route), patch, { subresource: 'status' }).catch(() => {
      // The route is gone, or the demo ends; the next generation is reported again.
      reported.delete(uid);
    });
  });
}

function parentsOf(route: KubeObject): readonly unknown[] {
  const parents = isRecord(route['spec']) ? route['spec']['parentRefs'] : undefined;
  return Array.isArray(parents) ? parents : [];
}

function accepted(parentRef: unknown, observedGeneration: number): object {
  const common = { status: 'True', observedGeneration, lastTransitionTime: new Date().toISOString(), message: '' };
  const conditions = [
    { type: 'Accepted', reason: 'Accepted', ...common },
    { type: 'ResolvedRefs', reason: 'ResolvedRefs', ...common },
  ];
  return { parentRef, controllerName, conditions };
}
