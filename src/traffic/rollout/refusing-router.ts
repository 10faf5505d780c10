/** The router of a Rollout whose routers cannot be made: it refuses whatever it is told, and says why. */
import { RouteError } from '#traffic/router.ts';
import type { RolloutRouter } from './router.ts';

export function refusingRouter(message: string): RolloutRouter {
  const refuse = (): never => {
    throw new RouteError(message);
  };
  return {
    resources: () => [],
    updateHash: refuse,
    setWeight: refuse,
    setHeaderRoute: refuse,
    setMirrorRoute: refuse,
    removeManagedRoutes: refuse,
    verifyWeight: refuse,
  };
}
