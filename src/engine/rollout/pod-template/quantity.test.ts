import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalQuantity, quantityAmount } from './quantity.ts';

describe('a quantity', () => {
  it.each([
    ['1000m', '1'],
    ['100m', '100m'],
    ['0.1', '100m'],
    ['.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['0.5Gi', '512Mi'],
    ['0.5Mi', '512Ki'],
    ['0.5Ki', '512'],
    ['1.0001Ki', '1024102400u'],
    ['5000Ki', '5000Ki'],
    ['1e3', '1e3'],
    ['1E2', '100'],
    ['12e-4', '1200e-6'],
    ['100E', '100E'],
    ['9Ei', '9223372036854775807'],
    ['1000000', '1M'],
    ['1025', '1025'],
    ['0', '0'],
    ['0Mi', '0'],
    ['000', '0'],
    ['1.0001m', '1000100n'],
    ['0.1n', '1n'],
    ['-1500m', '-1500m'],
    ['-1000m', '-1'],
    ['1.500', '1.500'],
    ['+5', '+5'],
    ['no quantity', 'no quantity'],
    ['5X', '5X'],
    ['', ''],
  ])('%j is %j', (text, expected) => expect(canonicalQuantity(text)).toBe(expected));

  it.each([
    ['1Gi', '1024Mi'],
    ['1Gi', '1073741824'],
    ['1.500', '1500m'],
    ['+5', '5'],
    ['003Ti', '3Ti'],
    ['1.3333Gi', '1431619973940m'],
    ['1u', '1m'],
    ['-1k', '-1000'],
    ['-0', '0'],
  ])('%s has the amount of %s', (one, other) => expect(quantityAmount(one)).toBe(quantityAmount(other)));

  it.each([
    ['1', '2'],
    ['-1', '1'],
    ['nothing', 'anything'],
  ])('%s has not the amount of %s', (one, other) => expect(quantityAmount(one)).not.toBe(quantityAmount(other)));

  it('does not change when it is written again', () => {
    const suffix = fc.constantFrom('', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'u', 'n', 'e3', 'e-2');
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 999 }), suffix, (whole, fraction, unit) => {
        const once = canonicalQuantity(`${whole}.${fraction}${unit}`);
        expect(canonicalQuantity(once)).toBe(once);
      }),
    );
  });
});
