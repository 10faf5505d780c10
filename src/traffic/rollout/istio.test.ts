import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { IstioRouting } from '#api/rollout.ts';
import { destinationRules, virtualServices } from '#cluster/resource.ts';
import { cleanupDestinationRule, type DestinationRule } from './istio-destination-rule.ts';
import type { VirtualService, VirtualServiceRoute } from './istio-virtual-service.ts';
import { istio, virtualServiceRef } from './istio.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';
import type { RolloutTraffic } from './router.ts';

const router = istio('v1');
const services = virtualServices('v1');
const rules = destinationRules('v1');

const to = (host: string, weight?: number, subset?: string) => ({
  destination: { host, ...(subset === undefined ? {} : { subset }) },
  ...(weight === undefined ? {} : { weight }),
});
const both: VirtualServiceRoute = { route: [to('stable', 100), to('canary.test.svc', 0)] };
const subsets: VirtualServiceRoute = { route: [to('web', 100, 's'), to('web', 0, 'c')] };

function aService(spec: VirtualService['spec'], name = 'vs', namespace = 'test'): VirtualService {
  const metadata = { name, namespace };
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec: { hosts: ['a'], ...spec } };
}

function aRule(names: readonly string[], annotations?: Record<string, string>): DestinationRule {
  const metadata = { name: 'dr', namespace: 'test', ...(annotations === undefined ? {} : { annotations }) };
  const spec = { host: 'web', subsets: names.map((name) => ({ name, labels: { app: 'web' } })) };
  return { apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule', metadata, spec };
}

const bySubset: IstioRouting = {
  virtualService: { name: 'vs' },
  destinationRule: { name: 'dr', canarySubsetName: 'c', stableSubsetName: 's' },
};
const traffic = aTraffic({ istio: { virtualService: { name: 'vs' } } });

function httpIn(world: RolloutObjects, name = 'vs', namespace = 'test'): readonly VirtualServiceRoute[] {
  return (world.get(services, name, namespace) as VirtualService).spec?.http ?? []; // of that kind
}

/** `host/subset weight` of each destination of each route. */
function weightsOf(routes: readonly VirtualServiceRoute[] = []): readonly string[] {
  return routes.map(({ route = [] }) =>
    route
      .map(
        ({ destination: { host, subset }, weight }) => `${subset === undefined ? host : `${host}/${subset}`} ${weight}`,
      )
      .join(', '),
  );
}

function splitOf(world: RolloutObjects): { canary: number; stable: number } {
  const [stable, canary] = httpIn(world)[0]?.route ?? [];
  return { canary: canary?.weight ?? 0, stable: stable?.weight ?? 0 };
}

rolloutRouterContract({
  name: 'istio with Services',
  router,
  traffic,
  objects: [[services, aService({ http: [both] })]],
  split: splitOf,
});

rolloutRouterContract({
  name: 'istio with a VirtualService elsewhere',
  router,
  traffic: aTraffic({ istio: { virtualServices: [{ name: 'vs' }, { name: 'vs.infra' }] } }),
  objects: [
    [services, aService({ http: [both] })],
    [services, aService({ http: [both] }, 'vs', 'infra')],
  ],
  split: splitOf,
});

describe('weights', () => {
  it('go by the Services of the spec, also where a load balancer has a ping-pong pair beside them', () => {
    const there = new RolloutObjects([[services, aService({ http: [both] })]]);
    const istio = { virtualService: { name: 'vs' } };
    there.perform(
      router.setWeight(aTraffic({ istio }, {}, { canaryService: 'ping', stableService: 'pong' }), there, 20),
    );
    expect(splitOf(there)).toEqual({ canary: 20, stable: 80 });
  });

  it('are told', () => {
    const there = new RolloutObjects([[services, aService({ http: [both] })]]);
    expect(router.setWeight(traffic, there, 20)).toEqual({
      writes: [
        {
          do: 'change',
          resource: services,
          name: 'vs',
          changes: [
            { path: ['spec', 'http', '0', 'route', '0', 'weight'], value: 80 },
            { path: ['spec', 'http', '0', 'route', '1', 'weight'], value: 20 },
          ],
        },
      ],
      events: [
        { type: 'Normal', reason: 'Updated VirtualService', message: "VirtualService `vs` set to desiredWeight '20'" },
      ],
    });
  });

  it.each<[string, IstioRouting['virtualService'], VirtualService['spec'], Record<string, readonly string[]>]>([
    [
      'the named HTTP routes',
      { name: 'vs', routes: ['a', 'b'] },
      {
        http: [
          { ...both, name: 'a' },
          { ...both, name: 'b' },
          { ...both, name: 'c' },
        ],
      },
      { http: ['stable 80, canary.test.svc 20', 'stable 80, canary.test.svc 20', 'stable 100, canary.test.svc 0'] },
    ],
    [
      'the first HTTP route without a name',
      { name: 'vs' },
      { http: [{ ...both, name: 'a' }, both, both] },
      { http: ['stable 100, canary.test.svc 0', 'stable 80, canary.test.svc 20', 'stable 100, canary.test.svc 0'] },
    ],
    [
      'the only route, which may have a name, and its mirrors',
      { name: 'vs' },
      {
        http: [
          { ...both, name: 'h' },
          { ...both, name: 'm', mirror: { host: 'canary' } },
          { ...both, name: 'a' },
        ],
      },
      { http: ['stable 100, canary.test.svc 0', 'stable 80, canary.test.svc 20', 'stable 80, canary.test.svc 20'] },
    ],
    [
      'TLS and TCP routes of a port or of SNI hosts',
      { name: 'vs', tlsRoutes: [{ port: 443, sniHosts: ['b', 'a'] }], tcpRoutes: [{ port: 5 }] },
      {
        tls: [
          { ...both, match: [{ port: 443, sniHosts: ['a'] }] },
          { ...both, match: [{ port: 443, sniHosts: ['a', 'b'] }] },
        ],
        tcp: [
          { ...both, match: [{ port: 4 }, { port: 5 }] },
          { ...both, match: [{ port: 5 }] },
        ],
      },
      {
        tls: ['stable 100, canary.test.svc 0', 'stable 80, canary.test.svc 20'],
        tcp: ['stable 100, canary.test.svc 0', 'stable 80, canary.test.svc 20'],
      },
    ],
    [
      'the first TLS and TCP routes',
      { name: 'vs' },
      { tls: [both, both], tcp: [both, both] },
      {
        tls: ['stable 80, canary.test.svc 20', 'stable 100, canary.test.svc 0'],
        tcp: ['stable 80, canary.test.svc 20', 'stable 100, canary.test.svc 0'],
      },
    ],
  ])('go to %s', (_, virtualService, spec, wanted) => {
    const there = new RolloutObjects([[services, aService(spec)]]);
    const named = aTraffic({
      istio: virtualService === undefined ? {} : { virtualService },
      managedRoutes: [{ name: 'h' }, { name: 'm' }],
    });
    there.perform(router.setWeight(named, there, 20));
    const after = there.get(services, 'vs', 'test') as VirtualService; // of that kind
    for (const [protocol, weights] of Object.entries(wanted)) {
      expect(weightsOf(after.spec?.[protocol] as readonly VirtualServiceRoute[])).toEqual(weights); // one of the three lists
    }
  });

  it('go by subsets, leave those of the user alone, and make room for experiments', () => {
    const route = { route: [to('web', 90, 's'), to('web', 0, 'c'), to('web', 10, 'own'), to('old', 5), to('idle')] };
    const there = new RolloutObjects([
      [services, aService({ http: [route] })],
      [rules, aRule(['c', 's', 'own'])],
    ]);
    const own = { ...bySubset, destinationRule: { ...bySubset.destinationRule, additionalSubsetNames: ['own'] } };
    const running = aTraffic(
      { istio: own as IstioRouting },
      {},
      {
        canaryService: '',
        stableService: '',
        additional: [
          { serviceName: 'z', weight: 3 },
          { serviceName: 'a', weight: 2 },
        ],
      },
    );
    there.perform(router.setWeight(running, there, 20));
    expect(weightsOf(httpIn(there))).toEqual(['web/s 65, web/c 20, web/own 10, idle undefined, a 2, z 3']);
    expect(router.setWeight(running, there, 20).writes).toEqual([]);
    there.perform(router.setWeight({ ...running, additional: [] }, there, 20));
    expect(weightsOf(httpIn(there))).toEqual(['web/s 70, web/c 20, web/own 10, idle undefined']);
  });

  it.each<[string, VirtualService['spec'], IstioRouting]>([
    ["HTTP Route 'x' is not found", { http: [both] }, { virtualService: { name: 'vs', routes: ['x'] } }],
    ['No matching TLS routes found', { tls: [both] }, { virtualService: { name: 'vs', tlsRoutes: [{ port: 1 }] } }],
    ['No matching TCP routes found', { tcp: [both] }, { virtualService: { name: 'vs', tcpRoutes: [{ port: 1 }] } }],
    ['Unable to get any of the HTTP, TCP or TLS routes', {}, { virtualService: { name: 'vs' } }],
    [
      "Canary Service 'canary' not found in route",
      { http: [{ route: [to('stable')] }] },
      { virtualService: { name: 'vs' } },
    ],
    [
      "Stable Service 'stable' not found in route",
      { http: [{ route: [to('canary')] }] },
      { virtualService: { name: 'vs' } },
    ],
    ["Canary DestinationRule subset 'c' not found in route", { http: [{ route: [to('web', 1, 's')] }] }, bySubset],
  ])('say that %s', (text, spec, config) => {
    const there = new RolloutObjects([
      [services, aService(spec)],
      [rules, aRule(['c', 's'])],
    ]);
    expect(() => router.setWeight(aTraffic({ istio: config }), there, 20)).toThrow(text);
  });
});

it('tells of a missing VirtualService by an event', () => {
  expect(() => router.setWeight(traffic, new RolloutObjects([]), 20)).toThrow(
    expect.objectContaining({
      event: { type: 'Warning', reason: 'VirtualServiceNotFound', message: 'VirtualService `vs` not found' },
    }),
  );
});

it.each([
  ['vs', 'vs', 'test'],
  ['vs.infra', 'vs', 'infra'],
  ['a.b.infra', 'a.b', 'infra'],
  ['vs.infra.cluster.local', 'vs', 'infra'],
])('finds the VirtualService %s', (written, name, namespace) => {
  expect(virtualServiceRef(traffic.rollout, { name: written })).toEqual({ name, namespace });
});

describe('[rollout-30] subsets', () => {
  const subsetTraffic = (more: Partial<RolloutTraffic> = {}): RolloutTraffic => aTraffic({ istio: bySubset }, {}, more);
  const world = (names = ['c', 's', 'third']): RolloutObjects =>
    new RolloutObjects([
      [services, aService({ http: [subsets] })],
      [rules, aRule(names)],
    ]);
  const ruleIn = (there: RolloutObjects): KubeObject | undefined => there.get(rules, 'dr', 'test');

  it('follow the hashes, unlisted ones go, and the VirtualService gets the weights', () => {
    const there = world();
    const changes = router.updateHash(subsetTraffic(), there);
    expect(changes.events).toEqual([
      {
        type: 'Normal',
        reason: 'UpdatedDestinationRule',
        message: 'DestinationRule dr subset updated (c: hash2, s: hash1)',
      },
    ]);
    there.perform(changes);
    expect(ruleIn(there)).toEqual({
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: {
        name: 'dr',
        namespace: 'test',
        annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'web' },
      },
      spec: {
        host: 'web',
        subsets: [
          { name: 'c', labels: { app: 'web', 'rollouts-pod-template-hash': 'hash2' } },
          { name: 's', labels: { app: 'web', 'rollouts-pod-template-hash': 'hash1' } },
        ],
      },
    });
    expect(router.updateHash(subsetTraffic(), there)).toEqual({ writes: [], events: [] });
    there.perform(router.setWeight(subsetTraffic(), there, 20));
    expect(weightsOf(httpIn(there))).toEqual(['web/s 80, web/c 20']);
  });

  it('lose a hash that is no more, get one for each experiment, and stay when the user lists them', () => {
    const there = world(['c', 's', 'own']);
    const additional = [{ serviceName: 'exp', weight: 5, podTemplateHash: 'hash3' }];
    const listed = { name: 'dr', canarySubsetName: 'c', stableSubsetName: 's', additionalSubsetNames: ['own'] };
    const changed = aTraffic({ istio: { ...bySubset, destinationRule: listed } }, {}, { additional });
    there.perform(router.updateHash(changed, there));
    there.perform(router.updateHash({ ...changed, canaryHash: '' }, there));
    expect(ruleIn(there)?.['spec']).toMatchObject({
      subsets: [
        { name: 'c', labels: { app: 'web' } },
        { name: 's', labels: { app: 'web', 'rollouts-pod-template-hash': 'hash1' } },
        { name: 'own', labels: { app: 'web' } },
        { name: 'exp', labels: { 'rollouts-pod-template-hash': 'hash3' } },
      ],
    });
  });

  it('do not move to pods that are not there yet, where no Service guards them', () => {
    const bare = (more: Partial<RolloutTraffic>): RolloutTraffic =>
      aTraffic({ istio: bySubset }, { canaryService: '', stableService: '' }, more);
    const text = (hash: string): string =>
      `delaying destination rule switch: ReplicaSet web-${hash} not fully available`;
    expect(() => router.updateHash(bare({ canaryReady: false }), world())).toThrow(text('hash2'));
    expect(() => router.updateHash(bare({ stableReady: false }), world())).toThrow(text('hash1'));
    expect(router.updateHash(bare({ canaryReady: false, isGoingBack: true }), world()).writes).toHaveLength(1);
    expect(router.updateHash(subsetTraffic({ canaryReady: false }), world()).writes).toHaveLength(1);
  });

  it('must be there', () => {
    expect(() => router.updateHash(subsetTraffic(), world(['s']))).toThrow('DestinationRule dr has no subset c');
    const without = new RolloutObjects([[services, aService({ http: [subsets] })]]);
    expect(() => router.updateHash(subsetTraffic(), without)).toThrow(
      expect.objectContaining({
        event: { type: 'Warning', reason: 'DestinationRuleNotFound', message: 'DestinationRule `dr` not found' },
      }),
    );
  });

  it('are cleaned when the Rollout is gone, or has nothing to do with them any more', () => {
    const there = world();
    there.perform(router.updateHash(subsetTraffic(), there));
    const rule = ruleIn(there) as DestinationRule; // of that kind
    expect(cleanupDestinationRule(rule, [subsetTraffic().rollout])).toEqual([]);
    const cleanup = [
      { path: ['metadata', 'annotations', 'argo-rollouts.argoproj.io/managed-by-rollouts'], value: undefined },
      { path: ['spec', 'subsets', '0', 'labels', 'rollouts-pod-template-hash'], value: undefined },
      { path: ['spec', 'subsets', '1', 'labels', 'rollouts-pod-template-hash'], value: undefined },
    ];
    expect(cleanupDestinationRule(rule, [])).toEqual(cleanup);
    expect(cleanupDestinationRule(rule, [traffic.rollout])).toEqual(cleanup);
    expect(cleanupDestinationRule(aRule(['c']), [])).toEqual([]);
  });
});
