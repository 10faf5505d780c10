import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCondition } from './expression.ts';

const now = 0;

function outcome(expression: string, result: unknown): boolean | string {
  const answer = evaluateCondition(expression, result, now);
  return answer.ok ? answer.value : answer.message;
}

describe('an expression beyond all measure', () => {
  it.each<[string, string, string]>([
    ['is long', `result > ${'1'.repeat(10_000)}`, 'the expression has 10009 characters, the limit is 8000'],
    ['is deep', `${'('.repeat(2000)}result${')'.repeat(2000)}`, 'the expression is nested deeper than 250 levels'],
    ['chains an operator', `${'1 + '.repeat(1900)}1 > 0`, 'the expression is nested deeper than 250 levels'],
    ['chains signs', `${'-'.repeat(5000)}1 > 0`, 'the expression is nested deeper than 250 levels'],
    ['doubles itself', `${'result ?: '.repeat(200)}true`, 'non-bool expression (type float64) used as condition'],
    [
      'doubles comparisons',
      `${'1 < ('.repeat(100)}1${') < 3'.repeat(100)}`,
      'invalid operation: < (mismatched types int and bool)',
    ],
    [
      'repeats a pattern',
      '"a" matches "((a{1000}){1000}){1000}"',
      'error parsing regexp: expression too large: `((a{1000}){1000}){1000}`',
    ],
  ])('%s', (_how, expression, message) => {
    expect(outcome(expression, 1)).toBe(message);
  });

  it('does not let a pattern run for ever', () => {
    expect(outcome('result matches "^(a+)+$"', `${'a'.repeat(5000)}b`)).toBe(false);
  });
});

describe('whatever is written', () => {
  const words = [
    'result',
    'true',
    'nil',
    '1',
    '2.5',
    '"a"',
    '#',
    '.x',
    '#acc',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    ';',
    '?',
    '?.',
    '??',
    '|',
    '+',
    '-',
    '*',
    '/',
    '%',
    '^',
    '..',
    '==',
    '<',
    '>=',
    'in',
    'not',
    'and',
    '||',
    'matches',
    'let x =',
    'if',
    'else',
    'x',
    'all(',
    'map(',
    'reduce(',
    'len(',
    'sum(',
    'count(',
    'default(',
    'isNaN(',
    'asInt(',
    'string(',
    'sort(',
    'keys(',
    'date(',
    'now()',
    'duration("1s")',
    'concat(',
    'split(',
    '$env',
    '\\',
    '"',
    '\u{1f600}',
  ];
  const results = fc.oneof(
    fc.jsonValue(),
    fc.bigInt(),
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, undefined),
  );

  it('answers or says why not', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(texts, results, (text, result) => {
        const answer = evaluateCondition(text, result, now);
        expect(answer.ok ? typeof answer.value : answer.message).toMatch(answer.ok ? /^boolean$/ : /./);
      }),
      { numRuns: 3000 },
    );
  });
});
