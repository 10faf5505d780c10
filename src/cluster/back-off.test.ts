/** Waits after failures. */
import { expect, it } from 'vitest';
import { backOff } from './back-off.ts';

const options = { base: 100, max: 1_000 };

it.each([
  ['the first failure', 1, 0.5, 100],
  ['the third', 3, 0.5, 400],
  ['many', 1_000, 0.5, 1_000],
  ['one with the least luck', 2, 0, 100],
  ['one with the most luck', 2, 0.999, 300],
])('after %s', (_, failures, chance, wanted) => {
  expect(backOff(options, failures, () => chance)).toBe(wanted);
});
