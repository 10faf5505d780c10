import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canaryScaleInForce, routedSizes, type RoutedFacts, type ScaleFacts } from './routed-size.ts';

const sizes = (facts: Partial<RoutedFacts>): string => {
  const { canary, stable } = routedSizes({ replicas: 10, weight: 0, maxWeight: 100, ...facts });
  return `${canary} + ${stable}`;
};
const actual = (canary: number): Partial<RoutedFacts> => ({
  dynamicStableScale: true,
  actual: { canary, stable: 100 - canary },
});

describe('sizes with a router', () => {
  it.each<[string, Partial<RoutedFacts>, string]>([
    ['half of two', { replicas: 2, weight: 50 }, '1 + 2'],
    ['a fifth of five', { replicas: 5, weight: 20 }, '1 + 5'],
    ['four fifths of five', { replicas: 5, weight: 80 }, '4 + 5'],
    ['no weight', {}, '0 + 10'],
    ['a share is rounded up', { weight: 11 }, '2 + 10'],
    ['another maximum', { weight: 5, maxWeight: 1000 }, '1 + 10'],
    ['the least number of pods', { weight: 5, minPods: 2 }, '2 + 10'],
    ['which nothing does not need', { minPods: 2 }, '0 + 10'],
    ['and which is no more than all', { replicas: 3, weight: 10, minPods: 5 }, '3 + 3'],
    ['a number of pods', { replicas: 1, scale: { replicas: 9 } }, '9 + 1'],
    ['a number below the least one [rollout-32]', { scale: { replicas: 1 }, minPods: 3 }, '1 + 10'],
    ['a number of pods at no weight [rollout-32]', { replicas: 4, scale: { replicas: 3 } }, '3 + 4'],
    ['more than all [rollout-32]', { replicas: 4, scale: { weight: 200 } }, '8 + 4'],
    ['a share of its own, and the least number', { weight: 50, scale: { weight: 10 }, minPods: 2 }, '2 + 10'],
  ])('%s', (_, facts, expected) => expect(sizes(facts)).toBe(expected));

  it.each<[string, Partial<RoutedFacts>, string]>([
    ['weight and traffic agree', { weight: 10, ...actual(10) }, '1 + 9'],
    ['stable waits for its traffic to go', { weight: 20, ...actual(10) }, '2 + 9'],
    ['and comes back before its traffic does', { weight: 10, ...actual(20) }, '1 + 9'],
    ['nothing was told yet', { weight: 20, dynamicStableScale: true }, '2 + 8'],
    ['three of four', { replicas: 4, weight: 25, ...actual(25) }, '1 + 3'],
    ['one of four', { replicas: 4, weight: 75, ...actual(75) }, '3 + 1'],
    ['an aborted canary keeps what its traffic needs', { weight: 20, ...actual(60), isAborted: true }, '6 + 8'],
    ['the least number of both', { weight: 95, ...actual(95), minPods: 2 }, '10 + 2'],
    ['a number of pods says nothing of traffic', { weight: 50, ...actual(0), scale: { replicas: 3 } }, '3 + 10'],
    ['it has a least number here', { ...actual(0), scale: { replicas: 1 }, minPods: 2 }, '2 + 10'],
    ['all traffic has gone', { weight: 100, ...actual(100) }, '10 + 0'],
  ])('with a dynamic stable scale: %s [rollout-33]', (_, facts, expected) => expect(sizes(facts)).toBe(expected));

  it('always has the pods that the traffic needs', () => {
    const facts = fc.record({
      replicas: fc.nat({ max: 50 }),
      weight: fc.nat({ max: 100 }),
      told: fc.nat({ max: 100 }),
      minPods: fc.nat({ max: 5 }),
      isAborted: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, ({ replicas, weight, told, minPods, isAborted }) => {
        const { canary, stable } = routedSizes({
          replicas,
          weight,
          minPods,
          isAborted,
          maxWeight: 100,
          ...actual(told),
        });
        expect(canary).toBeLessThanOrEqual(replicas);
        expect(stable).toBeLessThanOrEqual(replicas);
        expect(stable * 100).toBeGreaterThanOrEqual(replicas * (100 - Math.min(weight, told)));
        expect(canary * 100).toBeGreaterThanOrEqual(replicas * (isAborted ? Math.max(weight, told) : weight));
      }),
    );
  });
});

describe('the scale in force [rollout-32]', () => {
  const steps: ScaleFacts['steps'] = [
    { setCanaryScale: { replicas: 3 } },
    { setWeight: 20 },
    { setCanaryScale: { weight: 50 } },
    { pause: {} },
    { setCanaryScale: { matchTrafficWeight: true } },
    { setWeight: 50 },
  ];
  const inForce = (facts: Partial<ScaleFacts>): unknown =>
    canaryScaleInForce({ steps, index: 0, isWhole: false, isAborted: false, ...facts });

  it.each<[string, Partial<ScaleFacts>, unknown]>([
    ['the step itself', { index: 0 }, { replicas: 3 }],
    ['and after it', { index: 1 }, { replicas: 3 }],
    ['until another one', { index: 3 }, { weight: 50 }],
    ['which may hand it back to the weight', { index: 5 }, undefined],
    ['none of a step to come', { steps: [{ setWeight: 1 }, ...steps], index: 0 }, undefined],
    ['none after the last step', { index: 6 }, undefined],
    ['none without a step', { index: undefined }, undefined],
    ['none where nothing is tried', { isWhole: true }, undefined],
    ['none of an aborted one', { isAborted: true }, undefined],
    ['none with a delay', { isAborted: true, abortScaleDownDelaySeconds: 5 }, undefined],
    ['but where it is to stay', { isAborted: true, abortScaleDownDelaySeconds: 0 }, { replicas: 3 }],
  ])('%s', (_, facts, expected) => expect(inForce(facts)).toEqual(expected));
});
