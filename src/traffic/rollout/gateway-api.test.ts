import { describe, expect, it } from 'vitest';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { SetHeaderRoute } from '#api/rollout.ts';
import {
  grpcRoutes,
  httpRoutes,
  services,
  tcpRoutes as tcpRoutesOf,
  tlsRoutes as tlsRoutesOf,
} from '#cluster/resource.ts';
import { gatewayApiPlugin } from './gateway-api-config.ts';
import type { Route, RouteRule } from './gateway-api-rules.ts';
import { gatewayApi as gatewayApiOf } from './gateway-api.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';
import type { RolloutTraffic } from './router.ts';

const gatewayApi = gatewayApiOf('v1alpha2', 'v1');
const [tcpRoutes, tlsRoutes] = [tcpRoutesOf('v1alpha2'), tlsRoutesOf('v1')];

const anyPath = [{ path: { type: 'PathPrefix', value: '/' } }];
const backend = (name: string, weight?: number) => ({
  group: '',
  kind: 'Service',
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const both = { matches: anyPath, backendRefs: [backend('stable'), backend('canary', 0)] };

function aRoute(rules: readonly RouteRule[], { kind }: Resource = httpRoutes, name = 'web'): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name, namespace: 'test' },
    spec: { hostnames: ['a.example'], rules },
  };
}

const configured = (
  config: Readonly<Record<string, unknown>>,
  more: Parameters<typeof aTraffic>[0] = {},
  ...rest: [canary?: Parameters<typeof aTraffic>[1], traffic?: Partial<RolloutTraffic>]
): RolloutTraffic => aTraffic({ plugins: { [gatewayApiPlugin]: config }, ...more }, ...rest);

/** `service: weight` of each rule. */
function weights(world: RolloutObjects, resource = httpRoutes, name = 'web'): readonly string[] {
  return rules(world, resource, name).map(({ backendRefs = [] }) =>
    backendRefs.map((ref) => `${ref.name} ${ref.weight ?? 1}`).join(', '),
  );
}

function rules(world: RolloutObjects, resource = httpRoutes, name = 'web'): readonly RouteRule[] {
  return (world.get(resource, name, 'test') as Route).spec?.rules ?? []; // the only objects in there are routes
}

const labelsIn = (world: RolloutObjects): unknown => world.get(httpRoutes, 'web', 'test')?.metadata.labels;

/** What the API server adds to rules that say less. */
function stored(object: KubeObject): KubeObject {
  const route = object as Route; // the only kind that this router writes
  const rules = route.spec?.rules?.map((rule) => ({
    ...rule,
    backendRefs: (rule.backendRefs ?? []).map((ref) => ({ weight: 1, ...ref })),
    ...(object.kind === 'HTTPRoute'
      ? { matches: (rule.matches ?? [{}]).map((match) => ({ path: anyPath[0]?.path, ...match })) }
      : {}),
  }));
  return { ...route, spec: { ...route.spec, rules } };
}

for (const [type, resource] of [
  ['http', httpRoutes],
  ['grpc', grpcRoutes],
  ['tcp', tcpRoutes],
  ['tls', tlsRoutes],
] as const) {
  rolloutRouterContract({
    name: `${gatewayApiPlugin} with a ${resource.kind}`,
    router: gatewayApi,
    traffic: configured({ [`${type}Route`]: 'web' }, { managedRoutes: [{ name: 'h' }] }),
    objects: [[resource, aRoute([both], resource)]],
    stored,
    split(world) {
      const { backendRefs = [] } = rules(world, resource)[0] ?? {};
      const weightOf = (service: string): number => backendRefs.find(({ name }) => name === service)?.weight ?? 1;
      return { canary: weightOf('canary'), stable: weightOf('stable') };
    },
  });
}

