import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configChecksum } from './config-tracking.ts';

const checksumOf = (data: Readonly<Record<string, string>>): string =>
  configChecksum({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data });

/** Of the text that Go writes. */
const expected = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16);

describe('configChecksum', () => {
  it.each([
    [{ b: '1', a: '2' }, '{"a":"2","b":"1"}'],
    [{ '2': 'b', '10': 'a', a: 'c' }, '{"10":"a","2":"b","a":"c"}'],
    [{ a: '<b> & "c"\u2028' }, String.raw`{"a":"\u003cb\u003e \u0026 \"c\"\u2028"}`],
  ])('of %j is that of %s', (data, json) => {
    expect(checksumOf(data)).toBe(expected(json));
  });
});
