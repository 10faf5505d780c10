import { describe, expect, it } from 'vitest';
import { inCanary, problemOf, referencesIn, selecting, type World } from './references-in.ts';
import { rolloutWith } from './rollout-with.ts';
import { validateReferences } from './references.ts';

describe('VirtualServices', () => {
  const istio = (virtualService: object, more: object = {}) => ({
    istio: { virtualService: { name: 'vs', ...virtualService }, ...more },
  });
  const to = (...hosts: string[]) => hosts.map((host) => ({ destination: { host } }));
  const subsets = (...names: string[]) => names.map((subset) => ({ destination: { host: 'h', subset } }));
  const destinationRule = { name: 'd', canarySubsetName: 'cs', stableSubsetName: 'ss' };
  const field = `${inCanary}.trafficRouting.istio`;
  const wrong = (protocol: string, why: string): string =>
    `${field}.virtualService.name: Invalid value: "vs": Istio VirtualService has invalid ${protocol} routes. Error: ${why}`;

  it.each<[string, object, object | undefined, string]>([
    [
      'no configuration',
      { istio: {} },
      {},
      `${field}: Internal error: either VirtualService or VirtualServices must be configured`,
    ],
    [
      'one and many',
      { istio: { virtualService: { name: 'a' }, virtualServices: [{ name: 'b' }] } },
      {},
      `${field}: Internal error: either VirtualService or VirtualServices must be configured`,
    ],
    [
      'one that is not there',
      istio({}),
      undefined,
      `${field}.virtualService.name: Invalid value: "vs": virtualservices.networking.istio.io "vs" not found`,
    ],
    [
      'one without routes',
      istio({}),
      {},
      `${field}.virtualService.name: Invalid value: "vs": Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService`,
    ],
    [
      'no canary',
      istio({}),
      { http: [{ route: to('x', 's') }] },
      wrong('HTTP', "Canary Service 'c' not found in route"),
    ],
    [
      'no stable',
      istio({}),
      { http: [{ route: to('c', 'x') }] },
      wrong('HTTP', "Stable Service 's' not found in route"),
    ],
    [
      'no canary subset',
      istio({}, { destinationRule }),
      { http: [{ route: to('c', 's') }] },
      wrong('HTTP', "Canary DestinationRule subset 'cs' not found in route"),
    ],
    [
      'no stable subset',
      istio({}, { destinationRule }),
      { http: [{ route: subsets('cs', 'x') }] },
      wrong('HTTP', "Stable DestinationRule subset 'ss' not found in route"),
    ],
    [
      'a route that is not there',
      istio({ routes: ['q'] }),
      { http: [{ name: 'p', route: to('c', 's') }] },
      wrong('HTTP', "HTTP Route 'q' is not found in the defined Virtual Service."),
    ],
    [
      'several routes without a choice',
      istio({}),
      { http: [{ name: 'p', route: to('c', 's') }, { route: to('c', 's') }] },
      wrong(
        'HTTP',
        'spec.http[] should be set in VirtualService and it must have exactly one route when omitting spec.strategy.canary.trafficRouting.istio.virtualService.routes',
      ),
    ],
    [
      'no TLS route of the port',
      istio({ tlsRoutes: [{ port: 8443 }] }),
      { tls: [{ match: [{ port: 443 }], route: to('c', 's') }] },
      wrong('TLS', 'No matching TLS routes found in the defined Virtual Service.'),
    ],
    [
      'a TLS route of other hosts',
      istio({ tlsRoutes: [{ port: 443, sniHosts: ['a'] }] }),
      { tls: [{ match: [{ port: 443, sniHosts: ['a', 'b'] }], route: to('c', 's') }] },
      wrong('TLS', 'No matching TLS routes found in the defined Virtual Service.'),
    ],
    [
      'a TCP route that leads elsewhere',
      istio({ tcpRoutes: [{ port: 443 }] }),
      { tcp: [{ match: [{ port: 443 }], route: to('x', 's') }] },
      wrong('TCP', "Canary Service 'c' not found in route"),
    ],
  ])('are refused: %s', (_name, trafficRouting, spec, problem) => {
    expect(problemOf({ trafficRouting }, spec === undefined ? {} : { 'VirtualService/vs': { spec } })).toBe(problem);
  });

  it.each<[string, object, World]>([
    [
      'with both Services',
      istio({}),
      { 'VirtualService/vs': { spec: { http: [{ route: to('c.d.svc', 's.d.svc') }] } } },
    ],
    [
      'with both subsets',
      istio({}, { destinationRule }),
      { 'VirtualService/vs': { spec: { http: [{ route: subsets('cs', 'ss') }] } } },
    ],
    [
      'of another namespace',
      istio({ name: 'vs.far.cluster.local' }),
      { 'VirtualService/far/vs': { spec: { http: [{ route: to('c', 's') }] } } },
    ],
    [
      'with a route that Serin adds',
      { ...istio({}), managedRoutes: [{ name: 'h' }] },
      {
        'VirtualService/vs': {
          spec: {
            http: [
              { name: 'h', route: to('c') },
              { name: 'p', route: to('c', 's') },
            ],
          },
        },
      },
    ],
  ])('are in order %s', (_name, trafficRouting, world) => {
    expect(problemOf({ trafficRouting }, world)).toBeUndefined();
  });

  it('lead to ping and pong', () => {
    const pingPong = { pingService: 'i', pongService: 'o' };
    const rollout = rolloutWith({ strategy: { canary: { pingPong, trafficRouting: istio({}) } } });
    const found = (...hosts: string[]) =>
      validateReferences(
        rollout,
        referencesIn({
          'Service/i': selecting(),
          'Service/o': selecting(),
          'VirtualService/vs': { spec: { http: [{ route: to(...hosts) }] } },
        }),
      );
    expect(found('i', 'o')).toBeUndefined();
    expect(found('i', 'x')).toBe(wrong('HTTP', "Stable Service 'o' not found in route"));
  });
});
