/** The parts together: shared stores that learn own writes, metrics, an orderly end. */
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Log } from '#runtime/log.ts';
import { type Cluster, connectCluster } from './cluster.ts';
import { handClock } from './hand-clock.ts';
import { configMaps, deployments, secrets } from './resource.ts';
import { list, ok, scriptedTransport, status } from './scripted-transport.ts';

const ref = { namespace: 'test', name: 'a' };
const object = (version: string, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...ref, uid: 'u', resourceVersion: version, labels },
});

function start(registry = new Registry(), options: { log?: Log; qps?: number; burst?: number } = {}) {
  const time = handClock();
  const api = scriptedTransport(() => list('10', [object('5')]));
  const cluster = connectCluster({
    transport: api,
    clock: time.clock,
    random: () => 0.5,
    registry,
    fieldManager: 'serin',
    ...options,
  });
  return { ...time, api, cluster, registry };
}

it('writes for a part of the work while it may, and reads always', async () => {
  const { api, cluster } = start();
  let mayWrite = true;
  const part = cluster.share(() => mayWrite);
  api.answer(ok(object('12')), ok(object('12')));
  expect(await part.client.patch(configMaps, ref, { type: 'merge', body: {} })).toMatchObject({ ok: true });
  mayWrite = false;
  await expect(part.client.patch(configMaps, ref, { type: 'merge', body: {} })).rejects.toThrow(
    'does not hold the lease',
  );
  expect(await part.client.get(configMaps, ref)).toMatchObject({ metadata: { resourceVersion: '12' } });
  expect([part.canWrite(), cluster.canWrite()]).toEqual([false, true]);
  expect(part.stores).toBe(cluster.stores);
});

describe('limits', () => {
  const patches = (cluster: Cluster, count: number): void => {
    for (let sent = 0; sent < count; sent++)
      void cluster.client.patch(configMaps, ref, { type: 'merge', body: {} }).catch(() => {});
  };
  const tell = (cluster: Cluster, count: number): void => {
    for (let number = 0; number < count; number++) {
      const about = { ...object('1'), metadata: { ...ref, name: `a-${number}` } };
      cluster.events.record(about, { type: 'Normal', reason: 'Synced', message: 'done' });
    }
  };

  it('hold for Events even where nothing else has one, so that they come last', async () => {
    const { api, cluster, pass } = start();
    const counts = () =>
      ['POST', 'PATCH'].map((wanted) => api.requests.filter(({ method }) => method === wanted).length);
    tell(cluster, 400);
    patches(cluster, 400);
    await pass(0);
    expect(counts()).toEqual([250, 400]);
    await pass(1_000);
    const [events = 0] = counts();
    expect(events).toBeGreaterThan(330);
    expect(events).toBeLessThan(360);
  });

  it('are of each API group alone, and of Events alone', async () => {
    const { api, cluster, pass } = start(new Registry(), { qps: 10, burst: 20 });
    tell(cluster, 50);
    patches(cluster, 50);
    for (let sent = 0; sent < 50; sent++)
      void cluster.client.patch(deployments, ref, { type: 'merge', body: {} }).catch(() => {});
    await pass(0);
    const to = (part: string): number => api.requests.filter(({ path }) => path.includes(part)).length;
    expect([to('/events'), to('/configmaps'), to('/deployments')]).toEqual([20, 20, 20]);
  });
});

