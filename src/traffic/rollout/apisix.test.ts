import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { apisixRoutes } from '#cluster/resource.ts';
import { apisix } from './apisix.ts';
import { aTraffic, RolloutObjects, rolloutRouterContract } from './rollout-router-contract.ts';

interface Rule {
  readonly name: string;
  readonly match?: object;
  readonly priority?: number;
  readonly backends?: readonly { readonly serviceName: string; readonly weight?: number }[];
}

const backends = [
  { serviceName: 'stable', servicePort: 80, weight: 100 },
  { serviceName: 'canary', servicePort: 80, weight: 0 },
  { serviceName: 'other', servicePort: 80, weight: 3 },
];

function aRoute(http: readonly Rule[] | undefined, more: object = {}): KubeObject {
  const metadata = {
    name: 'ar',
    namespace: 'test',
    annotations: { 'kubernetes.io/ingress.class': 'apisix', note: 'x' },
  };
  return { apiVersion: 'apisix.apache.org/v2', kind: 'ApisixRoute', metadata, spec: { http, ...more } };
}

const rulesIn = (world: RolloutObjects, name = 'ar'): readonly Rule[] =>
  (world.get(apisixRoutes, name, 'test') as { spec?: { http?: readonly Rule[] } }).spec?.http ?? []; // of that kind

const traffic = aTraffic({ apisix: { route: { name: 'ar' } }, managedRoutes: [{ name: 'h' }] });

rolloutRouterContract({
  name: 'apisix',
  router: apisix,
  traffic,
  objects: [[apisixRoutes, aRoute([{ name: 'other' }, { name: 'ar', backends }])]],
  split(world) {
    const [stable, canary] = rulesIn(world)[1]?.backends ?? [];
    return { canary: canary?.weight ?? 0, stable: stable?.weight ?? 0 };
  },
});

it('sets the weights of the rules that are named, and leaves other backends alone', () => {
  const there = new RolloutObjects([[apisixRoutes, aRoute(['a', 'b', 'ar'].map((name) => ({ name, backends })))]]);
  const named = aTraffic({ apisix: { route: { name: 'ar', rules: ['a', 'b'] } } });
  there.perform(apisix.setWeight(named, there, 20));
  expect(rulesIn(there).map((rule) => rule.backends?.[1]?.weight)).toEqual([20, 20, 0]);
  expect(rulesIn(there)[0]?.backends?.[2]).toEqual(backends[2]);
});

it.each<[string, readonly Rule[] | undefined]>([
  ['spec.http was not found in apisix route manifest', undefined],
  ['Apisix http route rule ar not found', [{ name: 'a', backends }]],
  ['apisix route canary backend was not found', [{ name: 'ar', backends: [{ serviceName: 'stable' }] }]],
  ['apisix route stable backend was not found', [{ name: 'ar', backends: [{ serviceName: 'canary' }] }]],
])('says that %s', (text, http) => {
  const there = new RolloutObjects([[apisixRoutes, aRoute(http)]]);
  expect(() => apisix.setWeight(traffic, there, 20)).toThrow(text);
});

describe('a header route', () => {
  const step = {
    name: 'h',
    match: [
      { headerName: 'A', headerValue: { exact: 'x' } },
      { headerName: 'B', headerValue: { prefix: 'y' } },
      { headerName: 'C', headerValue: { regex: 'z+' } },
    ],
  };
  const own = { subject: { scope: 'Query', name: 'q' }, op: 'Equal', value: '1' };
  const rule = { name: 'ar', match: { paths: ['/*'], exprs: [own] }, priority: 4, backends };
  const world = (): RolloutObjects =>
    new RolloutObjects([[apisixRoutes, aRoute([rule, { name: 'b' }], { ingressClassName: 'apisix', stream: [{}] })]]);

  it('[rollout-28] is an ApisixRoute of the Rollout that goes before the other', () => {
    const there = world();
    there.perform(apisix.setHeaderRoute(traffic, there, step));
    expect(there.get(apisixRoutes, 'h', 'test')).toMatchObject({
      apiVersion: 'apisix.apache.org/v2',
      kind: 'ApisixRoute',
      metadata: { annotations: { 'kubernetes.io/ingress.class': 'apisix' }, ownerReferences: [{ name: 'web' }] },
      spec: { ingressClassName: 'apisix' },
    });
    expect(there.get(apisixRoutes, 'h', 'test')?.['spec']).not.toHaveProperty('stream');
    expect(rulesIn(there, 'h')).toEqual([
      {
        name: 'ar',
        match: {
          paths: ['/*'],
          exprs: [
            own,
            { subject: { scope: 'Header', name: 'A' }, op: 'Equal', value: 'x' },
            { subject: { scope: 'Header', name: 'B' }, op: 'RegexMatch', value: '^y.*' },
            { subject: { scope: 'Header', name: 'C' }, op: 'RegexMatch', value: 'z+' },
          ],
        },
        priority: 5,
        backends: [{ ...backends[1], weight: 100 }, backends[2]],
      },
    ]);
    expect(apisix.setHeaderRoute(traffic, there, step)).toEqual({ writes: [], events: [] });
    there.perform(apisix.setWeight(traffic, there, 20));
    expect(apisix.setHeaderRoute(traffic, there, step).writes).toEqual([]);
  });

  it.each(['a step without matches', 'the end of the update'])('goes with %s', (end) => {
    const there = world();
    there.perform(apisix.setHeaderRoute(traffic, there, step));
    there.perform(
      end === 'the end of the update'
        ? apisix.removeManagedRoutes(traffic, there)
        : apisix.setHeaderRoute(traffic, there, { name: 'h' }),
    );
    expect(there.get(apisixRoutes, 'h', 'test')).toBeUndefined();
  });

  it('is neither taken from somebody else nor removed then', () => {
    const foreign = { ...aRoute([]), metadata: { name: 'h', namespace: 'test' } };
    const there = new RolloutObjects([
      [apisixRoutes, aRoute([rule])],
      [apisixRoutes, foreign],
    ]);
    expect(() => apisix.setHeaderRoute(traffic, there, step)).toThrow('duplicate ApisixRoute [h] already exists');
    expect(apisix.removeManagedRoutes(traffic, there).writes).toEqual([]);
  });
});
