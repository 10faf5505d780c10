import { describe, expect, it } from 'vitest';
import { payloadChecksum } from './checksum.ts';

describe('payloadChecksum', () => {
  it.each([
    [
      'configs and a spec [canary-23]',
      { trackedConfigs: { 'test-config-map': '484637c76acaa7c6' }, lastAppliedSpec: '5f56684589' },
      '85d557f47b',
    ],
    ['no configs', { lastAppliedSpec: '4cb74184589' }, '7c9d467496'],
    ['nothing', {}, '758df7c9fc'],
    ['empty configs', { trackedConfigs: {}, lastAppliedSpec: '' }, '68bf6f479b'],
  ])('of %s', (_, inputs, expected) => expect(payloadChecksum(inputs)).toBe(expected));

  it('does not depend on the order of the configs', () => {
    const one = payloadChecksum({ trackedConfigs: { a: '1', b: '2' } });
    expect(payloadChecksum({ trackedConfigs: { b: '2', a: '1' } })).toBe(one);
    expect(payloadChecksum({ trackedConfigs: { a: '1', b: '3' } })).not.toBe(one);
  });
});
