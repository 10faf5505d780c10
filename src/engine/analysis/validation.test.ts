import { describe, expect, it } from 'vitest';
import type { Metric } from '#api/analysis-metric.ts';
import { aMetric } from './played-run.ts';
import { isEndless, problemOfMetrics } from './validation.ts';

describe('problemOfMetrics', () => {
  it.each<[string, Partial<Metric>, string | undefined]>([
    ['nothing wrong', {}, undefined],
    ['limits as texts', { count: '5', interval: '1s', failureLimit: '2', consecutiveSuccessLimit: '3' }, undefined],
    [
      'consecutiveSuccessLimit below 0',
      { consecutiveSuccessLimit: -1, failureLimit: -2 },
      'consecutiveSuccessLimit must be >= 0',
    ],
    ['failureLimit below -1', { failureLimit: -2 }, 'failureLimit must be >= 0, or -1 to be disabled'],
    [
      'nothing that could end it',
      { failureLimit: -1 },
      'failureLimit and consecutiveSuccessLimit cannot both be disabled',
    ],
    ['inconclusiveLimit below 0', { inconclusiveLimit: -1 }, 'inconclusiveLimit must be >= 0'],
    ['consecutiveErrorLimit below 0', { consecutiveErrorLimit: -1 }, 'consecutiveErrorLimit must be >= 0'],
    [
      'a count below the limits',
      { count: 4, interval: '1s', failureLimit: 2, consecutiveSuccessLimit: 3 },
      'count (4) must be >= failureLimit + consecutiveSuccessLimit (2 + 3) if both >= 0',
    ],
    [
      'a count below the successes',
      { count: 2, interval: '1s', failureLimit: -1, consecutiveSuccessLimit: 3 },
      'count must be >= consecutiveSuccessLimit',
    ],
    [
      'a count below inconclusiveLimit',
      { count: 2, interval: '1s', inconclusiveLimit: 3 },
      'count must be >= inconclusiveLimit',
    ],
    ['a count without an interval', { count: 2 }, 'interval must be specified when count > 1'],
    ['an interval without a unit', { interval: '5' }, 'invalid interval string: time: missing unit in duration "5"'],
    ['an unknown unit', { interval: '5y' }, 'invalid interval string: time: unknown unit "y" in duration "5y"'],
    ['a delay that is none', { initialDelay: 'soon' }, 'invalid startDelay string: time: invalid duration "soon"'],
    ['no provider', { provider: {} }, 'no provider specified'],
    ['two plugins', { provider: { plugin: { a: {}, b: {} } } }, 'multiple providers specified'],
    ['one plugin', { provider: { plugin: { a: {} } } }, undefined],
  ])('finds %s', (_what, metric, problem) => {
    expect(problemOfMetrics([aMetric('m', metric)])).toBe(problem === undefined ? undefined : `metrics[0]: ${problem}`);
  });

  it('wants metrics, each with a name of its own', () => {
    expect(problemOfMetrics([])).toBe('no metrics specified');
    expect(problemOfMetrics([aMetric('m'), aMetric('m')])).toBe("metrics[1]: duplicate name 'm'");
  });

  it.each<[Partial<Metric>, boolean]>([
    [{}, false],
    [{ interval: '1s' }, true],
    [{ interval: '1s', count: 3 }, false],
    [{ interval: '1s', count: 'many' }, true],
  ])('knows whether %j ends', (metric, endless) => {
    expect(isEndless(aMetric('m', metric))).toBe(endless);
  });
});
