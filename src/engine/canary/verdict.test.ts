import { describe, expect, it } from 'vitest';
import type { CanaryMetric } from '#api/canary-analysis.ts';
import type { Measured } from './effects.ts';
import type { Names } from './names.ts';
import { judge } from './verdict.ts';

const names: Names = {
  canary: 'web',
  namespace: 'test',
  kind: 'Deployment',
  target: 'app',
  primary: 'app-primary',
  apex: 'app',
  primaryService: 'app-primary',
  canaryService: 'app-canary',
};
const value = (number: number): Measured => ({ kind: 'value', value: number, series: 1, query: 'q' });
const rate = (more: Partial<CanaryMetric> = {}): CanaryMetric => ({ name: 'request-success-rate', ...more });
const duration = (more: Partial<CanaryMetric> = {}): CanaryMetric => ({ name: 'request-duration', ...more });
const custom = (more: Partial<CanaryMetric> = {}): CanaryMetric => ({ name: 'errors', ...more });

describe('a value', () => {
  it.each<[string, CanaryMetric, 'builtin' | 'template', number, string]>([
    ['passes at its minimum', rate({ thresholdRange: { min: 99 } }), 'builtin', 99, 'pass'],
    ['fails below it', rate({ thresholdRange: { min: 99 } }), 'builtin', 98.99, 'fail'],
    ['passes at its maximum', duration({ thresholdRange: { max: 500 } }), 'builtin', 500, 'pass'],
    ['fails above it', duration({ thresholdRange: { max: 500 } }), 'builtin', 501, 'fail'],
    [
      'of a duration is held against whole milliseconds',
      duration({ thresholdRange: { max: 0.5 } }),
      'builtin',
      1,
      'fail',
    ],
    ['passes without limits', custom({ thresholdRange: {} }), 'template', 1e9, 'pass'],
    ['of a rate without any limit passes', rate(), 'builtin', 0, 'pass'],
    ['of another metric without any limit must be 0', custom(), 'template', 0.1, 'fail'],
    ['is held against an old threshold as a minimum for rates', rate({ threshold: 99 }), 'builtin', 98, 'fail'],
    ['and as a maximum for all else', custom({ threshold: 5 }), 'template', 6, 'fail'],
    [
      'is held against the range when both are given',
      custom({ threshold: 5, thresholdRange: { max: 10 } }),
      'template',
      6,
      'pass',
    ],
    [
      'that is infinite is a value',
      custom({ thresholdRange: { max: 10 } }),
      'template',
      Number.POSITIVE_INFINITY,
      'fail',
    ],
    ['that is NaN breaks no limit', custom({ thresholdRange: { max: 10 } }), 'template', Number.NaN, 'pass'],
  ])('%s', (_rule, metric, source, measured, expected) => {
    expect(judge(metric, source, value(measured), names).verdict).toBe(expected);
  });

  it.each<[CanaryMetric, 'builtin' | 'template', number, string]>([
    [rate({ thresholdRange: { min: 99 } }), 'builtin', 69.166, 'Halt web.test advancement success rate 69.17% < 99%'],
    [rate({ thresholdRange: { max: 99.5 } }), 'builtin', 100, 'Halt web.test advancement success rate 100.00% > 99.5%'],
    [
      duration({ thresholdRange: { max: 500 } }),
      'builtin',
      1515,
      'Halt web.test advancement request duration 1.515s > 500ms',
    ],
    [custom({ thresholdRange: { max: 5 } }), 'template', 12, 'Halt web.test advancement errors 12.00 > 5'],
    [custom({ thresholdRange: { min: 5 } }), 'template', 1, 'Halt web.test advancement errors 1.00 < 5'],
  ])('beyond the limits of %j says so', (metric, source, measured, expected) => {
    expect(judge(metric, source, value(measured), names).reason).toBe(expected);
  });

  it('is told with its limits', () => {
    expect(judge(rate({ thresholdRange: { min: 99, max: 100 } }), 'builtin', value(99.5), names).limit).toBe(
      'min 99, max 100',
    );
    expect(judge(duration({ thresholdRange: { max: 500 } }), 'builtin', value(1), names).limit).toBe('max 500ms');
  });
});

describe('an answer without a value', () => {
  const noData: Measured = { kind: 'no-data', message: 'no values found', query: 'q', provider: 'gatewayapi:v1' };
  const nan: Measured = { kind: 'nan', message: 'no values found', query: 'q', provider: 'gatewayapi:v1' };
  const down: Measured = { kind: 'provider-error', message: 'request failed: refused', query: 'q' };
  const bad: Measured = { kind: 'bad-query', message: 'parse error', query: 'q' };

  it.each<[Measured, Partial<CanaryMetric>, string]>([
    [noData, {}, 'fail'],
    [nan, {}, 'fail'],
    [down, {}, 'fail'],
    [bad, {}, 'fail'],
    [noData, { onNoData: 'hold' }, 'hold'],
    [nan, { onNoData: 'pass' }, 'pass'],
    [down, { onNoData: 'pass' }, 'fail'],
    [down, { onProviderError: 'hold' }, 'hold'],
    [noData, { onProviderError: 'hold' }, 'fail'],
    [bad, { onNoData: 'pass', onProviderError: 'pass' }, 'fail'],
  ])('%j with %j: %s', (measured, wish, expected) => {
    expect(judge(rate(wish), 'builtin', measured, names).verdict).toBe(expected);
  });

  it.each<[CanaryMetric, 'builtin' | 'inline' | 'template', Measured, string]>([
    [
      rate(),
      'builtin',
      noData,
      'Halt advancement no values found for gatewayapi:v1 metric request-success-rate probably app.test is not receiving traffic: no values found',
    ],
    [
      duration(),
      'builtin',
      nan,
      'Halt advancement no values found for gatewayapi:v1 metric request-duration probably app.test is not receiving traffic',
    ],
    [custom(), 'inline', noData, 'Halt advancement no values found for metric: errors'],
    [custom(), 'template', noData, 'Halt advancement no values found for custom metric: errors: no values found'],
    [rate(), 'builtin', down, 'Prometheus query failed: request failed: refused'],
    [custom(), 'inline', down, 'Prometheus query failed for errors: request failed: refused'],
    [custom(), 'template', down, 'Metric query failed for errors: request failed: refused'],
  ])('%j from %s is told in the original words', (metric, source, measured, expected) => {
    expect(judge(metric, source, measured, names).reason).toBe(expected);
  });
});
