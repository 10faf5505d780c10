import { describe, expect, it } from 'vitest';
import { RouteError } from '#traffic/router.ts';
import { aTraffic, RolloutObjects } from './rollout-router-contract.ts';
import { routersOf } from './routers.ts';

describe('the routers of a Rollout', () => {
  it('come in a fixed order, plugins last', () => {
    const { rollout } = aTraffic({
      plugins: { 'argoproj-labs/gatewayAPI': {} },
      apisix: {},
      traefik: { weightedTraefikServiceName: 'ts' },
      appMesh: {},
      ambassador: { mappings: [] },
      smi: {},
      alb: { servicePort: 80 },
      nginx: {},
      istio: {},
    });
    expect(routersOf(rollout).map(({ name }) => name)).toEqual([
      'istio',
      'nginx',
      'alb',
      'smi',
      'ambassador',
      'appMesh',
      'traefik',
      'apisix',
      'argoproj-labs/gatewayAPI',
    ]);
    expect(routersOf({ ...rollout, spec: {} })).toEqual([]);
  });

  it('say that a plugin is not there', () => {
    const { rollout } = aTraffic({ plugins: { 'a/b': {} } });
    expect(() => routersOf(rollout)).toThrow(RouteError);
    expect(() => routersOf(rollout)).toThrow(
      /^failed to get traffic router plugin a\/b: .*plugin a\/b not configured in configmap$/,
    );
  });

  it('[rollout-27] speak of the plugin in what it has failed at', () => {
    const traffic = aTraffic({ plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web' } } });
    const [plugin] = routersOf(traffic.rollout);
    expect(() => plugin?.router.setWeight(traffic, new RolloutObjects([]), 20)).toThrow(
      'failed to set weight via plugin: httproutes.gateway.networking.k8s.io "web" not found',
    );
  });
});
