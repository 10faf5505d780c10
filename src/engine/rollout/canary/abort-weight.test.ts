import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abortWeight, desiredAbortWeight, type AbortWeightFacts } from './abort-weight.ts';
import { routedSizes } from './routed-size.ts';

const quarters = [{ setWeight: 25 }, {}, { setWeight: 75 }, {}];
const facts = (more: Partial<AbortWeightFacts>): AbortWeightFacts => ({
  replicas: 4,
  stableAvailable: 1,
  canaryAvailable: 3,
  maxWeight: 100,
  steps: quarters,
  hasExplicitDelay: false,
  dynamicStableScale: true,
  recorded: 75,
  ...more,
});

describe('the weight that an aborted canary is to have next [rollout-33]', () => {
  it.each<[string, Partial<AbortWeightFacts>, number]>([
    ['the step before', {}, 25],
    ['still that one, until the canary has shrunk', { stableAvailable: 3 }, 25],
    ['none then', { stableAvailable: 3, canaryAvailable: 1 }, 0],
    ['none when stable is back', { stableAvailable: 4, canaryAvailable: 0 }, 0],
    ['with a delay, only stable counts', { stableAvailable: 3, hasExplicitDelay: true }, 0],
    ['none without steps', { steps: [] }, 0],
    ['of another maximum', { maxWeight: 1000, steps: [{ setWeight: 250 }, { setWeight: 750 }] }, 250],
  ])('%s', (_, more, expected) => expect(desiredAbortWeight(facts(more))).toBe(expected));

  it('decides the sizes: 6 canary and 8 stable pods for 60 of 100, aborted at 6 and 4', () => {
    const steps = [{ setWeight: 20 }, { setWeight: 60 }];
    const weight = desiredAbortWeight(facts({ replicas: 10, steps, stableAvailable: 4, canaryAvailable: 6 }));
    const sizes = routedSizes({
      replicas: 10,
      weight,
      maxWeight: 100,
      dynamicStableScale: true,
      actual: { canary: 60, stable: 40 },
      isAborted: true,
    });
    expect(sizes).toEqual({ canary: 6, stable: 8 });
  });
});

describe('the weight that a router is told after an abort [rollout-33]', () => {
  it.each<[string, Partial<AbortWeightFacts>, number]>([
    ['nothing where stable is whole anyway', { dynamicStableScale: false }, 0],
    ['nothing of nothing', { replicas: 0, stableAvailable: 0, canaryAvailable: 0 }, 0],
    ['the same while stable cannot take more', { stableAvailable: 2 }, 75],
    ['the step before, once it can', { stableAvailable: 3 }, 25],
    ['what stable cannot take yet, at the last step', { stableAvailable: 3, canaryAvailable: 1, recorded: 25 }, 25],
    ['nothing when stable is whole', { stableAvailable: 4, canaryAvailable: 1, recorded: 25 }, 0],
    ['never more than before', { stableAvailable: 0, canaryAvailable: 0, steps: [], recorded: 10 }, 10],
    ['what stable cannot take, where nothing is recorded', { stableAvailable: 2, recorded: undefined }, 50],
    ['the step, where that is more', { stableAvailable: 4, canaryAvailable: 3, recorded: undefined }, 25],
  ])('%s', (_, more, expected) => expect(abortWeight(facts(more))).toBe(expected));

  it('brings the traffic back, and never gives stable more than its pods can take', () => {
    const shares = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), shares, fc.boolean(), (replicas, weights, hasExplicitDelay) => {
        const steps = weights.toSorted((one, other) => one - other).map((setWeight) => ({ setWeight }));
        let recorded = steps.at(-1)?.setWeight ?? 0;
        let { canary, stable } = routedSizes({
          replicas,
          weight: recorded,
          maxWeight: 100,
          dynamicStableScale: true,
          actual: { canary: recorded, stable: 100 - recorded },
        });
        for (let pass = 0; pass < 50 && recorded > 0; pass++) {
          const pods = { replicas, stableAvailable: stable, canaryAvailable: canary, steps, hasExplicitDelay };
          const now = facts({ ...pods, recorded });
          const weight = abortWeight(now);
          expect(weight).toBeLessThanOrEqual(recorded);
          expect(weight === recorded || stable * 100 >= replicas * (100 - weight)).toBe(true);
          recorded = weight;
          const next = routedSizes({
            replicas,
            weight: desiredAbortWeight(now),
            maxWeight: 100,
            dynamicStableScale: true,
            actual: { canary: recorded, stable: 100 - recorded },
            isAborted: true,
          });
          stable = next.stable;
          canary = hasExplicitDelay ? canary : next.canary;
        }
        expect(recorded).toBe(0);
      }),
    );
  });
});
