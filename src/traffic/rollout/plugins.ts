/** The routers that a Rollout names under `plugins`: the ones that are built in, in the words of a plugin. */
import { RouteError } from '#traffic/router.ts';
import { gatewayApiPlugin } from './gateway-api-config.ts';
import { gatewayApi } from './gateway-api.ts';
import type { RolloutRouter } from './router.ts';
import type { RouterOptions } from './routers.ts';

const builtIn: ReadonlyMap<string, (options: RouterOptions) => RolloutRouter> = new Map([
  [
    gatewayApiPlugin,
    ({ tcpRouteApiVersion, tlsRouteApiVersion }: RouterOptions) => gatewayApi(tcpRouteApiVersion, tlsRouteApiVersion),
  ],
]);

/** Throws `RouteError` for a plugin that is not built in. */
export function pluginRouter(name: string, options: RouterOptions): RolloutRouter {
  const make = builtIn.get(name);
  if (make !== undefined) return asPlugin(make(options));
  throw new RouteError(
    `failed to get traffic router plugin ${name}: unable to start plugin system: unable to find plugin (${name}): plugin ${name} not configured in configmap`,
  );
}

/** The router with errors that say what the plugin was asked for. */
function asPlugin(router: RolloutRouter): RolloutRouter {
  return {
    resources: (...args) => router.resources(...args),
    updateHash: (...args) => wrapped('update hash', () => router.updateHash(...args)),
    setWeight: (...args) => wrapped('set weight', () => router.setWeight(...args)),
    setHeaderRoute: (...args) => wrapped('set header route', () => router.setHeaderRoute(...args)),
    setMirrorRoute: (...args) => wrapped('set mirror route', () => router.setMirrorRoute(...args)),
    removeManagedRoutes: (...args) => wrapped('remove managed routes', () => router.removeManagedRoutes(...args)),
    // None of those that are built in asks outside of the cluster.
    verifyWeight: (...args) => wrapped('verify weight', () => router.verifyWeight(...args)),
  };
}

function wrapped<T>(what: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof RouteError) throw new RouteError(`failed to ${what} via plugin: ${error.message}`);
    throw error;
  }
}
