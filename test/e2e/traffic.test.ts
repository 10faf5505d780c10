/** The traffic part of the bed: gateway, Prometheus, real Pods and the load client see the same requests. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { deployments } from '#cluster/resource.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Bed, startBed } from '../bed/bed.ts';
import { type Gateway } from '../bed/traefik.ts';
import { startLoad } from '../bed/load.ts';
import { serviceOf, workload } from '../bed/workload.ts';

const namespace = 'shop';

function route({ parentRef }: Gateway, weights: Readonly<Record<string, number>>): KubeObject {
  const backendRefs = Object.entries(weights).map(([name, weight]) => ({ name, port: 80, weight }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'shop', namespace },
    spec: { parentRefs: [parentRef], hostnames: ['shop.example'], rules: [{ backendRefs }] },
  };
}

describe('traffic', () => {
  let bed: Bed;
  let gateway: Gateway;

  beforeAll(async () => {
    const began = performance.now();
    bed = await startBed({ traffic: true });
    console.log(`Test bed with traffic started in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    if (!bed.gateway) throw new Error('The bed was started without traffic');
    gateway = bed.gateway;
    await bed.createNamespace(namespace);
  });
  afterAll(() => bed?.stop());

  it('moves from one version to another and loses no request but those that the bad version failed itself, as Prometheus sees too', async () => {
    await bed.applyManifest([
      workload({ namespace, name: 'one', image: 'ghcr.io/stefanprodan/podinfo:1.0.0' }),
      serviceOf({ namespace, name: 'one' }),
      workload({ namespace, name: 'two', image: 'serin.dev/sample-app:2.0.0', args: ['--fail=10'] }),
      serviceOf({ namespace, name: 'two' }),
    ]);
    for (const name of ['one', 'two']) {
      const isReady = ({ status }: KubeObject): boolean => isRecord(status) && status['readyReplicas'] === 2;
      await bed.waitForObject(deployments, { namespace, name }, isReady);
    }
    await bed.applyManifest([route(gateway, { one: 100, two: 0 })]);
    const probe = startLoad({ url: gateway.url, host: 'shop.example', perSecond: 10 });
    await bed.waitFor('the route to lead somewhere', () => (probe.report().byVersion['1.0.0'] ?? 0) > 0);
    await probe.stop();

    const load = startLoad({ url: gateway.url, host: 'shop.example', perSecond: 50 });
    await bed.waitFor('100 answers', () => load.report().requests > 100);
    expect(load.report().byVersion).toEqual({ '1.0.0': load.report().requests });
    await bed.applyManifest([route(gateway, { one: 50, two: 50 })]);
    await bed.waitFor('answers of both', () => (load.report().byVersion['2.0.0'] ?? 0) > 50);
    const failures = `http_request_duration_seconds_count{namespace="${namespace}",pod=~"two-.*",status="500"}`;
    const failing = `sum(rate(${failures}[5s]))`;
    await bed.waitFor('Prometheus to see failures', async () => ((await bed.prometheus?.query(failing)) ?? 0) > 0.5);
    await bed.applyManifest([route(gateway, { one: 0, two: 100 })]);
    await bed.waitFor('the gateway to follow', () => {
      const { requests, byVersion } = load.report();
      if (byVersion['1.0.0'] !== undefined) load.reset();
      else return requests > 40;
      return false;
    });
    await bed.patch(deployments, { namespace, name: 'one' }, { spec: { replicas: 0 } });
    await bed.waitFor('version 1 to be gone', () => bed.node.running().every(({ name }) => !name.startsWith('one-')));
    const report = await load.stop();
    expect(Object.keys(report.byVersion)).toEqual(['2.0.0']);
    expect(report.failed.filter(({ version, reason }) => version !== '2.0.0' || reason !== 'status 500')).toEqual([]);
    expect(report.failed.length / report.requests).toBeCloseTo(0.1, 1);
  });
});
