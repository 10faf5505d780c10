import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { clusterMetrics, type EndedRequest } from '#cluster/cluster-metrics.ts';
import { handClock } from '#cluster/hand-clock.ts';
import { ok, scriptedTransport } from '#cluster/scripted-transport.ts';
import { labelsOf, requestMetrics } from './request-metrics.ts';

const told = (request: Partial<EndedRequest>): string =>
  Object.values(labelsOf({ verb: 'get', path: '', status: 200, ...request })).join(' ');

it.each([
  [
    { path: '/apis/argoproj.io/v1alpha1/namespaces/ns/rollouts/web/status', verb: 'patch' },
    'rollouts ns web Patch 200',
  ],
  [{ path: '/apis/apps/v1/namespaces/ns/replicasets/web-1', verb: 'patch' }, 'replicasets ns N/A Patch 200'],
  [{ path: '/api/v1/services', verb: 'list' }, 'services  N/A List 200'],
  [{ path: '/api/v1/namespaces/ns', verb: 'get' }, 'namespaces  ns Get 200'],
  [
    { path: '/api/v1/namespaces/ns/services', verb: 'create', body: { metadata: { name: 'a' } }, status: 201 },
    'services ns a Create 201',
  ],
  [{ path: '/api/v1/namespaces/ns/pods/a', verb: 'delete', status: undefined }, 'pods ns a Delete 0'],
] as const)('tells %j', (request, labels) => {
  expect(told(request)).toBe(labels);
});

it('counts what a transport has sent, and forgets objects that nobody asks for', async () => {
  const registry = new Registry();
  const { clock, pass } = handClock();
  const metrics = clusterMetrics(registry);
  requestMetrics(registry, metrics, () => clock.monotonic());
  const transport = metrics.metered(
    scriptedTransport(() => ok({})),
    clock,
  );
  for (let n = 0; n < 2; n++) await transport.send({ method: 'GET', path: '/api/v1/namespaces/ns/pods/a' });
  const line =
    'controller_clientset_k8s_request_total{kind="pods",namespace="ns",name="a",verb="Get",status_code="200"} 2';
  expect(await registry.metrics()).toContain(line);
  await pass(3_600_001);
  expect(await registry.metrics()).not.toContain('name="a"');
});
