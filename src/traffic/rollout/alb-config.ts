/** What a Rollout says about its AWS load balancer. */
import type { AlbRouting, Rollout } from '#api/rollout.ts';
import { RouteError } from '#traffic/router.ts';
import type { RolloutTraffic } from './router.ts';
import { trafficRoutingOf } from './routing-object.ts';

/** The Ingresses that a Rollout names. */
export function albIngresses(rollout: Rollout): readonly string[] {
  const { ingress, ingresses: names = [] } = trafficRoutingOf(rollout)?.alb ?? {};
  return [...names, ...(ingress === undefined ? [] : [ingress])];
}

/** Canary and stable: always the ping-pong pair where there is one. */
export function albServices(traffic: RolloutTraffic): { readonly canary: string; readonly stable: string } {
  const { pingPong } = traffic.rollout.spec.strategy?.canary ?? {};
  const given = { canary: traffic.canaryService, stable: traffic.stableService };
  if (pingPong === undefined) return given;
  const { pingService, pongService } = pingPong;
  if ([pingService, pongService].includes(given.canary)) return given;
  return traffic.rollout.status?.canary?.stablePingPong === 'ping'
    ? { canary: pongService, stable: pingService }
    : { canary: pingService, stable: pongService };
}

/** Its configuration. */
export function albOf({ rollout }: RolloutTraffic): AlbRouting {
  const config = trafficRoutingOf(rollout)?.alb;
  if (config === undefined) throw new RouteError('Cannot route through a load balancer: `alb` is not configured');
  return config;
}
