/** The routers that a pass over a Rollout tells, and the kinds that they need. */
import type { Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { RouteError } from '#traffic/router.ts';
import { refusingRouter } from '#traffic/rollout/refusing-router.ts';
import { routersOf, type NamedRouter, type RouterOptions } from '#traffic/rollout/routers.ts';

export interface Routed {
  readonly routers: readonly NamedRouter[];
  readonly resources: readonly Resource[];
}

/** Routers that cannot be made, such as an unknown plugin, refuse when the pass comes to its traffic: pods are not held up before. */
export function routedBy(rollout: Rollout, options: RouterOptions): Routed {
  try {
    const routers = routersOf(rollout, options);
    return { routers, resources: routers.flatMap(({ router }) => router.resources(rollout)) };
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    return { routers: [{ name: 'trafficRouting', router: refusingRouter(error.message) }], resources: [] };
  }
}