describe('weights', () => {
  it('are set in every rule, other backends and single canaries left alone, with a label while there is a canary', () => {
    const there = new RolloutObjects([
      [
        httpRoutes,
        aRoute([
          both,
          { backendRefs: [backend('other', 7), backend('canary', 1), backend('stable', 1)] },
          { backendRefs: [backend('canary', 1)] },
        ]),
      ],
    ]);
    const traffic = configured({ httpRoute: 'web' });
    const changes = gatewayApi.setWeight(traffic, there, 50);
    expect(changes).toEqual({
      writes: [
        {
          do: 'change',
          resource: httpRoutes,
          name: 'web',
          changes: [
            { path: ['metadata', 'labels'], value: { 'rollouts.argoproj.io/gatewayapi-canary': 'in-progress' } },
            { path: ['spec', 'rules', '0', 'backendRefs', '0', 'weight'], value: 50 },
            { path: ['spec', 'rules', '0', 'backendRefs', '1', 'weight'], value: 50 },
            { path: ['spec', 'rules', '1', 'backendRefs', '1', 'weight'], value: 50 },
            { path: ['spec', 'rules', '1', 'backendRefs', '2', 'weight'], value: 50 },
          ],
        },
      ],
      events: [],
    });
    there.perform(changes);
    expect(weights(there)).toEqual(['stable 50, canary 50', 'other 7, canary 50, stable 50', 'canary 1']);
    there.perform(gatewayApi.setWeight(traffic, there, 0));
    expect(labelsIn(there)).toEqual({});
  });

  it.each([
    [{ disableInProgressLabel: true }, { team: 'a' }],
    [
      { inProgressLabelKey: 'busy', inProgressLabelValue: 'yes' },
      { team: 'a', busy: 'yes' },
    ],
  ])('mark the route as configured: %o', (config, labels) => {
    const route = aRoute([both]);
    const there = new RolloutObjects([
      [httpRoutes, { ...route, metadata: { ...route.metadata, labels: { team: 'a' } } }],
    ]);
    there.perform(gatewayApi.setWeight(configured({ httpRoute: 'web', ...config }), there, 20));
    expect(labelsIn(there)).toEqual(labels);
  });

  it('add up to the most that the Rollout gives', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]]);
    there.perform(gatewayApi.setWeight(configured({ httpRoute: 'web' }, { maxTrafficWeight: 1000 }), there, 15));
    expect(weights(there)).toEqual(['stable 985, canary 15']);
  });

  it('leave no rule without a backend that answers', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both, { backendRefs: [backend('stable', 80)] }])]]);
    there.perform(gatewayApi.setWeight(configured({ httpRoute: 'web' }), there, 100));
    expect(weights(there)).toEqual(['stable 0, canary 100', 'stable 80']);
  });
});

describe('routes', () => {
  it('are found by name and by label, in another namespace too, each once', () => {
    const labelled = (name: string, value: string): KubeObject => {
      const route = aRoute([both], httpRoutes, name);
      return { ...route, metadata: { name, namespace: 'infra', labels: { app: value } } };
    };
    const there = new RolloutObjects([
      [httpRoutes, labelled('a', 'web')],
      [httpRoutes, labelled('b', 'web')],
      [httpRoutes, labelled('c', 'other')],
    ]);
    const traffic = configured({
      httpRoutes: [{ name: 'b', useHeaderRoutes: true }],
      httpRouteSelector: { matchLabels: { app: 'web' } },
      namespace: 'infra',
    });
    const { writes } = gatewayApi.setWeight(traffic, there, 20);
    expect(writes).toMatchObject([
      { name: 'b', namespace: 'infra' },
      { name: 'a', namespace: 'infra' },
    ]);
    expect(gatewayApi.resources(traffic.rollout)).toEqual([httpRoutes, services]);
  });

  it.each([
    [{}, 'No routes configured. At least one of'],
    [{ httpRouteSelector: { matchLabels: { app: 'none' } } }, 'No routes configured. At least one of'],
    [{ httpRoute: 'gone' }, 'httproutes.gateway.networking.k8s.io "gone" not found'],
    [{ httpRoutes: [{}] }, 'Cannot read the configuration of argoproj-labs/gatewayAPI: httpRoutes.0.name: '],
  ])('say what is wrong with %o', (config, text) => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]]);
    expect(() => gatewayApi.setWeight(configured(config), there, 20)).toThrow(text);
  });

  it.each([
    ['http', httpRoutes, 'backendRef was not found in httpRoute'],
    ['grpc', grpcRoutes, 'backendRef was not found in grpcRoute'],
    ['tcp', tcpRoutes, 'backendRef list was not found in tcpRoute'],
    ['tls', tlsRoutes, 'backendRef list was not found in tlsRoute'],
  ])('[rollout-27] need both services: %s', (type, resource, text) => {
    const there = new RolloutObjects([[resource, aRoute([{ backendRefs: [backend('stable')] }], resource)]]);
    expect(() => gatewayApi.setWeight(configured({ [`${type}Route`]: 'web' }), there, 0)).toThrow(text);
  });
});

