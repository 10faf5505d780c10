import { expect, it } from 'vitest';
import { repeatedFailures } from './repeated-failures.ts';

const times = (count: number, run: () => boolean): readonly boolean[] => Array.from({ length: count }, run);

it('tells a failure that comes five times in a row, once', () => {
  const failures = repeatedFailures();
  expect(times(4, () => failures.failed('ns/a', 'no'))).toEqual([false, false, false, false]);
  expect(times(3, () => failures.failed('ns/a', 'no'))).toEqual([true, false, false]);
  expect(times(4, () => failures.failed('ns/b', 'no'))).not.toContain(true);
});

it('counts each text for itself, and a row anew after another text', () => {
  const failures = repeatedFailures();
  expect(times(4, () => failures.failed('ns/a', 'no'))).not.toContain(true);
  expect(times(4, () => failures.failed('ns/a', 'other'))).not.toContain(true);
  expect(times(5, () => failures.failed('ns/a', 'no'))).toEqual([false, false, false, false, true]);
  expect(times(5, () => failures.failed('ns/a', 'other'))).toEqual([false, false, false, false, true]);
});

it('begins anew when a pass has ended well', () => {
  const failures = repeatedFailures();
  times(5, () => failures.failed('ns/a', 'no'));
  failures.forget('ns/a');
  expect(times(5, () => failures.failed('ns/a', 'no'))).toEqual([false, false, false, false, true]);
});
