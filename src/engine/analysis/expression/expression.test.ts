import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateCondition, evaluateTime, problemOfCondition } from './expression.ts';
import type { Elements } from './expression.ts';

/** 2026-08-01T10:30:15Z, a Saturday. */
const now = 1_785_580_215_000;

function outcome(expression: string, result: unknown, elements: Elements = 'any'): boolean | string {
  const answer = evaluateCondition(expression, result, now, elements);
  return answer.ok ? answer.value : answer.message;
}

describe('a condition on a number', () => {
  it.each<[string, unknown, boolean | string]>([
    ['result >= 0.95', 0.95, true],
    ['result < 0.95', 0.95, false],
    ['result < 5', 2, true],
    ['result < 5', Number.NaN, false],
    ['result > 5', Number.NaN, false],
    ['result == result', Number.NaN, false],
    ['result != result', Number.NaN, true],
    ['isNaN(result) || result < 5', Number.NaN, true],
    ['isNaN(result) || result >= 0.95', 1, true],
    ['isInf(result)', Number.NEGATIVE_INFINITY, true],
    ['isInf(result)', 1, false],
    ['default(result, 0) < 0.05', null, true],
    ['default(result, 0) < 0.05', 0.1, false],
    ['default("anything", 0) == 0.1', 0.1, true],
    ['isNil(result)', null, true],
    ['isNil(nil)', 1, false],
    ['asInt(result) == 3', 3.9, true],
    ['asInt(result) == -3', -3.9, true],
    ['asInt("12") + 1 == 13', 0, true],
    ['asInt("1.5") == 1', 0, 'strconv.ParseInt: parsing "1.5": invalid syntax'],
    ['asInt([1]) == 1', 0, 'asInt() not supported on []interface {} [1]'],
    ['asFloat("0.5") < result', 1, true],
    ['asFloat("x") < result', 1, 'strconv.ParseFloat: parsing "x": invalid syntax'],
    ['asFloat(true) < result', 1, 'asFloat() not supported on bool true'],
    ['result', 1, 'expected bool, but got float64'],
    ['1', 1, 'expected bool, but got int'],
    ['"a"', 1, 'expected bool, but got string'],
    ['nil', 1, 'expected bool, but got <nil>'],
    ['default(result, 0) > 10', null, false],
    ['default(result, 0) < 10', 3, true],
    ['results[0] >= 90.000000', 1, 'unknown name results'],
    ['result == "ok"', 1, 'invalid operation: == (mismatched types float64 and string)'],
    ['result == "ok"', 'ok', true],
    ["result == 'true'", 'true', true],
    ['result < "b"', 'a', true],
    ['reslut > 1', 1, 'unknown name reslut'],
    ['true || reslut > 1', 1, 'unknown name reslut'],
    ['successes > 1', { successes: 2 }, 'unknown name successes'],
    ['result && true', 1, 'invalid operation: && (mismatched types float64 and bool)'],
    ['result.errors < 1', 1, 'type float64 has no field errors'],
    ['result[0] < 1', 1, 'type float64[int] is undefined'],
    ['isNaN("x")', 1, 'cannot use string as argument (type float64) to call isNaN '],
    ['isNaN(nil)', 1, 'cannot use nil as argument (type float64) to call isNaN'],
    ['isNaN(1)', 1, false],
    ['isNaN()', 1, 'not enough arguments to call isNaN'],
    ['isNaN(result, 1)', 1, 'too many arguments to call isNaN'],
    ['1 / 2 == 0.5', 0, true],
    ['7 % 4 == 3', 0, true],
    ['7 % 0 == 3', 0, 'integer divide by zero'],
    ['result % 2 == 0', 4, 'invalid operation: % (mismatched types float64 and int)'],
    ['2 ** 3 ** 2 == 512', 0, true],
    ['2 ^ 10 == 1024', 0, true],
    ['-2 ^ 2 == -4', 0, true],
    ['9223372036854775807 + 1 < 0', 0, true],
    ['9223372036854775808 > 0', 0, 'integer literal is too large'],
    ['0x2A == 42 and 0o52 == 42 and 0b101010 == 42 and 1_000 == 1000', 0, true],
    ['.5 == 0.5 && 1e3 == 1000', 0, true],
    ['1 < result < 3', 2, true],
    ['1 < result < 3', 3, false],
    ['result in [1, 2, 3]', 2, true],
    ['result not in 1..3', 4, true],
    ['not (result > 1)', 1, true],
    ['!(result > 1) ? true : false', 1, true],
    ['if result > 1 { true } else if result > 0 { false } else { true }', 1, false],
    ['let limit = 5; result < limit', 4, true],
    ['let result = 5; true', 4, 'cannot redeclare result'],
    ['result ?? 1 > 0', 4, 'Operator (>) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.'],
    ['(result ?? 0) > 1', 4, true],
    ['(result ?? 0) > 1', null, false],
    ['result | round() == 3', 2.5, true],
    ['result |', 2.5, 'unexpected token EOF'],
    ['', 1, 'unexpected token EOF'],
    ['result >', 1, 'unexpected token EOF'],
    ['result > 1)', 1, 'unexpected token Bracket(")")'],
    ['result = 1', 1, 'unexpected token Operator("=")'],
    ['result > 1 // the comment', 2, true],
    ['/* before */ result > 1', 2, true],
    ['result /* open', 2, 'unclosed comment'],
    ['result == "open', 2, 'literal not terminated'],
    ['result ~ 1', 2, "unrecognized character: U+007E '~'"],
    ['10x > result', 2, 'bad number syntax: "10x"'],
    ['(result > 1', 2, 'unexpected token EOF'],
    ['$env["result"] == 2', 2, true],
    ['$env.reslut == 2', 2, 'unknown name reslut'],
  ])('%s of %o: %s', (expression, result, expected) => {
    expect(outcome(expression, result)).toBe(expected);
  });
});