describe('stores', () => {
  it('are shared: one list and one watch for each selection', async () => {
    const { api, cluster, pass } = start();
    const first = cluster.stores.of(configMaps);
    expect(cluster.stores.of(configMaps, { indexes: { uid: ({ metadata }) => [metadata.uid ?? ''] } })).toBe(first);
    expect(cluster.stores.of(configMaps, { namespace: 'test' })).not.toBe(first);
    await pass(0);
    expect([api.requests.length, api.watches.length]).toEqual([2, 2]);
    expect([...first.byIndex('uid', 'u')]).toHaveLength(1);
  });

  it('see an own write at once, if it belongs there', async () => {
    const { api, cluster, pass } = start();
    const all = cluster.stores.of(configMaps);
    const labelled = cluster.stores.of(configMaps, { labelSelector: 'app=web' });
    const elsewhere = cluster.stores.of(configMaps, { namespace: 'other' });
    await pass(0);
    api.answer(ok(object('12', { app: 'api' })));
    await cluster.client.patch(configMaps, ref, { type: 'merge', body: {} });
    const versions = [all, labelled, elsewhere].map((store) => store.get(ref)?.metadata.resourceVersion);
    expect(versions).toEqual(['12', '5', '5']);
  });

  it('are never kept of Secrets', () => {
    expect(() => start().cluster.stores.of(secrets)).toThrow('Cannot keep a store of secrets');
  });

  it('follow the watch, and end with the cluster', async () => {
    const { api, cluster, pass } = start();
    const store = cluster.stores.of(configMaps);
    await pass(0);
    api.watches[0]?.line('DELETED', object('11'));
    await pass(0);
    expect(store.get(ref)).toBeUndefined();
    await cluster.stop();
    expect(api.watches[0]?.closed).toBe(true);
    expect(() => cluster.stores.of(deployments)).toThrow('the cluster connection is stopped');
  });

  it('complain once about the same trouble, and again when it comes back', async () => {
    const warnings: string[] = [];
    const log = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message), error() {} };
    const { api, cluster, pass } = start(new Registry(), { log });
    api.answer(status(500), status(500), status(500));
    cluster.stores.of(configMaps);
    await pass(60_000);
    expect(warnings).toEqual(['Cannot list configmaps: 500: no']);
    api.watches[0]?.reset();
    await pass(1_000);
    expect(warnings.slice(1)).toEqual(['The connection was reset']);
  });

  it('that were not ready when the cluster stopped say so to who waits', async () => {
    const { api, cluster } = start();
    api.answer(status(500));
    const { ready } = cluster.stores.of(configMaps);
    await cluster.stop();
    await expect(ready).rejects.toThrow('The cluster connection is stopped');
  });
});

describe('metrics', () => {
  it('count requests by verb, kind and status, watches and stores', async () => {
    const { api, cluster, pass, registry } = start();
    cluster.stores.of(configMaps);
    await pass(0);
    api.watches[0]?.reset();
    await pass(30_000);
    api.answer(status(409, 'Conflict'));
    await cluster.client.apply(deployments, { ...object('1'), apiVersion: 'apps/v1', kind: 'Deployment' });
    const lines = (await registry.metrics()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'serin_kubernetes_requests_total{verb="list",kind="configmaps",status="200"} 1',
        'serin_kubernetes_requests_total{verb="watch",kind="configmaps",status="200"} 2',
        'serin_kubernetes_requests_total{verb="apply",kind="deployments.apps",status="409"} 1',
        'serin_kubernetes_watch_restarts_total{kind="configmaps",reason="watch-broken"} 1',
        'serin_kubernetes_store_objects{kind="configmaps"} 1',
        'serin_kubernetes_watch_lag_seconds{kind="configmaps"} 30',
      ]),
    );
  });

  it('of two clusters can share a registry', () => {
    const { registry } = start();
    expect(() => start(registry)).not.toThrow();
  });

  it('say nothing of the stores of a cluster that has stopped', async () => {
    const { cluster, pass, registry } = start();
    cluster.stores.of(configMaps);
    await pass(0);
    await cluster.stop();
    expect(await registry.metrics()).not.toContain('serin_kubernetes_store_objects{');
  });

  it('of a queue carry its name', async () => {
    const { cluster, registry } = start();
    const hooks = cluster.metrics.queue('canary');
    hooks.depth?.(3);
    hooks.started?.(20);
    hooks.ended?.('failed', 5);
    const text = await registry.metrics();
    expect(text).toContain('serin_queue_depth{queue="canary"} 3');
    expect(text).toContain('serin_queue_lateness_seconds_sum{queue="canary"} 0.02');
    expect(text).toContain('serin_queue_work_duration_seconds_count{queue="canary",outcome="failed"} 1');
  });
});

it('writes the events that wait before it stops, but not for ever', async () => {
  const { api, cluster, pass } = start();
  api.answer(status(500), ...Array.from({ length: 20 }, () => status(500)));
  cluster.events.record(object('5'), { type: 'Normal', reason: 'Synced', message: 'done' });
  const stop = cluster.stop({ grace: 2_000 });
  await pass(2_000);
  await stop;
  expect(api.requests.map(({ method }) => method)).toContain('POST');
});
