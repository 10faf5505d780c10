import { describe, expect, it } from 'vitest';
import type { IstioRouting } from '#api/rollout.ts';
import { destinationRules, virtualServices } from '#cluster/resource.ts';
import type { VirtualService, VirtualServiceRoute } from './istio-virtual-service.ts';
import { istio } from './istio.ts';
import { aTraffic, RolloutObjects } from './rollout-router-contract.ts';

const router = istio('v1');
const services = virtualServices('v1');
const rules = destinationRules('v1');

const to = (host: string, weight: number, subset: string) => ({ destination: { host, subset }, weight });
const subsets: VirtualServiceRoute = { route: [to('web', 100, 's'), to('web', 0, 'c')] };
const rule = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'dr', namespace: 'test' },
  spec: { host: 'web', subsets: [{ name: 'c' }, { name: 's' }] },
};
const bySubset: IstioRouting = {
  virtualService: { name: 'vs' },
  destinationRule: { name: 'dr', canarySubsetName: 'c', stableSubsetName: 's' },
};

function aService(http: readonly VirtualServiceRoute[]): VirtualService {
  const metadata = { name: 'vs', namespace: 'test' };
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec: { hosts: ['a'], http } };
}

function httpIn(world: RolloutObjects): readonly VirtualServiceRoute[] {
  return (world.get(services, 'vs', 'test') as VirtualService).spec?.http ?? []; // of that kind
}

describe('managed routes', () => {
  const managed = { managedRoutes: [{ name: 'first' }, { name: 'h' }, { name: 'm' }] };
  const byService = aTraffic({ istio: { virtualService: { name: 'vs' } }, ...managed });
  const withPort = {
    name: 'main',
    route: [
      { destination: { host: 'stable', port: { number: 80 } }, weight: 100 },
      { destination: { host: 'canary', port: { number: 80 } }, weight: 0 },
    ],
  };
  const header = {
    name: 'h',
    match: [
      { headerName: 'X', headerValue: { exact: 'y' } },
      { headerName: 'Z', headerValue: { prefix: 'a' } },
    ],
  };
  const mirror = {
    name: 'm',
    match: [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { X: { regex: 'y+' } } }, {}],
    percentage: 35,
  };

  it('[rollout-28] send headers to the canary, before all other routes in the order of the Rollout', () => {
    const there = new RolloutObjects([[services, aService([withPort])]]);
    there.perform(router.setMirrorRoute(byService, there, mirror));
    const changes = router.setHeaderRoute(byService, there, header);
    expect(changes.events).toEqual([
      { type: 'Normal', reason: 'Updated VirtualService', message: "VirtualService `vs` set headerRoute 'h'" },
    ]);
    there.perform(changes);
    expect(httpIn(there).map(({ name }) => name)).toEqual(['h', 'm', 'main']);
    expect(httpIn(there)[0]).toEqual({
      name: 'h',
      match: [{ headers: { X: { exact: 'y' } } }, { headers: { Z: { prefix: 'a' } } }],
      route: [{ destination: { host: 'canary', port: { number: 80 } }, weight: 100 }],
    });
    expect(router.setHeaderRoute(byService, there, header)).toEqual({ writes: [], events: [] });
    there.perform(router.setHeaderRoute(byService, there, { name: 'h' }));
    expect(httpIn(there).map(({ name }) => name)).toEqual(['m', 'main']);
  });

  it('copy requests to the canary, and split them like the route that they are made of', () => {
    const there = new RolloutObjects([[services, aService([withPort])]]);
    const changes = router.setMirrorRoute(byService, there, mirror);
    expect(changes.events.map(({ message }) => message)).toEqual(["VirtualService `vs` set mirrorRoute 'm'"]);
    there.perform(changes);
    expect(httpIn(there)[0]).toEqual({
      name: 'm',
      match: [{ method: { exact: 'GET' }, uri: { prefix: '/' }, headers: { X: { regex: 'y+' } } }, {}],
      route: withPort.route,
      mirror: { host: 'canary', port: { number: 80 } },
      mirrorPercentage: { value: 35 },
    });
    there.perform(router.setWeight(byService, there, 20));
    const weights = httpIn(there).map(({ route = [] }) => route.map(({ weight }) => weight));
    expect(weights).toEqual([
      [80, 20],
      [80, 20],
    ]);
    expect(router.setMirrorRoute(byService, there, mirror).writes).toEqual([]);
    there.perform(router.setMirrorRoute(byService, there, { name: 'm' }));
    expect(httpIn(there)).toHaveLength(1);
  });

  it('go to the subset of the canary', () => {
    const there = new RolloutObjects([
      [services, aService([subsets])],
      [rules, rule],
    ]);
    there.perform(router.setHeaderRoute(aTraffic({ istio: bySubset, ...managed }), there, header));
    expect(httpIn(there)[0]?.route).toEqual([{ destination: { host: 'web', subset: 'c' }, weight: 100 }]);
  });

  it('are all removed, those of steps too', () => {
    const there = new RolloutObjects([
      [services, aService([{ name: 'h' }, { name: 'first' }, { name: 'step' }, withPort])],
    ]);
    const steps = [{ setHeaderRoute: { name: 'step', match: header.match } }];
    const stepped = aTraffic({ istio: { virtualService: { name: 'vs' } }, ...managed }, { steps });
    const changes = router.removeManagedRoutes(stepped, there);
    expect(changes.events.map(({ message }) => message)).toEqual(['VirtualService `vs` removed all managed routes.']);
    there.perform(changes);
    expect(httpIn(there).map(({ name }) => name)).toEqual(['main']);
  });
});