describe('a condition on a list', () => {
  it.each<[string, unknown, boolean | string]>([
    ['result[0] < 5', [3], true],
    ['result[0] < 5', [], 'index out of range: 0 (array length is 0)'],
    ['len(result) == 0 || result[0] < 5', [], true],
    ['len(result) > 0 && result[0] >= 0.95', [], false],
    ['result[0] < 2 && len(result) == 2', [1, 2], true],
    ['result[-1] == 2', [1, 2], true],
    ['all(result, # < 1000)', [1, 2], true],
    ['max(result) < 0.05', [0.01, 0.2], false],
    ['max(result) < 0.05', [], 'invalid operation: <nil> < float64'],
    ['result[5] == 2', [1, 2], 'index out of range: 5 (array length is 2)'],
    ['result[-3] == 2', [1, 2], 'index out of range: -1 (array length is 2)'],
    ['result[0] == "a"', [1], 'invalid operation: == (mismatched types float64 and string)'],
    ['result.errors > 1', [1], 'array elements can only be selected using an integer (got string)'],
    ['result > 1', [1], 'invalid operation: > (mismatched types []float64 and int)'],
    ['result["a"] > 1', [1], 'array elements can only be selected using an integer (got string)'],
    ['all(result, {# < 5})', [1, 2], true],
    ['all(result, # < 5)', [1, 9], false],
    ['all(result, {# < 5})', [], true],
    ['any(result, {# < 5})', [], false],
    ['none(result, {isNaN(#)})', [1, 2], true],
    ['one(result, {# == 1})', [1, 2, 1], false],
    ['all(result, #)', [1], 'predicate should return boolean (got float64)'],
    ['all(1, # > 1)', [1], 'builtin all takes only array (got int)'],
    ['# > 1', [1], 'unexpected token Operator("#")'],
    ['count(result, {# > 1}) == 2', [1, 2, 3], true],
    ['count([true, false, true]) == 2', [], true],
    ['sum(result) / len(result) < 2.5', [1, 2, 3], true],
    ['sum([]) == 0 and mean([]) == 0 and median([]) == 0', [], true],
    ['mean(result) == 2 && median(result) == 2', [1, 2, 3], true],
    ['max(result) == 3 and min(result, -1) == -1', [1, 2, 3], true],
    ['map(result, # * 2) == [2, 4]', [1, 2], true],
    ['filter(result, {# > 1})[0] == 2', [1, 2], true],
    ['find(result, {# > 1}) == 2 and findIndex(result, {# > 5}) == nil', [1, 2], true],
    ['findLast(result, # < 3) == 2 and findLastIndex(result, # < 3) == 1', [1, 2], true],
    ['reduce(result, #acc + #, 0) == 6', [1, 2, 3], true],
    ['reduce(result, #acc + # * #index) == 9', [1, 2, 3], true],
    ['reduce([], #acc + #)', [], 'reduce of empty array with no initial value'],
    ['result[1:] == [2, 3] and result[:1] == [1] and result[-2:-1] == [2] and result[:] == result', [1, 2, 3], true],
    ['result[5:9] == []', [1, 2, 3], true],
    ['first(result) == 1 and last(result) == 3 and first([]) == nil', [1, 2, 3], true],
    ['get(result, 7) == nil and get(result, 0) == 1', [1, 2, 3], true],
    ['take(result, 2) == [1, 2]', [1, 2, 3], true],
    ['reverse(result) == [3, 2, 1] and sort(result, "desc") == [3, 2, 1]', [1, 2, 3], true],
    ['sortBy(result, -#)[0] == 3 and sortBy(result, #, "desc")[0] == 3', [1, 2, 3], true],
    ['uniq(concat(result, result)) == result', [1, 2, 3], true],
    ['flatten([result, [[4]]]) == [1, 2, 3, 4]', [1, 2, 3], true],
    ['result == [1, 2]', [1, 2], true],
    ['2 in result and not (5 in result)', [1, 2], true],
    ['"a" in result', [1, 2], 'cannot use string as type float64 in array'],
    [
      'result ?? [] == []',
      null,
      'Operator (==) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.',
    ],
    ['len(1) > 1', [1], 'invalid argument for len (type int)'],
    ['len(result) > 2000000 || len(1..2000000) > 0', [1], 'memory budget exceeded'],
    ['all(1..1000, {all(1..1000, {all(1..1000, {true})})})', [1], 'the expression needs more than 2000000 steps'],
    ['all(1..1000, {len(1..1000) > 0})', [1], 'memory budget exceeded'],
    ['let r = 1..900; all(r, {all(r, {all(r, {true})})})', [1], 'the expression needs more than 2000000 steps'],
    ['let r = 1..100000; all(r, {# in r})', [1], 'the expression needs more than 2000000 steps'],
    ['len(repeat("ab", 1000000)) > 1', [1], 'memory budget exceeded'],
    [
      'len(reduce(1..5000, [#acc])) == 1 and string(reduce(1..50000, [#acc])) == ""',
      [1],
      'the expression is too complex: Maximum call stack size exceeded',
    ],
  ])('%s of %o: %s', (expression, result, expected) => {
    expect(outcome(expression, result, 'float64')).toBe(expected);
  });
});

