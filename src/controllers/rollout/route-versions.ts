/** Which versions of TCPRoutes and TLSRoutes the cluster serves: the Gateway API has moved on from `v1alpha2`, and a cluster need not serve all. */
import type { Rollout } from '#api/rollout.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { tcpRoutes, tlsRoutes } from '#cluster/resource.ts';
import type { Clock } from '#runtime/clock.ts';
import { gatewayApiPlugin } from '#traffic/rollout/gateway-api-config.ts';
import type { RouterOptions } from '#traffic/rollout/routers.ts';

type RouteVersions = Pick<RouterOptions, 'tcpRouteApiVersion' | 'tlsRouteApiVersion'>;

/** The newest first. */
const versions = ['v1', 'v1alpha3', 'v1alpha2'];

/** Answers are good for that long, in milliseconds: CRDs are upgraded now and then. */
const freshFor = 600_000;

/** Asks only for a Rollout that names such routes; any other is worked on with what is known. */
export function servedRoutes(
  cluster: Cluster,
  clock: Clock,
  options: RouterOptions,
): (rollout: Rollout, signal: AbortSignal) => Promise<RouterOptions> {
  let known: { readonly options: RouterOptions; readonly at: number } | undefined;
  return async (rollout, signal) => {
    if (!namesThem(rollout)) return known?.options ?? options;
    if (known === undefined || clock.monotonic() - known.at > freshFor) {
      const found = await newestVersions(cluster, signal);
      known = { options: { ...options, ...found }, at: clock.monotonic() };
    }
    return known.options;
  };
}

function namesThem({ spec }: Rollout): boolean {
  const config = spec.strategy?.canary?.trafficRouting?.plugins?.[gatewayApiPlugin];
  return Object.keys(config ?? {}).some((field) => /^(tcp|tls)Route/.test(field));
}

/** Without any of them the default stays: the kind is missed under the name that users know. */
async function newestVersions(cluster: Cluster, signal: AbortSignal): Promise<Partial<RouteVersions>> {
  const found: { -readonly [Field in keyof RouteVersions]?: string } = {};
  for (const version of versions) {
    const kinds = { tcp: tcpRoutes(version), tls: tlsRoutes(version) };
    const served = await cluster.served(kinds.tcp, signal);
    if (served.has(kinds.tcp.plural)) found.tcpRouteApiVersion ??= version;
    if (served.has(kinds.tls.plural)) found.tlsRouteApiVersion ??= version;
  }
  return found;
}
