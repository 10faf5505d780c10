import { describe, expect, it } from 'vitest';
import { addressProblems } from './kubernetes-names.ts';

describe('addressProblems', () => {
  it.each([
    '10.9.8.7',
    '255.255.255.255',
    '0.0.0.0',
    '::',
    '::1',
    '2001:db8::ffff',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
  ])('has none for %s', (address) => {
    expect(addressProblems(address)).toEqual([]);
  });

  it.each([
    '',
    'x',
    '10.9.8',
    '10.9.8.7.6',
    '256.0.0.1',
    '10.9.8.7.',
    ':',
    ':::',
    '1:2:3',
    '1::2::3',
    '12345::',
    '::1.2.3.400',
  ])('has one for "%s"', (address) => {
    expect(addressProblems(address)).toEqual(['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  });
});
