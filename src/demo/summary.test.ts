import { describe, expect, it } from 'vitest';
import type { Decision } from '#api/canary.ts';
import { summaryOf } from './summary.ts';

const decision = (verdict: 'pass' | 'fail', value: number, weight: number): Decision => ({
  at: '2026-01-01T00:00:00Z',
  metric: 'request-success-rate',
  kind: 'value',
  query: 'up',
  value,
  limit: 'min 99',
  verdict,
  reason: '',
  tick: { phase: 'Progressing', weight },
});

describe('summary', () => {
  it('says what was promoted, what was rolled back and why, and what users got', () => {
    const text = summaryOf({
      promoted: [decision('pass', 100, 20), decision('pass', 99.5, 40)],
      rolledBack: [decision('pass', 100, 20), decision('fail', 94.987, 20)],
      users: {
        requests: 7,
        versions: new Map([
          ['3', { answered: 2, failed: 1 }],
          ['1', { answered: 4, failed: 0 }],
        ]),
        lost: ['10:00 socket hang up'],
      },
      took: 25_000,
    });
    expect(text.split('\n')).toEqual([
      '',
      'Version 2 was promoted: every check passed at 20, 40 % of the traffic',
      '  at last: request-success-rate 99.5 (min 99)',
      'Version 3 was rolled back: request-success-rate was 94.99, wanted min 99, at 20 % of the traffic',
      '  query: up',
      'Users made 7 requests and lost 1 of them:',
      '  answered by version 1: 4',
      '  answered by version 3: 2, of which 1 were its own errors',
      '  lost: 10:00 socket hang up',
      'The show took 25.0 s',
      '',
    ]);
  });
});
