/** Selectors against labels. */
import { expect, it } from 'vitest';
import { selectorMatches } from './label-selector.ts';

const labels = { app: 'web', tier: 'front' };

it.each([
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app=web,tier=back', false],
  ['app!=web', false],
  ['zone!=a', true],
  ['app in (api, web)', true],
  ['app notin (api,web),tier', false],
  ['zone notin (a)', true],
  ['tier', true],
  ['zone', false],
  ['!zone', true],
  ['!tier', false],
])('"%s": %s', (selector, wanted) => {
  expect(selectorMatches(selector, labels)).toBe(wanted);
});

it('refuses what is no selector', () => {
  expect(() => selectorMatches('a b', labels)).toThrow('Cannot read label selector "a b"');
});
