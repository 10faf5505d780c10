import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findAll } from './evaluator.ts';
import { JsonPathError } from './nodes.ts';
import { parseJsonPath } from './parser.ts';

const data = {
  kind: 'List',
  items: [
    { name: 'a', v: 1, labels: { 'app.io/x': 'one' }, on: true },
    { name: 'b', v: 20, labels: {}, on: false },
    { name: 'c', v: 3, labels: { 'app.io/x': 'three' }, on: true },
  ],
  matrix: [
    [1, 2],
    [3, 4],
  ],
  none: null,
  empty: [],
};
const find = (path: string): unknown => findAll(parseJsonPath(path), data).flat();

function errorOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a JSONPath of kubectl', () => {
  it.each<[string, readonly unknown[]]>([
    ['{$}', [data]],
    ['{@.kind}', ['List']],
    ['{.kind}', ['List']],
    ['{$.items[0].v}', [1]],
    ['{$.items[-1].v}', [3]],
    ['{.items[*].v}', [1, 20, 3]],
    ['{.items[0:2].v}', [1, 20]],
    ['{.items[-2:].v}', [20, 3]],
    ['{.items[::2].v}', [1, 3]],
    ['{.items[0,2].name}', ['a', 'c']],
    ["{.items[0]['name','v']}", ['a', 1]],
    ["{['kind']}", ['List']],
    ["{.items[0].labels['app\\.io/x']}", ['one']],
    ['{.items[0].labels.app\\.io/x}', ['one']],
    ['{.items[?(@.name=="b")].v}', [20]],
    ["{.items[?(@.name=='b')].v}", [20]],
    ['{.items[?(@.v>=3)].name}', ['b', 'c']],
    ['{.items[?(@.v != 20)].name}', ['a', 'c']],
    ['{.items[?(@.on==true)].name}', ['a', 'c']],
    ['{.items[?(@.labels.app\\.io/x)].name}', ['a', 'c']],
    ['{.items[?(@.name==")]")].v}', []],
    ['{..v}', [1, 20, 3]],
    ['{.matrix[*][1]}', [2, 4]],
    ['{.matrix.*}', data.matrix],
    ['{.none}', [null]],
    ['{.empty[0:0]}', []],
    ['{range .items[*]}{.name}={.v};{end}!', ['a', '=', 1, ';', 'b', '=', 20, ';', 'c', '=', 3, ';', '!']],
    ['{range .items[*]}{range .labels.*}{@}{end}{.v}{end}', ['one', 1, 20, 'three', 3]],
    ['{.kind}{"\\n"}', ['List', '\n']],
    ['plain', ['plain']],
    ['', []],
  ])('%s', (path, found) => expect(find(path)).toEqual(found));

  it.each([
    ['{.nothing}', 'nothing is not found'],
    ['{.kind[0]}', 'string is not array or slice'],
    ['{.items[0][0]}', 'map[string]interface {} is not array or slice'],
    ['{.items[7]}', 'array index out of bounds: index 7, length 3'],
    ['{.items[0:9]}', 'array index out of bounds: index 8, length 3'],
    ['{.items[2:1]}', 'starting index 2 is greater than ending index 1'],
    ['{.items[0:2:0]}', 'step must be > 0'],
    ['{.items[x]}', 'invalid array index x'],
    ['{.items[99999999999999999999]}', 'array index 99999999999999999999 is not a number'],
    ['{.items[0}', 'unterminated array'],
    ['{.items[?(@.v]}', 'unterminated filter'],
    ['{.items[?(@.v)}', 'unclosed array expect ]'],
    ['{.items[?(@.missing==1)]}', 'missing is not found'],
    ['{.items[?(@.name==1)]}', 'incompatible types for comparison'],
    ['{.items[?(@.labels==1)]}', 'invalid type for comparison'],
    ['{.items[?(@.on>true)]}', 'invalid type for comparison'],
    ['{.items[?(@.v=~"x")]}', 'incompatible types for comparison'],
    ['{.kind[?(@.v)]}', 'List is not array or slice and cannot be filtered'],
    ['{.kind', 'unclosed action'],
    ['{*}', "unrecognized character in action: U+002A '*'"],
    ['{....v}', 'invalid multiple recursive descent'],
    ['{kind}', 'unrecognized identifier kind'],
    ['{end}', 'not in range, nothing to end'],
    ['{"a}', 'unterminated quoted string'],
    ['{"\\q"}', 'unquote string "\\q" error invalid syntax'],
    ['{1.2.3}', 'cannot parse number 1.2.3'],
    ['x'.repeat(10_001), 'the path is longer than 10000 characters'],
    [`{${'[?('.repeat(100)}`, 'unterminated filter'],
  ])('refuses %s', (path, message) => expect(() => find(path)).toThrow(new JsonPathError(message)));

  it('does not look at more values than is sensible', () => {
    let deep: unknown = { a: 1 };
    for (let i = 0; i < 3_000; i++) deep = { a: deep };
    expect(() => findAll(parseJsonPath('{..a..a..a}'), deep)).toThrow('the path looks at more than 1000000 values');
  });

  it('finds every member that a path of fields and indexes leads to', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.infiniteStream(fc.nat()), (json, choices) => {
        let value: unknown = json;
        let path = '$';
        for (const choice of choices) {
          const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
          const [key, member] = members[choice % Math.max(1, members.length)] ?? [];
          if (key === undefined || (!Array.isArray(value) && !/^[^\\]+$/.test(key))) break;
          path += Array.isArray(value) ? `[${key}]` : `.${key.replaceAll(/./gsu, String.raw`\$&`)}`;
          value = member;
        }
        expect(findAll(parseJsonPath(`{${path}}`), json)).toEqual([[value]]);
      }),
    );
  });

  it('descends to every value that holds something', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        let holders = 0;
        JSON.stringify(json, (_, value: unknown) => {
          if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) holders++;
          return value;
        });
        expect(findAll(parseJsonPath('{..}'), json).flat()).toHaveLength(holders);
      }),
    );
  });

  it('throws nothing but its own error', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '.', '..', '[', ']', '[?(', ')]', '*', '@', '$', "'", '"', ',', ':', '-', '1', 'a'].concat([
        ' ',
        '\\',
        '==',
        '<',
        'range',
        'end',
        'true',
        '\n',
        '.items',
        '~',
        'é',
      ]),
    );
    const path = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(path, fc.jsonValue(), (text, json) => {
        const thrown = errorOf(() => {
          findAll(parseJsonPath(text), json);
          findAll(parseJsonPath(`{${text}}`), { items: [json, data] });
        });
        expect([undefined, 'JsonPathError']).toContain(thrown instanceof Error ? thrown.name : thrown);
      }),
      { numRuns: 3_000 },
    );
  });
});