describe('a condition on JSON', () => {
  const rows = [
    { host: 'a', errorRate: 0.01 },
    { host: 'b', errorRate: 0.2 },
  ];
  it.each<[string, unknown, boolean | string]>([
    ['result.successRate >= 0.95', { successRate: 0.99 }, true],
    ['result["successRate"] >= 0.95', { successRate: 0.99 }, true],
    ['result.missing == nil', {}, true],
    ['result.missing > 1', {}, 'invalid operation: <nil> > int'],
    ['result.a.b', {}, 'cannot fetch b from <nil>'],
    ['result?.a?.b == nil', {}, true],
    ['result?.a.b.c == nil', {}, 'cannot fetch b from <nil>'],
    ['result.a?.b.c == nil', {}, true],
    ['(result.a?.[0] ?? 7) == 7', {}, true],
    ['result.constructor == nil and result.__proto__ == nil', {}, true],
    ['result.ok', { ok: true }, true],
    ['result.ok && result.successPercent >= 0.90', { ok: true, successPercent: 0.95 }, true],
    ["result.major == '1'", { major: '1' }, true],
    ['result.Status == -1', { Status: -1 }, true],
    ["result == 'It worked!'", 'It worked!', true],
    ['result == true', true, true],
    ["result.Name() == 'hi'", true, 'type bool has no method Name'],
    ['2 in result', { a: 1 }, 'cannot use int as type string in map key'],
    [
      'all(result.service_apdex.values.values, {asFloat(.value) >= 9900})',
      { service_apdex: { values: { values: [{ value: '9910' }, { value: 9950 }] } } },
      true,
    ],
    ['len(result[0].Values) >= 5 and all(result[0].Values, {# <= 0.01})', [{ Values: [0.01, 0, 0, 0, 0] }], true],
    ['result.ok', { ok: 'yes' }, 'expected bool, but got string'],
    ['result.ok && true', { ok: 'yes' }, 'interface conversion: interface {} is string, not bool'],
    ['result.n == 3 and result.s == "x" and result.n != result.s', { n: 3, s: 'x' }, true],
    ['result.n > "a"', { n: 3 }, 'invalid operation: float64 > string'],
    ['all(result, .errorRate < 0.1)', rows, false],
    ['any(result, {.host == "b" && .errorRate > 0.1})', rows, true],
    ['map(result, .host) | join(",") == "a,b"', rows, true],
    ['groupBy(result, .host)["a"][0].errorRate == 0.01', rows, true],
    ['"successRate" in result', { successRate: 1 }, true],
    ['1 in result', {}, 'cannot use int as type string in map key'],
    ['len(result) == 2 and sort(keys(result)) == ["a", "b"] and sum(values(result)) == 3', { a: 1, b: 2 }, true],
    ['fromPairs(toPairs(result)) == result', { a: 1, b: 2 }, true],
    ['result.code in [200, 201] && result.text matches "^o[k]$"', { code: 200, text: 'ok' }, true],
    ['result.text not matches "(?i)FAIL"', { text: 'no failure' }, false],
    ['result.text matches "("', { text: 'x' }, 'error parsing regexp: missing closing ): `(`'],
    ['result.text contains "b" and result.text startsWith "a" and result.text endsWith "c"', { text: 'abc' }, true],
    ['upper(trim(result)) == "OK" and lower("OK") == "ok"', ' ok ', true],
    ['split("a,b,c", ",") == ["a", "b", "c"] and split("a,b,c", ",", 2)[1] == "b,c"', 0, true],
    ['splitAfter("a,b", ",")[0] == "a," and replace("aaa", "a", "b", 2) == "bba"', 0, true],
    ['trimPrefix("v1", "v") == "1" and trimSuffix("1s", "s") == "1" and trim("__a_", "_") == "a"', 0, true],
    [
      'indexOf("abab", "b") == 1 and lastIndexOf("abab", "b") == 3 and hasPrefix("ab", "a") and hasSuffix("ab", "b")',
      0,
      true,
    ],
    ['fromJSON(result).a == 1', '{"a": 1}', true],
    ['toJSON({b: [1, 2.5], a: nil}) == "{\\n  \\"a\\": null,\\n  \\"b\\": [\\n    1,\\n    2.5\\n  ]\\n}"', 0, true],
    ['fromBase64(toBase64("hé")) == "hé"', 0, true],
    ['string(result) == "map[a:1 b:[x <nil>]]"', { b: ['x', null], a: 1 }, true],
    [
      'string(0.00001) == "1e-05" and string(1000000.0) == "1e+06" and string(123456.5) == "123456.5" and string(1.0) == "1"',
      0,
      true,
    ],
    ['int("12") == 12 and float("1.5") == 1.5 and int(1.9) == 1', 0, true],
    ['int("x") == 1', 0, 'invalid operation: int(x)'],
    ['abs(-3) == 3 and ceil(1.2) == 2 and floor(1.8) == 1 and round(-2.5) == -3', 0, true],
    [
      'type(1) == "int" and type(1.0) == "float" and type(nil) == "nil" and type([]) == "array" and type({}) == "map"',
      0,
      true,
    ],
    [
      'bitand(6, 3) == 2 and bitor(6, 3) == 7 and bitxor(6, 3) == 5 and bitshl(1, 70) == 0 and bitnot(0) == -1',
      0,
      true,
    ],
    ['duration("1h").Minutes() == 60 and duration("90s") > duration("1m")', 0, true],
    ['now().Hour() == 10 and now().Weekday() == 6 and (now() - duration("24h")).Day() == 31', 0, true],
    ['now().In(timezone("America/New_York")).Hour() == 6', 0, true],
    ['date("2026-08-01") < now() and date("2026-08-01T10:30:15Z") == now()', 0, true],
    ['date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC") - duration("1h") < now()', 0, true],
    [
      'date("Mon, 14 Aug 2023 00:00:00 GMT") == date("2023-08-14") && date("14.8.2023", "2.1.2006") == date("2023-08-14")',
      0,
      true,
    ],
    ['date("2023-08-14T01:00:00.5+01:00").Unix() == 1691971200', 0, true],
    ['date("2023-08-14", "2006-01-02", "Europe/Berlin").Unix() == 1691964000', 0, true],
    ['date("31.2.2023", "2.1.2006") < now()', 0, 'invalid date 31.2.2023'],
    ['date("yesterday") < now()', 0, 'invalid date yesterday'],
    ['timezone("Mars/Olympus") == nil', 0, 'unknown time zone Mars/Olympus'],
    ['len("héllo") == 5 and "abc"[1:] == "bc"', 0, true],
    ['"abc"[0] == 97', 0, 'type string[int] is undefined'],
    ['b"\\xff\\x00"[0] == 255', 0, true],
    ['`a\\b` == "a\\\\b" and \'it\\\'s\' == "it\'s" and "\\u00e9" == "é"', 0, true],
    ['{a: 1, "b": 2, (string(3)): 3} == {"a": 1, "b": 2, "3": 3}', 0, true],
    [
      '{: 1}',
      0,
      'a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses (unexpected token Operator(":"))',
    ],
    ['1; 2; true', 0, true],
    ['result() > 1', {}, 'map[string]interface {} is not callable'],
    ['result.x() > 1', {}, 'invalid operation: cannot call nil'],
    ['foo(1)', {}, 'unknown name foo'],
    ['result > 1', 3n, true],
    ['result[0].Values[0] <= 0.01', [{ Id: 'a', Values: [0.001] }], true],
    ['all(result[0].Values, {# <= 0.01})', [{ Id: 'a', Values: [] }], true],
  ])('%s of %o: %s', (expression, result, expected) => {
    expect(outcome(expression, result)).toBe(expected);
  });
});

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

describe('a time expression', () => {
  it.each<[string, number | string]>([
    ['now()', now],
    ['now() - duration("1h")', now - 3_600_000],
    ['isNaN(1) ? now() : date("2026-08-01")', 1_785_542_400_000],
    ['1', 'expected time.Time, but got int'],
    ['result', 'unknown name result'],
  ])('%s: %s', (expression, expected) => {
    const answer = evaluateTime(expression, now);
    expect(answer.ok ? answer.value : answer.message).toBe(expected);
  });
});

describe('problemOfCondition', () => {
  it.each<[string, string | undefined]>([
    ['result[0] < 5', undefined],
    ['result.x > 1 && all(result, {# < 5})', undefined],
    ['result >', 'unexpected token EOF'],
    ['resutl > 1', 'unknown name resutl'],
    ['1 == "a"', 'invalid operation: == (mismatched types int and string)'],
  ])('of %s is %s', (expression, problem) => {
    expect(problemOfCondition(expression)).toBe(problem);
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
