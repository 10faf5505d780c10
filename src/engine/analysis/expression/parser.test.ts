import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from './ast.ts';
import { ExpressionError } from './expression-error.ts';
import { parse } from './parser.ts';
import { print } from './printer.ts';

describe('parse', () => {
  it.each([
    ['1 + 2 * 3', '(1 + (2 * 3))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['2 ^ 3 ^ 2', '(2 ^ (3 ^ 2))'],
    ['-2 ^ 2', '(- (2 ^ 2))'],
    ['-a * b', '((- a) * b)'],
    ['not a and b', '((not a) and b)'],
    ['not a in b', '((not a) in b)'],
    ['a not in b', '(not (a in b))'],
    ['a or b and c == d + e', '(a or (b and (c == (d + e))))'],
    ['a < b <= c', '((a < b) && (b <= c))'],
    ['1..3 + 1', '(1 .. (3 + 1))'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['a ?: b', '(a ?: b)'],
    ['a | len() > 1', '(len(a) > 1)'],
    ['a | map(# + 1) | sum()', 'sum(map(a, {(# + 1)}))'],
    ['a?.b.c', 'a?.b.c'],
    ['a?.b["c"]', 'a?.b["c"]'],
    ['a["b"]["c d"][0]', 'a.b["c d"][0]'],
    ['filter(a, {.x > 1})', 'filter(a, {(#.x > 1)})'],
    ['let x = 1; x + 1', '(let x = 1; (x + 1))'],
    ['if a { b } else { c }', '(a ? b : c)'],
    ['::len(a)', 'len(a)'],
    ['x.Method(1)', 'x.Method(1)'],
    ['[1, 2.0, "x",]', '[1, 2.0, "x"]'],
  ])('%s is %s', (source, printed) => {
    expect(print(parse(source))).toBe(printed);
  });
});

const name = fc.constantFrom('result', 'a', 'foo_1', 'ünder');
const binaryOps = fc.constantFrom(
  'or',
  '&&',
  '==',
  '<',
  '>=',
  'in',
  'matches',
  'endsWith',
  '..',
  '+',
  '-',
  '/',
  '%',
  '**',
  '^',
  '??',
);

const { tree } = fc.letrec<{ tree: Node; leaf: Node; inner: Node }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom<Node>({ kind: 'nil' }, { kind: 'bool', value: true }),
    fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((value): Node => ({ kind: 'int', value })),
    fc
      .double({ min: 0, noNaN: true, noDefaultInfinity: true })
      .map((value): Node => ({ kind: 'float', value: Object.is(value, -0) ? 0 : value })),
    fc.string({ unit: 'grapheme' }).map((value): Node => ({ kind: 'string', value })),
    fc.array(fc.nat(255)).map((value): Node => ({ kind: 'bytes', value })),
    name.map((text): Node => ({ kind: 'name', name: text })),
  ),
  inner: fc.oneof(
    fc.record({ kind: fc.constant('unary' as const), op: fc.constantFrom('not', '!', '-', '+'), operand: tie('tree') }),
    fc.record({ kind: fc.constant('binary' as const), op: binaryOps, left: tie('tree'), right: tie('tree') }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(tie('tree'), { maxLength: 3 }) }),
    fc.record({
      kind: fc.constant('map' as const),
      pairs: fc.array(fc.record({ key: tie('tree'), value: tie('tree') }), { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('member' as const),
      object: tie('tree'),
      property: tie('tree'),
      optional: fc.constant(false),
    }),
    fc.record({ kind: fc.constant('slice' as const), object: tie('tree'), from: tie('tree'), to: tie('tree') }),
    fc.record({
      kind: fc.constant('builtin' as const),
      name: fc.constantFrom('len', 'max', 'concat'),
      args: fc.array(tie('tree'), { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('builtin' as const),
      name: fc.constantFrom('all', 'map', 'sortBy'),
      args: fc.tuple(
        tie('tree'),
        tie('tree').map((body): Node => ({
          kind: 'predicate',
          body: { kind: 'binary', op: '<', left: { kind: 'pointer', name: '' }, right: body },
        })),
      ),
    }),
    fc.record({ kind: fc.constant('let' as const), name, value: tie('tree'), body: tie('tree') }),
    fc.record({ kind: fc.constant('if' as const), condition: tie('tree'), yes: tie('tree'), no: tie('tree') }),
    fc.record({ kind: fc.constant('sequence' as const), items: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ object: name, field: fc.constantFrom('x', 'a b', 'not') }).map(({ object, field }): Node => ({
      kind: 'chain',
      body: {
        kind: 'member',
        object: { kind: 'name', name: object },
        property: { kind: 'string', value: field },
        optional: true,
      },
    })),
  ) as fc.Arbitrary<Node>, // the union of records is what a node is, but its members' literals are widened on the way
  tree: fc.oneof({ maxDepth: 5, depthIdentifier: 'tree' }, tie('leaf'), tie('inner')),
}));

describe('printing and reading', () => {
  it('gives the same tree', () => {
    fc.assert(
      fc.property(tree, (node) => {
        expect(parse(print(node))).toEqual(node);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads what it can read a second time as the same', () => {
    const parts = fc.constantFrom(
      'a',
      '1',
      '.b',
      '?.c',
      '[0]',
      '[1:]',
      '(',
      ')',
      '+',
      '<',
      'not',
      'in',
      '??',
      '?',
      ':',
      'all(',
      '#',
      ',',
      '{',
      '}',
      '| len()',
      '"x"',
      '-',
      ';',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 15 }), (words) => {
        const node = parsed(words.join(' '));
        expect(node && parse(print(node))).toEqual(node);
      }),
      { numRuns: 5000 },
    );
  });
});

function parsed(source: string): Node | undefined {
  try {
    return parse(source);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
