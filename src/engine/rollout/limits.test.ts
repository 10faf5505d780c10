import { describe, expect, it } from 'vitest';
import { resolvePercent } from './int-or-percent.ts';
import { blueGreenUnavailable, rolloutLimits } from './limits.ts';

describe('a number or a percentage', () => {
  it.each([
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['25', 10, 'down', 2],
    ['0%', 10, 'up', 0],
    ['150%', 4, 'up', 6],
    ['12.5%', 10, 'up', undefined],
    ['', 10, 'up', undefined],
    ['%', 10, 'up', undefined],
    ['abc', 10, 'up', undefined],
    [undefined, 10, 'up', undefined],
  ] as const)('%j of %i rounded %s is %j', (value, total, round, expected) => {
    expect(resolvePercent(value, total, round)).toBe(expected);
  });
});

describe('the limits of an update', () => {
  it.each([
    [1, 1, 0],
    [2, 1, 0],
    [3, 1, 0],
    [4, 1, 1],
    [5, 2, 1],
    [10, 3, 2],
  ])('of %i replicas are %i and %i where nothing is written', (replicas, surge, unavailable) => {
    expect(rolloutLimits({ replicas })).toEqual({ surge, unavailable });
  });

  it.each([
    ['one pod may be missing where both are 0', { replicas: 4, maxSurge: 0, maxUnavailable: 0 }, 0, 1],
    ['both round to 0', { replicas: 3, maxSurge: '0%', maxUnavailable: '30%' }, 0, 1],
    ['no more than all may be missing', { replicas: 2, maxSurge: 0, maxUnavailable: 5 }, 0, 2],
    ['nothing may be missing of nothing', { replicas: 0, maxSurge: 0, maxUnavailable: 0 }, 0, 0],
    ['nothing moves with a text that is no number', { replicas: 4, maxSurge: 'abc' }, 0, 0],
    ['nor with the other one', { replicas: 4, maxUnavailable: 'abc' }, 0, 0],
  ])('%s', (_, facts, surge, unavailable) => {
    expect(rolloutLimits(facts)).toEqual({ surge, unavailable });
  });

  it.each([
    [{ replicas: 4 }, 1],
    [{ replicas: 3 }, 0],
    [{ replicas: 4, maxUnavailable: 0 }, 0],
    [{ replicas: 4, maxUnavailable: '75%' }, 3],
    [{ replicas: 2, maxUnavailable: 5 }, 2],
    [{ replicas: 2, maxUnavailable: 'abc' }, 0],
  ])('of a blue-green Rollout with %j: %i pods may be missing', (facts, expected) => {
    expect(blueGreenUnavailable(facts)).toBe(expected);
  });
});
