import { describe, expect, it } from 'vitest';
import { parseCanary } from '#api/canary.ts';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { alertProviders, apiVersionOf, canaries } from '#cluster/resource.ts';
import { createApiServer } from '#sandbox/api-server.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';

const { objects } = createApiServer({
  clock: new VirtualClock().as('world'),
  random: () => 0.5,
  crds: customResourceDefinitions,
  namespaces: ['test'],
});

function admit(resource: Resource, spec: object): KubeObject {
  const metadata = { name: nextName(), namespace: 'test' };
  return objects.create(resource, { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, spec });
}

let names = 0;
const nextName = (): string => `object-${(names += 1)}`;

const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
const base = { interval: '10s', threshold: 2 };
const aCanary = (analysis: object, more: object = {}) => ({ targetRef, service: { port: 80 }, analysis, ...more });

describe('what the API server does with a Canary', () => {
  it.each<[string, object]>([
    ['[canary-39] iterations together with stepWeight', aCanary({ ...base, iterations: 5, stepWeight: 10 })],
    ['stepWeight together with stepWeights', aCanary({ ...base, stepWeights: [10], stepWeight: 10 })],
    ['no strategy', aCanary(base)],
    ['no threshold', aCanary({ interval: '10s', stepWeight: 10 })],
    ['an interval in hours', aCanary({ ...base, interval: '1h', stepWeight: 10 })],
    ['an unknown provider', aCanary({ ...base, stepWeight: 10 }, { provider: 'consul' })],
    ['a service without port', aCanary({ ...base, stepWeight: 10 }, { service: {} })],
    ['an unknown wish', aCanary({ ...base, stepWeight: 10, metrics: [{ name: 'm', onNoData: 'ignore' }] })],
    ['a list for a number', aCanary({ ...base, stepWeight: [10] })],
  ])('refuses %s', (_name, spec) => {
    expect(() => admit(canaries, spec)).toThrow(/Canary.flagger.app "object-\d+" is invalid/);
  });

  it.each<[string, object]>([
    ['stepWeight', aCanary({ ...base, stepWeight: 10 })],
    ['stepWeights', aCanary({ ...base, stepWeights: [1, 10, 50] })],
    ['iterations', aCanary({ ...base, iterations: 5 })],
    ['a port by name', aCanary({ ...base, iterations: 5 }, { service: { port: 80, targetPort: 'http' } })],
    [
      'wishes',
      aCanary({ ...base, stepWeight: 10, metrics: [{ name: 'm', onNoData: 'hold', onProviderError: 'pass' }] }),
    ],
  ])('takes %s, and Serin can read it', (_name, spec) => {
    const object = admit(canaries, spec);
    expect(object['spec']).toEqual(spec);
    expect(parseCanary(object)).toMatchObject({ ok: true, canary: { spec } });
  });

  it('adds the same defaults as parsing does, and drops the same unknown fields', () => {
    const spec = aCanary(
      { ...base, stepWeight: 10, unknown: true, sessionAffinity: { cookieName: 'c' } },
      { service: { port: 80, gatewayRefs: [{ name: 'gw' }] } },
    );
    const admitted = admit(canaries, spec);
    const parsed = parseCanary({ ...admitted, spec });
    expect(parsed.ok && parsed.canary.spec).toEqual(admitted['spec']);
    expect(admitted['spec']).toMatchObject({
      analysis: { sessionAffinity: { maxAge: 86_400 } },
      service: { gatewayRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }] },
    });
  });

  it('takes a fraction, which Serin then reports', () => {
    const parsed = parseCanary(admit(canaries, aCanary({ ...base, stepWeight: 1.5 })));
    expect(parsed).toEqual({
      ok: false,
      problems: [{ field: 'spec.analysis.stepWeight', found: '1.5', want: 'it must be a whole number' }],
    });
  });
});

describe('what the API server does with an AlertProvider', () => {
  it.each([{ address: 'https://hooks.example' }, { secretRef: { name: 'hook' } }])('takes %j', (spec) => {
    expect(admit(alertProviders, { type: 'slack', ...spec }).kind).toBe('AlertProvider');
  });

  it.each([{}, { address: 'https://hooks.example', secretRef: { name: 'hook' } }])('refuses %j', (spec) => {
    expect(() => admit(alertProviders, { type: 'slack', ...spec })).toThrow(/is invalid/);
  });
});
