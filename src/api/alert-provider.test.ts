import { describe, expect, it } from 'vitest';
import { parseAlertProvider } from './alert-provider.ts';
import { describeProblem } from './problem.ts';

const aProvider = (spec: object) => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'AlertProvider',
  metadata: { name: 'chat', namespace: 'test' },
  spec,
});

describe('parseAlertProvider', () => {
  it.each([[{ type: 'slack', address: 'https://hooks.example' }], [{ type: 'gchat', secretRef: { name: 'hook' } }]])(
    'reads %j',
    (spec) => {
      expect(parseAlertProvider(aProvider(spec))).toEqual({ ok: true, provider: aProvider(spec) });
    },
  );

  it.each([
    [{ type: 'slack' }, 'Cannot use spec.address without a value: give exactly one of address and secretRef'],
    [
      { type: 'slack', address: 'https://hooks.example', secretRef: { name: 'hook' } },
      'Cannot use spec.address "https://hooks.example": give exactly one of address and secretRef',
    ],
    [
      { type: 'irc', address: 'x' },
      'Cannot use spec.type "irc": it must be one of "slack", "msteams", "discord", "rocket", "gchat", "webhook"',
    ],
  ])('says what is wrong in %j', (spec, message) => {
    const parsed = parseAlertProvider(aProvider(spec));
    expect(parsed.ok ? [] : parsed.problems.map(describeProblem)).toEqual([message]);
  });
});