describe('header routes', () => {
  const step: SetHeaderRoute = { name: 'h', match: [{ headerName: 'X-Canary', headerValue: { exact: 'yes' } }] };
  const traffic = configured(
    { httpRoute: 'web' },
    { managedRoutes: [{ name: 'h' }, { name: 'h-1' }] },
    { steps: [{ setHeaderRoute: step }] },
  );
  const exact = { name: 'X-Canary', type: 'Exact', value: 'yes' };

  it('[rollout-28] are one more rule that sends a header to the canary alone, until it is removed', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]], stored);
    there.perform(gatewayApi.setHeaderRoute(traffic, there, step));
    expect(rules(there)).toHaveLength(2);
    expect(rules(there)[1]).toEqual({
      name: 'h',
      backendRefs: [backend('canary', 1)],
      matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [exact] }],
    });
    expect(gatewayApi.setHeaderRoute(traffic, there, step).writes).toEqual([]);
    there.perform(gatewayApi.setWeight(traffic, there, 20));
    expect(weights(there)).toEqual(['stable 80, canary 20', 'canary 1']);
    there.perform(gatewayApi.removeManagedRoutes(traffic, there));
    expect(weights(there)).toEqual(['stable 80, canary 20']);
  });

  it('are made of each rule with both services, and take over its matches and filters', () => {
    const filters = [{ type: 'URLRewrite', urlRewrite: { hostname: 'b' } }];
    const sources = [
      { ...both, filters },
      { backendRefs: [backend('stable')] },
      { backendRefs: both.backendRefs, matches: [{ method: 'GET', headers: [{ name: 'A', value: 'b' }] }] },
    ];
    const there = new RolloutObjects([[httpRoutes, aRoute(sources)]]);
    const prefix = { name: 'h', match: [...(step.match ?? []), { headerName: 'B', headerValue: { prefix: 'c' } }] };
    there.perform(gatewayApi.setHeaderRoute(traffic, there, prefix));
    const headers = [exact, { name: 'B', type: 'RegularExpression', value: 'c.*' }];
    expect(rules(there).slice(3)).toEqual([
      { name: 'h', backendRefs: [backend('canary')], filters, matches: [{ ...anyPath[0], headers }] },
      {
        name: 'h-1',
        backendRefs: [backend('canary')],
        matches: [{ method: 'GET', headers: [{ name: 'A', value: 'b' }, ...headers] }],
      },
    ]);
  });

  it('replace the ones of the same name, and end with a step without matches', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]], stored);
    there.perform(gatewayApi.setHeaderRoute(traffic, there, step));
    const other = { name: 'h', match: [{ headerName: 'B', headerValue: { regex: 'c+' } }] };
    there.perform(gatewayApi.setHeaderRoute(traffic, there, other));
    expect(rules(there)[1]?.matches?.[0]?.headers).toEqual([{ name: 'B', type: 'RegularExpression', value: 'c+' }]);
    expect(rules(there)).toHaveLength(2);
    there.perform(gatewayApi.setHeaderRoute(traffic, there, { name: 'h' }));
    expect(rules(there)).toHaveLength(1);
  });

  it('are found again where the API server knows no names of rules, and are not confused with rules of the user', () => {
    const nameless = (object: KubeObject): KubeObject => {
      const route = stored(object) as Route; // as above
      return {
        ...route,
        spec: { ...route.spec, rules: (route.spec?.rules ?? []).map((rule) => ({ ...rule, name: undefined })) },
      };
    };
    const beta = { matches: [{ path: { type: 'PathPrefix', value: '/beta' } }], backendRefs: [backend('canary')] };
    const there = new RolloutObjects([[httpRoutes, aRoute([both, beta])]], nameless);
    there.perform(gatewayApi.setHeaderRoute(traffic, there, step));
    expect(rules(there)).toHaveLength(3);
    expect(gatewayApi.setHeaderRoute(traffic, there, step).writes).toEqual([]);
    there.perform(gatewayApi.removeManagedRoutes(traffic, there));
    expect(rules(there).map(({ matches }) => matches)).toEqual([anyPath, beta.matches]);
  });

  it('need routes that ask for them, and a header value', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]]);
    const silent = configured({ httpRoutes: [{ name: 'web' }] }, { managedRoutes: [{ name: 'h' }] });
    expect(gatewayApi.setHeaderRoute(silent, there, step).writes).toEqual([]);
    const empty = { name: 'h', match: [{ headerName: 'A', headerValue: {} }] };
    expect(() => gatewayApi.setHeaderRoute(traffic, there, empty)).toThrow('invalid header match type');
  });
});

