import { assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalText, floatText } from './values.ts';

describe('the text of a float', () => {
  it.each([
    [0.95, '0.95', '0.95'],
    [1_000_000, '1e+06', '1000000'],
    [123_456.5, '123456.5', '123456.5'],
    [1.5e-7, '1.5e-07', '0.00000015'],
    [-1e21, '-1e+21', '-1000000000000000000000'],
    [0, '0', '0'],
    [Number.NaN, 'NaN', 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
  ])('of %d is %s, as a decimal %s', (value, short, decimal) => {
    expect(floatText(value)).toBe(short);
    expect(decimalText(value)).toBe(decimal);
  });

  it('is the number again when it is read', () => {
    assert(
      property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(floatText(value))).toBe(value);
        expect(Number(decimalText(value))).toBe(value);
      }),
    );
  });
});
