import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { ApiError } from './api-error.ts';
import { type Cluster, connectCluster } from './cluster.ts';
import { type Found, withGroupElsewhere } from './group-elsewhere.ts';
import { handClock } from './hand-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { services, virtualServices } from './resource.ts';

const kind = virtualServices('v1');
const { clock } = handClock();
const none = async (): Promise<never> => {
  throw new Error('nobody answers');
};
const transport = { send: none, watch: none, close: async () => {} };
const own = connectCluster({ transport, clock, random: () => 0, registry: new Registry(), fieldManager: 'x' });
const ref = { namespace: 'a', name: 'b' };
const object: KubeObject = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: ref };

/** A cluster with one store, that is found when `found` is called. */
function lateCluster() {
  const store = new MemoryStore();
  store.swap([object], '1');
  const late = Promise.withResolvers<Found>();
  let asked = 0;
  const cluster = withGroupElsewhere(own, kind.group, () => {
    asked += 1;
    return asked === 1 ? Promise.reject(new Error('not yet')) : late.promise;
  });
  const other: Cluster = { ...own, stores: { ...own.stores, of: () => store } };
  return { cluster, store, found: () => late.resolve({ cluster: other, place: 'the other one' }) };
}

it('has an empty store until the cluster is found, and those who listen to it miss nothing', async () => {
  const { cluster, found, store } = lateCluster();
  const late = cluster.stores.of(kind);
  const seen: (string | undefined)[] = [];
  late.onChange((_, after) => seen.push(after?.metadata.name));
  const stopListening = late.onChange(() => seen.push('not wanted any more'));
  const ready = late.ready;
  expect([late.get(ref), [...late.list()], seen]).toEqual([undefined, [], []]);
  stopListening();
  found();
  await ready;
  expect([late.get(ref), [...late.list('a')], seen]).toEqual([object, [object], ['b']]);
  store.drop(object);
  expect(seen).toEqual(['b', undefined]);
});

it('tells those who wait why there is no cluster, and looks again for those who ask again', async () => {
  const failing = withGroupElsewhere(own, kind.group, none);
  await expect(failing.stores.of(kind).ready).rejects.toThrow('nobody answers');
  await expect(failing.client.get(kind, ref)).rejects.toThrow('nobody answers');
  const { cluster, found } = lateCluster();
  const late = cluster.stores.of(kind);
  found();
  await late.ready;
  expect(late.get(ref)).toEqual(object);
});

it('names the cluster in what is told of it', async () => {
  const refusal = new ApiError('Cannot get it', { status: 403, body: 'no' });
  const refusing: Cluster = { ...own, client: { ...own.client, get: () => Promise.reject(refusal) } };
  const cluster = withGroupElsewhere(own, kind.group, async () => ({ cluster: refusing, place: 'the other one' }));
  await expect(cluster.client.get(kind, ref)).rejects.toThrow('In the other one: Cannot get it: 403: no');
  await expect(cluster.client.get(kind, ref)).rejects.toBeInstanceOf(ApiError);
  const { cluster: late, found } = lateCluster();
  const store = late.stores.of(kind);
  found();
  await store.ready;
  expect(store.place).toBe('the other one');
});

it('keeps other groups where they are', () => {
  const cluster = withGroupElsewhere(own, kind.group, none);
  expect(cluster.stores.of(services)).toBe(own.stores.of(services));
  expect(() => cluster.share(() => true)).toThrow('Cannot share a cluster whose networking.istio.io is elsewhere');
});
