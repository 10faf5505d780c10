import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { httpRoutes } from '#cluster/resource.ts';
import { gatewayApiPlugin } from './gateway-api-config.ts';
import { hasBackend, rulesIn, type Route, type RouteRule } from './gateway-api-rules.ts';
import { gatewayApi } from './gateway-api.ts';
import { aTraffic, RolloutObjects } from './rollout-router-contract.ts';

const router = gatewayApi('v1alpha2', 'v1alpha2');
const traffic = aTraffic({ plugins: { [gatewayApiPlugin]: { httpRoute: 'web' } }, managedRoutes: [{ name: 'h' }] });

const backend = (name: fc.Arbitrary<string>) =>
  fc.record(
    { name, port: fc.constant(80), weight: fc.integer({ min: 0, max: 100 }) },
    { requiredKeys: ['name', 'port'] },
  );
const aRule: fc.Arbitrary<RouteRule> = fc.record(
  {
    name: fc.constantFrom('h', 'h-1', 'main'),
    backendRefs: fc.uniqueArray(backend(fc.constantFrom('canary', 'stable', 'other')), {
      selector: ({ name }) => name,
      maxLength: 3,
    }),
    timeouts: fc.constant({ request: '5s' }),
  },
  { requiredKeys: [] },
);
const both: RouteRule = { backendRefs: [{ name: 'stable' }, { name: 'canary', weight: 0 }] };
const users = fc.array(aRule, { maxLength: 4 });
const weights = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 });

function worldOf(rules: readonly RouteRule[]): RolloutObjects {
  const metadata = { name: 'web', namespace: 'test' };
  const route = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata, spec: { rules } };
  return new RolloutObjects([[httpRoutes, route]]);
}

const found = (there: RolloutObjects): readonly RouteRule[] => rulesIn(there.get(httpRoutes, 'web', 'test') as Route); // of that kind

/** Sends requests to somebody; what has the canary but not stable is the user's own choice. */
const answers = ({ backendRefs = [] }: RouteRule): boolean => backendRefs.some(({ weight = 1 }) => weight > 0);
const isOwnChoice = (rule: RouteRule): boolean => hasBackend(rule, 'canary') && !hasBackend(rule, 'stable');

const ofOthers = ({ backendRefs = [], ...rest }: RouteRule): unknown => [
  rest,
  backendRefs.filter(({ name }) => name === 'other'),
];

it('splits whatever rules a user has, takes nothing from others, and leaves none without an answer', () => {
  fc.assert(
    fc.property(users, weights, (rules, weights) => {
      const there = worldOf([...rules, both]);
      for (const weight of weights) {
        const before = found(there);
        there.perform(router.setWeight(traffic, there, weight));
        expect(router.setWeight(traffic, there, weight).writes).toEqual([]);
        const after = found(there);
        expect(after.map(ofOthers)).toEqual(before.map(ofOthers));
        expect(after.at(-1)?.backendRefs?.map((one) => one.weight)).toEqual([100 - weight, weight]);
        const lost = after.filter((rule, at) => answers(before[at] ?? {}) && !answers(rule) && !isOwnChoice(rule));
        expect(lost).toEqual([]);
      }
    }),
  );
});

it('adds header routes to whatever rules a user has, and takes no other rule away with them', () => {
  const step = { name: 'h', match: [{ headerName: 'X', headerValue: { exact: 'y' } }] };
  fc.assert(
    fc.property(users, (rules) => {
      const own = [...rules.filter(({ name }) => name === undefined || name === 'main'), both];
      const there = worldOf(own);
      there.perform(router.setHeaderRoute(traffic, there, step));
      expect(router.setHeaderRoute(traffic, there, step).writes).toEqual([]);
      expect(found(there).length).toBeGreaterThan(own.length);
      there.perform(router.removeManagedRoutes(traffic, there));
      expect(found(there)).toEqual(own);
    }),
  );
});
