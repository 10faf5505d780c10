/** Traefik for Rollouts: the weights of a TraefikService. */
import type { KubeObject } from '#api/kubernetes.ts';
import { traefikServices } from '#cluster/resource.ts';
import { RouteError } from '#traffic/router.ts';
import { noChanges, type RolloutRouter } from './router.ts';
import { existing, namespaceOf, totalWeight, trafficRoutingOf, writeOf } from './routing-object.ts';

interface WeightedService {
  readonly name: string;
  readonly weight?: number;
  readonly [field: string]: unknown;
}

interface TraefikService extends KubeObject {
  readonly spec?: { readonly weighted?: { readonly services?: readonly WeightedService[] } };
}

/** `apiVersion` may bring a group along, which the group of its own goes before. */
export function traefik(group: string, apiVersion: string): RolloutRouter {
  const kind = traefikServices(group, apiVersion.split('/').at(-1) ?? apiVersion);
  return {
    resources: () => [kind],
    updateHash: () => noChanges,
    setWeight({ rollout, canaryService, stableService }, live, weight) {
      const name = trafficRoutingOf(rollout)?.traefik?.weightedTraefikServiceName ?? '';
      const object: TraefikService = existing(live, kind, name, namespaceOf(rollout));
      const weights = new Map([
        [canaryService, weight],
        [stableService, totalWeight(rollout) - weight],
      ]);
      const services = object.spec?.weighted?.services;
      if (services === undefined) {
        throw new RouteError('spec.weighted.services was not found in traefik service manifest');
      }
      expectService(services, canaryService, 'canary');
      expectService(services, stableService, 'stable');
      const weighted = services.map((service) => {
        const share = weights.get(service.name);
        return share === undefined ? service : { ...service, weight: share };
      });
      const spec = { ...object.spec, weighted: { ...object.spec?.weighted, services: weighted } };
      return { writes: writeOf(rollout, kind, object, { ...object, spec }), events: [] };
    },
    setHeaderRoute: () => noChanges,
    setMirrorRoute: () => noChanges,
    removeManagedRoutes: () => noChanges,
    verifyWeight: () => undefined,
  };
}

function expectService(services: readonly WeightedService[], service: string, side: string): void {
  if (!services.some(({ name }) => name === service)) throw new RouteError(`traefik ${side} service was not found`);
}
