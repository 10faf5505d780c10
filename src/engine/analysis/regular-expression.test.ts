import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegularExpression } from './regular-expression.ts';

function found(pattern: string, text: string): boolean | string {
  const compiled = compileRegularExpression(pattern);
  return compiled.ok ? compiled.test(text) : compiled.message;
}

describe('compileRegularExpression', () => {
  it.each([
    ['est', 'my-test', true],
    ['^test.*', 'my-test', false],
    ['a|^b$', 'b', true],
    ['a{2,3}$', 'baa', true],
    ['^a{2}$', 'aaa', false],
    ['^(?:ab)+$', 'ababab', true],
    ['(?i)ABC', 'xabcx', true],
    ['(?i:A)b', 'ab', true],
    ['(?P<name>x)(?<other>y)', 'xy', true],
    ['[^a-c]', 'abc', false],
    ['[[:digit:]_-]+$', 'a-1', true],
    ['[]x]', ']', true],
    ['\\d+\\.\\d', 'v1.2', true],
    ['\\bweb\\b', 'my web app', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['(?m)^b$', 'a\nb\nc', true],
    ['\\Qa.b\\E', 'axb', false],
    ['\\x41\\u', 'A', 'error parsing regexp: invalid escape sequence: `\\u`'],
    ['^\\pL+$', 'äé', true],
    ['x{,2}', 'x{,2}', true],
    ['(a*)*b', 'aaac', false],
    ['', '', true],
    ['*', '', 'error parsing regexp: missing argument to repetition operator: `*`'],
    ['a**', '', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['(a', '', 'error parsing regexp: missing closing ): `(a`'],
    ['a)', '', 'error parsing regexp: unexpected ): `a)`'],
    ['[a', '', 'error parsing regexp: missing closing ]: `[a`'],
    ['[z-a]', '', 'error parsing regexp: invalid character class range: `z-a`'],
    ['a{1001}', '', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['(?=a)', '', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['\\', '', 'error parsing regexp: trailing backslash at end of expression: ``'],
  ])('%s in %j: %s', (pattern, text, expected) => {
    expect(found(pattern, text)).toBe(expected);
  });

  it('finds what JavaScript finds', () => {
    const pieces = constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '(a|b)',
      '(?:ab)',
      'a*',
      'b+',
      'a?',
      '(ab)*',
      'a{2}',
      '^',
      '$',
      '|',
      '\\w',
      '\\b',
    );
    const texts = array(constantFrom('a', 'b', '-', '\n'), { maxLength: 8 }).map((parts) => parts.join(''));
    assert(
      property(array(pieces, { maxLength: 6 }), texts, (parts, text) => {
        const pattern = parts.join('');
        expect(found(pattern, text)).toBe(new RegExp(pattern).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});
