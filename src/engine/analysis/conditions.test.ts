import { describe, expect, it } from 'vitest';
import { judgeResult } from './conditions.ts';

const judge = (successCondition: string | undefined, failureCondition: string | undefined, result: unknown) =>
  judgeResult(
    {
      ...(successCondition === undefined ? {} : { successCondition }),
      ...(failureCondition === undefined ? {} : { failureCondition }),
    },
    result,
    0,
  );

describe('judgeResult', () => {
  it.each<[string, string | undefined, string | undefined, unknown, string]>([
    ['[analysis-8] nothing asked', undefined, undefined, 404, 'Successful'],
    ['an empty condition asks nothing', '', '', 404, 'Successful'],
    ['only success, which holds', 'result > 1', undefined, 2, 'Successful'],
    ['only success, which does not hold', 'result > 1', undefined, 1, 'Failed'],
    ['only failure, which holds', undefined, 'result > 1', 2, 'Failed'],
    ['only failure, which does not hold', undefined, 'result > 1', 1, 'Successful'],
    ['[analysis-6] neither holds', 'result > 10', 'result < 5', 7, 'Inconclusive'],
    ['[analysis-6] failure holds', 'result > 10', 'result < 5', 3, 'Failed'],
    ['[analysis-6] success holds', 'result > 10', 'result < 5', 11, 'Successful'],
    ['[analysis-7] both hold', 'result > 1', 'result > 2', 3, 'Failed'],
    ['[analysis-26] two series', 'result[0] < 2 && len(result) == 2', undefined, [1, 2], 'Successful'],
    ['[analysis-26] NaN', 'result < 1', undefined, Number.NaN, 'Failed'],
    ['an empty vector that is spoken of', 'len(result) == 0 || result[0] < 5', undefined, [], 'Successful'],
  ])('%s', (_case, success, failure, result, phase) => {
    expect(judge(success, failure, result)).toEqual({ phase });
  });

  const noData = 'metric result is nil or empty: no data returned from the metric provider';
  it.each<[string, string | undefined, string | undefined, unknown, string]>([
    [
      '[analysis-26] an empty vector',
      'result[0] < 1',
      undefined,
      [],
      `could not evaluate successCondition "result[0] < 1": ${noData}`,
    ],
    ['nothing', 'result < 1', undefined, null, `could not evaluate successCondition "result < 1": ${noData}`],
    ['no result', undefined, 'result < 1', undefined, `could not evaluate failureCondition "result < 1": ${noData}`],
    [
      'an empty list within the result',
      'result[0].Values[0] < 1',
      undefined,
      [{ Values: [] }],
      `could not evaluate successCondition "result[0].Values[0] < 1": ${noData}`,
    ],
    [
      'a wrong type',
      undefined,
      'result == "a"',
      1,
      'could not evaluate failureCondition "result == "a"": invalid operation: == (mismatched types float64 and string)',
    ],
    ['no answer', 'result', 'true', 1, 'could not evaluate successCondition "result": expected bool, but got float64'],
    [
      'a failure that cannot be told',
      'true',
      'result[1] > 1',
      [1],
      'could not evaluate failureCondition "result[1] > 1": index out of range: 1 (array length is 1)',
    ],
    [
      '10,000 characters',
      'a'.repeat(10_000),
      undefined,
      1,
      `could not evaluate successCondition "${'a'.repeat(500)}…": the expression has 10000 characters, the limit is 8000`,
    ],
  ])('says why %s is an error', (_case, success, failure, result, message) => {
    expect(judge(success, failure, result)).toEqual({ phase: 'Error', message });
  });
});
