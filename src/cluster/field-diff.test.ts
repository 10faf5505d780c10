import { expect, it } from 'vitest';
import { fieldChanges } from './field-diff.ts';
import { withField } from './field-patch.ts';

it.each<[string, object, object, object[]]>([
  ['nothing differs', { a: [{ b: 1 }] }, { a: [{ b: 1 }] }, []],
  ['only nothing came', { a: 1 }, { a: 1, labels: {}, list: [], none: null }, []],
  ['a field differs', { a: { b: 1, c: 2 } }, { a: { b: 3, c: 2 } }, [{ path: ['a', 'b'], value: 3 }]],
  ['a field is gone', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, [{ path: ['a', 'b'], value: undefined }]],
  ['a field is new', { a: {} }, { a: { b: { c: 1 } } }, [{ path: ['a', 'b'], value: { c: 1 } }]],
  [
    'an item of a list differs',
    { a: [{ b: 1 }, { b: 2 }] },
    { a: [{ b: 1 }, { b: 3 }] },
    [{ path: ['a', '1', 'b'], value: 3 }],
  ],
  ['a list has grown', { a: [1] }, { a: [1, 2] }, [{ path: ['a'], value: [1, 2] }]],
])('field changes when %s', (_, before, after, wanted) => {
  const changes = fieldChanges(before, after);
  expect(changes).toEqual(wanted);
  const changed = changes.reduce<unknown>((object, { path, value }) => withField(object, path, value), before);
  expect(fieldChanges(changed, after)).toEqual([]);
});
