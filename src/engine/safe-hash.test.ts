import { describe, expect, it } from 'vitest';
import { fnv1a, safeDigits } from './safe-hash.ts';

describe('a short hash', () => {
  it('is the one that Kubernetes computes', () => {
    expect(fnv1a('(string)podinfo-00001')).toBe(1054909782);
    expect(safeDigits(1054909782)).toBe('5498f4fcd6');
  });

  it('goes over the bytes of the text', () => {
    expect(fnv1a('a\u0001')).toBe(fnv1a('a', [1]));
    expect(fnv1a('ä')).toBe(fnv1a('', [0xc3, 0xa4]));
    expect(fnv1a('')).toBe(0x811c9dc5);
  });
});
