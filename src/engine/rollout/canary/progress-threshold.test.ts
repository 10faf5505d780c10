import { describe, expect, it } from 'vitest';
import { isReached, type Progress, type Threshold } from './progress-threshold.ts';

describe('enough available pods', () => {
  it.each<[string, Progress, Threshold | undefined, boolean]>([
    ['all of them', { available: 3, desired: 3 }, undefined, true],
    ['one is missing', { available: 2, desired: 3 }, undefined, false],
    ['one too many', { available: 4, desired: 3 }, undefined, false],
    ['nothing of nothing', { available: 0, desired: 0 }, undefined, true],
    ['not sized yet', { available: 3, desired: 3, size: 4 }, undefined, false],
    ['a threshold below 0 is none', { available: 2, desired: 3 }, { type: 'Pods', value: -1 }, false],
    ['half of them', { available: 2, desired: 4 }, { type: 'Percent', value: 50 }, true],
    ['less than half', { available: 1, desired: 4 }, { type: 'Percent', value: 50 }, false],
    ['sized or not', { available: 2, desired: 4, size: 9 }, { type: 'Percent', value: 50 }, true],
    ['29 of 100 in spite of rounding', { available: 29, desired: 100 }, { type: 'Percent', value: 29 }, true],
    ['any share of nothing', { available: 0, desired: 0 }, { type: 'Percent', value: 100 }, true],
    ['a number of pods', { available: 2, desired: 9 }, { type: 'Pods', value: 2 }, true],
    ['fewer pods than that', { available: 1, desired: 1 }, { type: 'Pods', value: 2 }, false],
  ])('%s', (_, progress, threshold, expected) => expect(isReached(progress, threshold)).toBe(expected));
});
