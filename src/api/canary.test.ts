import { describe, expect, it } from 'vitest';
import { parseCanary, type ParsedCanary } from './canary.ts';
import type { KubeObject } from './kubernetes.ts';
import { describeProblem } from './problem.ts';

const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' };
const analysis = { interval: '10s', threshold: 2, stepWeight: 20 };

function aCanary(spec: object, status?: unknown): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'podinfo', namespace: 'test' },
    spec: { targetRef, service: { port: 9898 }, analysis, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

const messages = (parsed: ParsedCanary): string[] => (parsed.ok ? [] : parsed.problems.map(describeProblem));

describe('parseCanary', () => {
  it('keeps what is absent absent and adds only what the CRD adds', () => {
    const service = { port: 80, gatewayRefs: [{ name: 'gw' }] };
    const parsed = parseCanary(aCanary({ service, analysis: { ...analysis, sessionAffinity: { cookieName: 'c' } } }));
    expect(parsed).toEqual({
      ok: true,
      canary: aCanary({
        service: { port: 80, gatewayRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }] },
        analysis: { ...analysis, sessionAffinity: { cookieName: 'c', maxAge: 86_400 } },
      }),
    });
  });

  it('takes a null as absent, as the API server does', () => {
    const parsed = parseCanary(aCanary({ provider: null }, { phase: '', lastTransitionTime: null }));
    expect(parsed).toEqual({ ok: true, canary: aCanary({}, { phase: '' }) });
  });

  it('keeps metadata that it does not know', () => {
    const object = { ...aCanary({}), metadata: { name: 'a', selfLink: '/x' } };
    expect(parseCanary(object)).toMatchObject({ ok: true, canary: { metadata: { selfLink: '/x' } } });
  });

  it.each([
    [{ targetRef: undefined }, 'Cannot use spec.targetRef without a value: it must be an object'],
    [
      { targetRef: { ...targetRef, kind: 'StatefulSet' } },
      'Cannot use spec.targetRef.kind "StatefulSet": it must be one of "DaemonSet", "Deployment", "Service"',
    ],
    [
      { analysis: { ...analysis, stepWeight: 1.5 } },
      'Cannot use spec.analysis.stepWeight 1.5: it must be a whole number',
    ],
    [{ analysis: { ...analysis, stepWeight: '10' } }, 'Cannot use spec.analysis.stepWeight "10": it must be a number'],
    [
      { analysis: { ...analysis, stepWeights: [1, 2.5] } },
      'Cannot use spec.analysis.stepWeights[1] 2.5: it must be a whole number',
    ],
    [
      { analysis: { ...analysis, metrics: [{ name: 'm', onNoData: 'ignore' }] } },
      'Cannot use spec.analysis.metrics[0].onNoData "ignore": it must be one of "fail", "hold", "pass"',
    ],
    [
      { analysis: { ...analysis, interval: '1h' } },
      'Cannot use spec.analysis.interval "1h": it must be a duration in minutes or seconds, such as "30s"',
    ],
    [
      { service: { port: 80, targetPort: true } },
      'Cannot use spec.service.targetPort true: it must be a number or a text',
    ],
    [
      { service: { port: 80, gatewayRefs: [{ name: '', port: 70_000 }] } },
      'Cannot use spec.service.gatewayRefs[0].name "": it must be at least 1 characters',
    ],
    [
      { service: { port: 80, match: [{ headers: { 'x.y': { exact: 1 } } }] } },
      'Cannot use spec.service.match[0].headers["x.y"].exact 1: it must be a text',
    ],
  ])('says what is wrong in %j', (spec, message) => {
    expect(messages(parseCanary(aCanary(spec)))).toContain(message);
  });
});
