/** Ages as kubectl prints them. */
import { describe, expect, it } from 'vitest';
import { ageText, humanDuration } from './human-duration.ts';

const [minute, hour, day] = [60, 3_600, 86_400];

describe('[cli-13] a duration for people', () => {
  it.each([
    [-2, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [599, '9m59s'],
    [600, '10m'],
    [10_079, '167m'],
    [10_800, '3h'],
    [3 * hour + 2 * minute, '3h2m'],
    [28_800, '8h'],
    [2 * day - 1, '47h'],
    [172_800, '2d'],
    [2 * day + hour, '2d1h'],
    [7 * day, '7d'],
    [8 * day + 5 * hour, '8d'],
    [729 * day, '729d'],
    [731 * day, '2y1d'],
    [730 * day, '2y'],
    [9 * 365 * day + 100, '9y'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(humanDuration(seconds * 1_000)).toBe(text);
  });

  it('is cut, not rounded', () => {
    expect([humanDuration(1_999), humanDuration(-999), humanDuration(119_999)]).toEqual(['1s', '0s', '119s']);
  });

  it('is as long as it can be for what has no time', () => {
    expect(ageText(undefined, 0)).toBe('292y');
  });
});
