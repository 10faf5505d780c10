import { describe, expect, it } from 'vitest';
import { parseQuery, PromqlError } from './parser.ts';
import { anchoredExpression } from './regular-expression.ts';

function problemOf(query: string): string {
  try {
    parseQuery(query);
    return 'none';
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    return `${error.problem}: ${error.message.replace('Cannot parse the query at ', '')}`;
  }
}

describe('parseQuery', () => {
  it.each([
    ['', 'syntax: 1:1: the query is empty'],
    ['  \n ', 'syntax: 1:1: the query is empty'],
    ['sum(', 'syntax: 1:5: unexpected end of the query'],
    ['rate(x[5m)', 'syntax: 1:10: unexpected ")"'],
    ['a b', 'syntax: 1:3: unexpected "b"'],
    ['sum(x) +\n  nonsense(x)', 'unsupported: 2:3: unknown function "nonsense"'],
    ['x{a="b}', 'syntax: 1:5: the string has no end'],
    ['x{a=~"("}', 'syntax: 1:3: invalid regular expression "("'],
    ['x{a=~"a(?=b)"}', 'syntax: 1:3: invalid regular expression "a(?=b)": the group "(?=" is not supported'],
    ['{}', 'syntax: 1:1: a selector must have at least one matcher'],
    ['{a=~".*"}', 'syntax: 1:1: a selector must have at least one matcher'],
    ['x{__name__="y"}', 'syntax: 1:1: the name of the metric must not be set twice'],
    ['rate(x)', 'type: 1:6: rate needs range vector, found instant vector'],
    ['sum(x[5m])', 'type: 1:5: sum needs instant vector, found range vector'],
    ['clamp(x, 1)', 'type: 1:1: clamp needs 3 arguments, found 2'],
    ['topk(x)', 'type: 1:1: wrong number of arguments of topk'],
    ['1 > 2', 'type: 1:1: a comparison between scalars needs bool'],
    ['1 and x', 'type: 1:1: the operator and needs instant vector, found scalar'],
    ['x and on(a) group_left() y', 'type: 1:1: and knows no grouping'],
    ['x * bool 2', 'type: 1:1: bool is for comparisons only'],
    ['x + on(a) 2', 'type: 1:1: labels are matched between instant vectors only'],
    ['(x)[5m]', 'syntax: 1:1: a range must follow a vector selector directly'],
    ['sum(x) offset 5m', 'syntax: 1:1: offset must follow a selector or a subquery'],
    ['x[0s]', 'syntax: 1:3: the duration "0s" must be greater than 0'],
    ['x[5m + 5m]', 'unsupported: 1:3: calculated durations are not supported'],
    ['x / on(a) group_left(a) y', 'syntax: 1:5: label "a" must not be in on() and in the group'],
    [`${'('.repeat(300)}x${')'.repeat(300)}`, 'unsupported: 1:'],
  ])('refuses %j', (query, problem) => {
    expect(problemOf(query)).toContain(problem);
  });

  it('reads selectors, ranges and shifts', () => {
    expect(parseQuery('up{job=~"a|b", "x.y"!="\\u00e4"}[1h30m] @ 12.5 offset -5m')).toEqual({
      kind: 'matrix-selector',
      matchers: [
        { label: '__name__', op: '=', value: 'up' },
        { label: 'job', op: '=~', value: 'a|b' },
        { label: 'x.y', op: '!=', value: 'ä' },
      ],
      shift: { at: 12_500, offset: -300_000 },
      range: 5_400_000,
    });
    expect(parseQuery('sum by (a) (x)[10m:30s] @ end()')).toMatchObject({
      kind: 'subquery',
      step: 30_000,
      shift: { at: 'end' },
    });
  });

  it('gives powers precedence over signs', () => {
    expect(parseQuery('-1 ^ 2')).toMatchObject({ kind: 'negation', expr: { op: '^', left: { value: 1 } } });
    expect(parseQuery('2 ^ 3 ^ 2')).toMatchObject({ op: '^', right: { op: '^' } });
    expect(parseQuery('a or b and c > 1 + 2 * 3')).toMatchObject({
      op: 'or',
      right: { op: 'and', right: { op: '>' } },
    });
  });

  it('reads matching', () => {
    expect(parseQuery('a / on(x, y) group_left(z) b')).toMatchObject({
      matching: { on: true, labels: ['x', 'y'], group: 'left', include: ['z'] },
    });
  });
});

describe('anchoredExpression', () => {
  it.each([
    ['5.*', '503', true],
    ['5..', '5031', false],
    ['a|b', 'ab', false],
    ['(?i)ABC', 'abc', true],
    ['(?P<x>a)+', 'aaa', true],
    ['[[:alpha:]_]+', 'ab_', true],
    ['[^[:digit:]]', '1', false],
    ['[]a]+', ']a', true],
    ['a.b', 'a\nb', true],
    ['\\Qa.b\\E', 'axb', false],
    ['podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)', 'podinfo-6d5f-x7k', true],
    ['', '', true],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(anchoredExpression(pattern).test(text)).toBe(expected);
  });

  it.each(['a**', '(?!a)', '\\1', '[[:nonsense:]]', 'a++', '\\pL'])('refuses %j', (pattern) => {
    expect(() => anchoredExpression(pattern)).toThrow(SyntaxError);
  });
});
