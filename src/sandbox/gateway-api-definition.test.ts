import { describe, expect, it } from 'vitest';
import { httpRoutes } from '#cluster/resource.ts';
import { createApiServer } from './api-server.ts';
import { gatewayDefinitions } from './gateway-api-definition.ts';
import { VirtualClock } from './virtual-clock.ts';

function start() {
  const clock = new VirtualClock().as('world');
  return createApiServer({ clock, random: () => 0.5, crds: gatewayDefinitions }).objects;
}

const route = (spec: object) => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: 'default' },
  spec,
});

describe('HTTPRoute', () => {
  it('gets the defaults of the standard channel', () => {
    const rules = [{ backendRefs: [{ name: 'a', port: 80 }] }, { matches: [{ headers: [{ name: 'x', value: 'y' }] }] }];
    const made = start().create(httpRoutes, route({ parentRefs: [{ name: 'gw' }], rules }));
    expect(made['spec']).toEqual({
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ group: '', kind: 'Service', name: 'a', port: 80, weight: 1 }],
        },
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [{ type: 'Exact', name: 'x', value: 'y' }] }],
        },
      ],
    });
  });

  it('refuses filters of the experimental channel and more than 16 rules', () => {
    const objects = start();
    expect(() => objects.create(httpRoutes, route({ rules: [{ filters: [{ type: 'CORS' }] }] }))).toThrow(
      'HTTPRoute.gateway.networking.k8s.io "web" is invalid: [spec.rules[0].filters[0].type: Unsupported value: "CORS"',
    );
    expect(() => objects.create(httpRoutes, route({ rules: Array.from({ length: 17 }, () => ({})) }))).toThrow(
      'spec.rules: Too many: 17: must have at most 16 items',
    );
  });
});
