import { describe, expect, it } from 'vitest';
import { Schedule } from './schedule.ts';

describe('Schedule', () => {
  it('gives a new Canary a tick at once, then one an interval on its own grid', () => {
    const schedule = new Schedule();
    expect(schedule.update([['a', 10_000]], 500)).toEqual(['a']);
    expect(schedule.take('a', 500)).toBe(true);
    expect(schedule.take('a', 10_499)).toBe(false);
    expect(schedule.take('a', 10_700)).toBe(true);
    expect(schedule.until('a', 10_700)).toBe(9_800);
  });

  it('spreads Canaries that are found together, within their interval', () => {
    const schedule = new Schedule();
    const keys = Array.from({ length: 250 }, (_, index) => `canary-${index}`);
    schedule.update(
      keys.map((key) => [key, 1_000] as const),
      0,
    );
    expect([0, 9, 10, 20].map((index) => schedule.until(`canary-${index}`, 0))).toEqual([0, 0, 100, 200]);
    for (const key of keys) expect(schedule.until(key, 0)).toBeLessThan(1_000);
  });

  it('lets missed ticks collapse into one', () => {
    const schedule = new Schedule();
    schedule.update([['a', 1_000]], 0);
    expect(schedule.take('a', 5_300)).toBe(true);
    expect(schedule.take('a', 5_900)).toBe(false);
    expect(schedule.until('a', 5_900)).toBe(100);
  });

  it('starts anew when the interval changes', () => {
    const schedule = new Schedule();
    schedule.update([['a', 10_000]], 0);
    schedule.take('a', 0);
    expect(schedule.update([['a', 10_000]], 3_000)).toEqual([]);
    expect(schedule.update([['a', 1_000]], 4_000)).toEqual(['a']);
    expect(schedule.take('a', 4_000)).toBe(true);
  });
});
