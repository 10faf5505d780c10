import { describe, expect, it } from 'vitest';
import type { CanaryStep } from '#api/rollout.ts';
import { stepHash } from './step-hash.ts';

const pause = { pause: { duration: 60 } };

describe('the hash of the steps [rollout-36]', () => {
  it.each<[string, readonly CanaryStep[] | undefined, string]>([
    ['no steps', undefined, '5ffbfbbd64'],
    ['an empty list', [], '5f8cb5778f'],
    ['a pause for a user', [{ setWeight: 50 }, { pause: {} }, { setWeight: 100 }], '76cdb997cf'],
    ['timed pauses', [{ setWeight: 20 }, pause, { setWeight: 80 }, pause], '74b95c5fbc'],
    ['canary-aborted', [{ setWeight: 25 }, { pause: {} }], '77b4b4f4c6'],
    ['canary-analysis', [{ setWeight: 25 }, { pause: { duration: '1h' } }], '6bf5f77bd9'],
    ['canary-idle', [{ setWeight: 25 }, { pause: { duration: '1s' } }], '7558b788d4'],
    ['canary-paused', [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }], '674b64b78f'],
  ])('%s', (_, steps, expected) => expect(stepHash(steps)).toBe(expected));

  it('goes over everything in a step, whatever the order of its keys', () => {
    const steps = (value: string): readonly CanaryStep[] => [
      { analysis: { args: [{ value, name: 'a' }], templates: [{ templateName: 't' }] } },
      { experiment: { templates: [{ specRef: 'stable', name: 'x', service: {} }], analyses: [] } },
      { plugin: { config: { b: [1, 'x'], a: null }, name: 'p' } },
      { setMirrorRoute: { name: 'm', match: [{ headers: { h: { exact: 'v' } } }] } },
    ];
    expect(stepHash(steps('1'))).toBe(stepHash(structuredClone(steps('1')).map(reversed)));
    expect(stepHash(steps('1'))).not.toBe(stepHash(steps('2')));
  });
});

function reversed(value: unknown): CanaryStep {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toReversed())
      : part,
  );
}
