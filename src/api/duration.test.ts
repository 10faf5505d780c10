import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['10s', 10_000],
    ['1m', 60_000],
    ['1m0.5s', 60_500],
    ['1.515s', 1515],
    ['1.1s', 1100],
    ['.5h', 1_800_000],
    ['1.h', 3_600_000],
    ['300ms', 300],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['1500μs', 1.5],
    ['250ns', 0.00025],
    ['-1h30m', -5_400_000],
    ['+2s', 2000],
    ['9223372036854775807ns', 9_223_372_036_854.775],
  ])('reads %j as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each([
    '',
    '-',
    '10',
    '1d',
    '1mx',
    's',
    '.s',
    '1 s',
    ' 1s',
    '1s ',
    '1m-2s',
    '1e3s',
    '9223372036854775808ns',
    '3000000h',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [0.000001, '1ns'],
    [0.0015, '1.5µs'],
    [300, '300ms'],
    [1.25, '1.25ms'],
    [999.999999, '999.999999ms'],
    [500, '500ms'],
    [1000, '1s'],
    [1515, '1.515s'],
    [60_500, '1m0.5s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [5_430_010, '1h30m30.01s'],
    [-90_000, '-1m30s'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('writes what parseDuration reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (microseconds) => {
        const milliseconds = microseconds / 1000;
        expect(parseDuration(formatDuration(milliseconds))).toBeCloseTo(milliseconds, 9);
      }),
    );
  });
});
