import { describe, expect, it } from 'vitest';
import type { CanaryAnalysis } from '#api/canary-analysis.ts';
import type { Canary } from '#api/canary.ts';
import { intervalOf, nextStep, policyOf, strategyOf } from './policy.ts';

describe('next step', () => {
  it.each<[string, CanaryAnalysis, number, number]>([
    ['a step weight is the step, whatever the weight', { stepWeight: 10 }, 40, 10],
    ['it wins over a list', { stepWeight: 10, stepWeights: [5, 50] }, 0, 10],
    ['without any there is no step', {}, 0, 0],
    ['a list begins with its first weight', { stepWeights: [5, 50] }, 0, 5],
    ['and goes on to the weight after the current one', { stepWeights: [5, 50, 80] }, 50, 30],
    ['never beyond all traffic', { stepWeights: [5, 200] }, 5, 95],
    ['after its last weight it takes the rest', { stepWeights: [5, 50] }, 50, 50],
    ['a weight that is not in it takes the rest at once', { stepWeights: [5, 50] }, 20, 80],
    ['at all traffic there is one more step, which only promotes', { stepWeights: [5, 100] }, 100, 1],
    ['a repeated weight leads nowhere', { stepWeights: [10, 10, 50] }, 10, 0],
  ])('%s', (_rule, analysis, weight, expected) => {
    expect(nextStep(analysis, weight)).toBe(expected);
  });
});

describe('policy', () => {
  const canary = (analysis: CanaryAnalysis, spec: object = {}): Canary => ({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'web', namespace: 'test' },
    spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, analysis, ...spec },
  });

  it.each<[CanaryAnalysis, number]>([
    [{}, 100],
    [{ maxWeight: 50 }, 50],
    [{ maxWeight: 0 }, 100],
    [{ maxWeight: 50, stepWeights: [5, 80] }, 80],
    [{ stepWeights: [5, 200] }, 100],
  ])('of %j ends at %i', (analysis, expected) => {
    expect(policyOf(canary(analysis), 'istio').maxWeight).toBe(expected);
  });

  it.each<[number | undefined, number]>([
    [undefined, 1],
    [0, 1],
    [-3, 1],
    [5, 5],
  ])('takes a threshold of %s as %i', (threshold, expected) => {
    const analysis = threshold === undefined ? {} : { threshold };
    expect(policyOf(canary(analysis), 'istio').threshold).toBe(expected);
  });

  it.each<[string | undefined, number]>([
    [undefined, 60_000],
    ['nonsense', 60_000],
    ['5s', 10_000],
    ['30s', 30_000],
    ['1m30s', 90_000],
  ])('ticks at an interval of %s every %i ms', (interval, expected) => {
    expect(intervalOf(canary(interval === undefined ? {} : { interval }), 10_000)).toBe(expected);
  });

  it('takes the provider of the flag where the Canary names none', () => {
    expect(policyOf(canary({}), 'gatewayapi:v1').provider).toBe('gatewayapi:v1');
    expect(policyOf(canary({}, { provider: '' }), 'gatewayapi:v1').provider).toBe('gatewayapi:v1');
    expect(policyOf(canary({}, { provider: 'kubernetes' }), 'gatewayapi:v1').provider).toBe('kubernetes');
  });

  it.each<[CanaryAnalysis, string]>([
    [{ stepWeight: 10 }, 'canary'],
    [{ iterations: 5 }, 'blue-green'],
    [{ iterations: 5, match: [] }, 'blue-green'],
    [{ iterations: 5, match: [{ headers: { a: { exact: 'b' } } }] }, 'ab-testing'],
    [{ stepWeight: 10, match: [{ headers: { a: { exact: 'b' } } }] }, 'canary'],
  ])('reads %j as %s', (analysis, expected) => {
    expect(strategyOf(analysis)).toBe(expected);
  });
});
