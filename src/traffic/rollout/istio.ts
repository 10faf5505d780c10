/** Istio for Rollouts: weights and managed routes in VirtualServices, versions as subsets of a DestinationRule. */
import type { IstioVirtualService, Rollout } from '#api/rollout.ts';
import type { Resource } from '#api/kubernetes.ts';
import { destinationRules, virtualServices } from '#cluster/resource.ts';
import { expectReady, withHashes, type DestinationRule } from './istio-destination-rule.ts';
import { canaryPlace, withHeaderRoute, withMirrorRoute, withoutManagedRoutes } from './istio-managed-routes.ts';
import { istioOf, withWeight, type VirtualService } from './istio-virtual-service.ts';
import {
  noChanges,
  ToldRouteError,
  type LiveRoutes,
  type RolloutRouter,
  type RolloutTraffic,
  type RouteChanges,
} from './router.ts';
import { namespaceOf, notFoundText, trafficRoutingOf, writeOf } from './routing-object.ts';

export function istio(apiVersion: string): RolloutRouter {
  const kinds: IstioKinds = { service: virtualServices(apiVersion), rule: destinationRules(apiVersion) };
  return {
    resources: (rollout) =>
      trafficRoutingOf(rollout)?.istio?.destinationRule === undefined ? [kinds.service] : [kinds.service, kinds.rule],
    updateHash: (traffic, live) => hashChanges(kinds, byOwnServices(traffic), live),
    setWeight: (traffic, live, weight) =>
      serviceChanges(kinds, byOwnServices(traffic), live, `set to desiredWeight '${weight}'`, (config, service) =>
        withWeight(config, service, byOwnServices(traffic), weight),
      ),
    setHeaderRoute(traffic, live, step) {
      const own = byOwnServices(traffic);
      const place = canaryPlace(own, ruleHost(kinds, own, live));
      return serviceChanges(kinds, own, live, `set headerRoute '${step.name ?? ''}'`, (config, service) =>
        withHeaderRoute(config, service, own, place, step),
      );
    },
    setMirrorRoute(traffic, live, step) {
      const own = byOwnServices(traffic);
      const place = canaryPlace(own, ruleHost(kinds, own, live));
      return serviceChanges(kinds, own, live, `set mirrorRoute '${step.name}'`, (config, service) =>
        withMirrorRoute(config, service, own, place, step),
      );
    },
    removeManagedRoutes: (traffic, live) =>
      serviceChanges(kinds, byOwnServices(traffic), live, 'removed all managed routes.', (_, service) =>
        withoutManagedRoutes(service, traffic),
      ),
    verifyWeight: () => undefined,
  };
}

/** Routes name the Services of the spec; the ping-pong pair only where there are none. */
function byOwnServices(traffic: RolloutTraffic): RolloutTraffic {
  const { canaryService = '', stableService = '' } = traffic.rollout.spec.strategy?.canary ?? {};
  return canaryService === '' && stableService === '' ? traffic : { ...traffic, canaryService, stableService };
}

interface IstioKinds {
  readonly service: Resource;
  readonly rule: Resource;
}

/** A VirtualService of the configuration, `NAME` or `NAME.NAMESPACE`. */
export function virtualServiceRef(
  rollout: Rollout,
  { name }: IstioVirtualService,
): { name: string; namespace: string } {
  const short = name.replace(/\.cluster\.local$/, '');
  const dot = short.lastIndexOf('.');
  if (dot < 0) return { name: short, namespace: namespaceOf(rollout) };
  return { name: short.slice(0, dot), namespace: short.slice(dot + 1) };
}

/** The writes that make of each VirtualService what `change` makes of it, and the event that tells of each. */
function serviceChanges(
  { service: kind }: IstioKinds,
  traffic: RolloutTraffic,
  live: LiveRoutes,
  done: string,
  change: (config: IstioVirtualService, service: VirtualService) => VirtualService,
): RouteChanges {
  const { rollout } = traffic;
  const { virtualService, virtualServices = [] } = istioOf(traffic);
  const configs = [...virtualServices, ...(virtualService === undefined ? [] : [virtualService])];
  const parts = configs.map((config): RouteChanges => {
    const { name, namespace } = virtualServiceRef(rollout, config);
    const service: VirtualService | undefined = live.get(kind, name, namespace);
    if (service === undefined) throw missing(kind, name, 'VirtualServiceNotFound');
    const writes = writeOf(rollout, kind, service, change(config, service));
    if (writes.length === 0) return noChanges;
    const message = `VirtualService \`${name}\` ${done}`;
    return { writes, events: [{ type: 'Normal', reason: 'Updated VirtualService', message }] };
  });
  return { writes: parts.flatMap(({ writes }) => writes), events: parts.flatMap(({ events }) => events) };
}

function hashChanges(kinds: IstioKinds, traffic: RolloutTraffic, live: LiveRoutes): RouteChanges {
  const { destinationRule: config } = istioOf(traffic);
  const rule = ruleOf(kinds, traffic, live);
  if (config === undefined || rule === undefined) return noChanges;
  expectReady(traffic);
  const writes = writeOf(traffic.rollout, kinds.rule, rule, withHashes(config, rule, traffic));
  if (writes.length === 0) return noChanges;
  const { name, canarySubsetName, stableSubsetName } = config;
  const { canaryHash, stableHash } = traffic;
  const message = `DestinationRule ${name} subset updated (${canarySubsetName}: ${canaryHash}, ${stableSubsetName}: ${stableHash})`;
  return { writes, events: [{ type: 'Normal', reason: 'UpdatedDestinationRule', message }] };
}

function ruleHost(kinds: IstioKinds, traffic: RolloutTraffic, live: LiveRoutes): string | undefined {
  return ruleOf(kinds, traffic, live)?.spec?.host;
}

/** The DestinationRule of the Rollout, `undefined` if it has none. */
function ruleOf({ rule: kind }: IstioKinds, traffic: RolloutTraffic, live: LiveRoutes): DestinationRule | undefined {
  const { destinationRule: config } = istioOf(traffic);
  if (config === undefined) return undefined;
  const rule: DestinationRule | undefined = live.get(kind, config.name, namespaceOf(traffic.rollout));
  if (rule === undefined) throw missing(kind, config.name, 'DestinationRuleNotFound');
  return rule;
}

function missing(kind: Resource, name: string, reason: string): ToldRouteError {
  return new ToldRouteError(notFoundText(kind, name), reason, `${kind.kind} \`${name}\` not found`);
}
