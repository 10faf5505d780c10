/** Which routers a Rollout has, in the order in which they are told. */
import type { Rollout, TrafficRouting } from '#api/rollout.ts';
import { alb } from './alb.ts';
import type { AlbVerifier } from './alb-verification.ts';
import { ambassador } from './ambassador.ts';
import { apisix } from './apisix.ts';
import { appMesh } from './app-mesh.ts';
import { istio } from './istio.ts';
import { nginx } from './nginx.ts';
import { pluginRouter } from './plugins.ts';
import type { RolloutRouter } from './router.ts';
import { trafficRoutingOf } from './routing-object.ts';
import { smi } from './smi.ts';
import { traefik } from './traefik.ts';

/** The versions in which a cluster serves the kinds of the routers, and how its load balancers are tagged. */
export interface RouterOptions {
  readonly istioApiVersion: string;
  readonly ambassadorApiVersion: string;
  readonly trafficSplitApiVersion: string;
  readonly traefikApiGroup: string;
  readonly traefikApiVersion: string;
  readonly appMeshCrdVersion: string;
  /** The Gateway API has moved on from `v1alpha2` to `v1`; a cluster need not serve both. */
  readonly tcpRouteApiVersion: string;
  readonly tlsRouteApiVersion: string;
  /** With `--aws-verify-target-group` only. */
  readonly albVerifier?: AlbVerifier;
}

export const defaultRouterOptions: RouterOptions = {
  istioApiVersion: 'v1alpha3',
  ambassadorApiVersion: 'getambassador.io/v2',
  trafficSplitApiVersion: 'v1alpha1',
  traefikApiGroup: 'traefik.io',
  traefikApiVersion: 'traefik.io/v1alpha1',
  appMeshCrdVersion: 'v1beta2',
  tcpRouteApiVersion: 'v1alpha2',
  tlsRouteApiVersion: 'v1alpha2',
};

export interface NamedRouter {
  /** Its key in `trafficRouting`, or the plugin's in `trafficRouting.plugins`. */
  readonly name: string;
  readonly router: RolloutRouter;
}

type RouterKey = Exclude<keyof TrafficRouting, 'plugins' | 'managedRoutes' | 'maxTrafficWeight'>;
type MakeRouter = (options: RouterOptions) => RolloutRouter;

/** In the order in which they are told. */
const routers: Readonly<Record<RouterKey, MakeRouter>> = {
  istio: ({ istioApiVersion }) => istio(istioApiVersion),
  nginx: () => nginx,
  alb: ({ albVerifier }) => alb(albVerifier),
  smi: ({ trafficSplitApiVersion }) => smi(trafficSplitApiVersion),
  ambassador: ({ ambassadorApiVersion }) => ambassador(ambassadorApiVersion),
  appMesh: ({ appMeshCrdVersion }) => appMesh(appMeshCrdVersion),
  traefik: ({ traefikApiGroup, traefikApiVersion }) => traefik(traefikApiGroup, traefikApiVersion),
  apisix: () => apisix,
};

/** Throws `RouteError` for a plugin that is not built in. */
export function routersOf(rollout: Rollout, options: RouterOptions = defaultRouterOptions): readonly NamedRouter[] {
  const configured: Readonly<Record<string, unknown>> = trafficRoutingOf(rollout) ?? {};
  const own = Object.entries(routers)
    .filter(([name]) => configured[name] !== undefined)
    .map(([name, make]) => ({ name, router: make(options) }));
  const plugins = Object.keys(trafficRoutingOf(rollout)?.plugins ?? {}).toSorted();
  return [...own, ...plugins.map((name) => ({ name, router: pluginRouter(name, options) }))];
}
