import { describe, expect, it } from 'vitest';
import type { AnalysisPhase } from '#api/analysis-run.ts';
import { rfc3339 } from '#api/time.ts';
import { aMetric, aRun, start } from './played-run.ts';
import { expiresAt } from './time-to-live.ts';

describe('expiresAt', () => {
  it.each<[string, AnalysisPhase, object, number | undefined]>([
    ['[analysis-18] a success', 'Successful', { secondsAfterSuccess: 5, secondsAfterCompletion: 3600 }, 6],
    ['[analysis-18] a failure', 'Failed', { secondsAfterSuccess: 5, secondsAfterCompletion: 3600 }, 3601],
    ['a failure with a time of its own', 'Failed', { secondsAfterFailure: 1, secondsAfterCompletion: 3600 }, 2],
    ['an error', 'Error', { secondsAfterFailure: 1, secondsAfterCompletion: 10 }, 11],
    ['what nobody limits', 'Inconclusive', { secondsAfterSuccess: 1 }, undefined],
    ['what has not ended', 'Running', { secondsAfterCompletion: 1 }, undefined],
  ])('of %s', (_what, phase, ttlStrategy, seconds) => {
    const run = { ...aRun({ metrics: [aMetric('m')], ttlStrategy }), status: { phase, completedAt: rfc3339(start) } };
    expect(expiresAt(run)).toBe(seconds === undefined ? undefined : start + seconds * 1000);
  });
});