describe('experiments', () => {
  const service = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'test' },
    spec: {
      ports: [
        { name: 'grpc', port: 90 },
        { name: 'http', port: 8080 },
      ],
    },
  });
  const running = configured({ httpRoute: 'web' }, {}, {}, { additional: [{ serviceName: 'exp', weight: 10 }] });

  it('have their share in the first rule, at the cost of stable, until they end', () => {
    const there = new RolloutObjects([
      [httpRoutes, aRoute([both, both])],
      [services, service('exp')],
    ]);
    there.perform(gatewayApi.setWeight(running, there, 20));
    expect(weights(there)).toEqual(['stable 70, canary 20, exp 10', 'stable 80, canary 20']);
    expect(rules(there)[0]?.backendRefs?.[2]).toEqual({ ...backend('exp', 10), namespace: 'test', port: 8080 });
    expect(gatewayApi.setWeight(running, there, 20).writes).toEqual([]);
    const { rollout } = running;
    const status = {
      canary: { weights: { canary: { weight: 20 }, stable: { weight: 70 }, additional: running.additional } },
    };
    const ended = { ...running, rollout: { ...rollout, status }, additional: [] };
    there.perform(gatewayApi.setWeight(ended, there, 20));
    expect(weights(there)).toEqual(['stable 80, canary 20', 'stable 80, canary 20']);
  });

  it('lose their share when their Service is gone, whatever the status says', () => {
    const gone = { ...backend('web-1-2-exp', 10), namespace: 'test' };
    const users = { ...backend('web-other', 5) };
    const route = aRoute([{ backendRefs: [backend('stable', 70), backend('canary', 20), gone, users] }]);
    const there = new RolloutObjects([[httpRoutes, route]]);
    there.perform(gatewayApi.setWeight(configured({ httpRoute: 'web' }), there, 20));
    expect(weights(there)).toEqual(['stable 80, canary 20, web-other 5']);
  });

  it('get nothing while their Service cannot be reached', () => {
    const there = new RolloutObjects([[httpRoutes, aRoute([both])]]);
    there.perform(gatewayApi.setWeight(running, there, 20));
    expect(weights(there)).toEqual(['stable 80, canary 20']);
  });
});
