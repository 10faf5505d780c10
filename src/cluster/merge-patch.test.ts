import { expect, it } from 'vitest';
import { mergePatch } from './merge-patch.ts';

it('works as RFC 7386 says', () => {
  expect(mergePatch({ a: 'b', c: { d: 'e', f: 'g' } }, { a: 'z', c: { f: null } })).toEqual({
    a: 'z',
    c: { d: 'e' },
  });
  expect(mergePatch({ a: [1, 2] }, { a: [3] })).toEqual({ a: [3] });
  expect(mergePatch('text', { a: { b: null } })).toEqual({ a: {} });
});
