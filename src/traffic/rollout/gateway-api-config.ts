/** The configuration of the Gateway API router of Rollouts: which routes it works on, and how it marks them. */
import * as z from 'zod';
import type { Resource } from '#api/kubernetes.ts';
import { labelSelector } from '#api/label-selector.ts';
import type { Rollout } from '#api/rollout.ts';
import { selectorMatches, selectorText } from '#cluster/label-selector.ts';
import { grpcRoutes, httpRoutes, tcpRoutes, tlsRoutes } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import type { LiveRoutes } from './router.ts';
import { namespaceOf, trafficRoutingOf } from './routing-object.ts';

/** Under which name `trafficRouting.plugins` holds it. */
export const gatewayApiPlugin = 'argoproj-labs/gatewayAPI';

const routeName = z.string().exactOptional();
const routeList = z
  .array(z.looseObject({ name: z.string().min(1), useHeaderRoutes: z.boolean().exactOptional() }))
  .exactOptional();
const routeSelector = labelSelector.exactOptional();

const gatewayApiConfig = z.looseObject({
  httpRoute: routeName,
  grpcRoute: routeName,
  tcpRoute: routeName,
  tlsRoute: routeName,
  httpRoutes: routeList,
  grpcRoutes: routeList,
  tcpRoutes: routeList,
  tlsRoutes: routeList,
  httpRouteSelector: routeSelector,
  grpcRouteSelector: routeSelector,
  tcpRouteSelector: routeSelector,
  tlsRouteSelector: routeSelector,
  namespace: z.string().exactOptional(),
  disableInProgressLabel: z.boolean().exactOptional(),
  inProgressLabelKey: z.string().exactOptional(),
  inProgressLabelValue: z.string().exactOptional(),
});

export type GatewayApiConfig = z.infer<typeof gatewayApiConfig>;

type RouteType = 'http' | 'grpc' | 'tcp' | 'tls';

/** The kinds of routes, in the order in which they are worked on. */
export type RouteKinds = readonly (readonly [type: RouteType, resource: Resource])[];

export function routeKinds(tcpVersion: string, tlsVersion: string): RouteKinds {
  return [
    ['http', httpRoutes],
    ['grpc', grpcRoutes],
    ['tcp', tcpRoutes(tcpVersion)],
    ['tls', tlsRoutes(tlsVersion)],
  ];
}

/** A route that the Rollout's traffic goes through. */
export interface ConfiguredRoute {
  readonly type: RouteType;
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string;
  /** Whether header routes go to it. */
  readonly useHeaderRoutes: boolean;
}

export function gatewayApiConfigOf(rollout: Rollout): GatewayApiConfig {
  const parsed = gatewayApiConfig.safeParse(trafficRoutingOf(rollout)?.plugins?.[gatewayApiPlugin] ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RouteError(
    `Cannot read the configuration of ${gatewayApiPlugin}: ${issue?.path.join('.')}: ${issue?.message}`,
  );
}

/** The kinds of routes that the configuration names or selects. */
export function routeResources(kinds: RouteKinds, config: GatewayApiConfig): readonly Resource[] {
  return kinds
    .filter(
      ([type]) =>
        config[`${type}Route`] !== undefined ||
        config[`${type}Routes`] !== undefined ||
        config[`${type}RouteSelector`] !== undefined,
    )
    .map(([, resource]) => resource);
}

/** The routes by name and by label, each once. */
export function configuredRoutes(kinds: RouteKinds, rollout: Rollout, live: LiveRoutes): readonly ConfiguredRoute[] {
  const config = gatewayApiConfigOf(rollout);
  const namespace = config.namespace || namespaceOf(rollout);
  return kinds.flatMap(([type, resource]) => {
    const single = config[`${type}Route`];
    const selector = config[`${type}RouteSelector`];
    const selected =
      selector === undefined
        ? []
        : live
            .list(resource, namespace)
            .filter(({ metadata }) => selectorMatches(selectorText(selector), metadata.labels ?? {}))
            .map(({ metadata }) => metadata.name)
            .toSorted();
    const named = [
      ...(config[`${type}Routes`] ?? []),
      ...(single ? [{ name: single, useHeaderRoutes: true }] : []),
      ...selected.map((name) => ({ name, useHeaderRoutes: false })),
    ];
    return [...new Set(named.map(({ name }) => name))].map((name) => ({
      type,
      resource,
      name,
      namespace,
      useHeaderRoutes: named.some((route) => route.name === name && route.useHeaderRoutes === true),
    }));
  });
}
