/** Field changes as patches. */
import { describe, expect, it } from 'vitest';
import { fieldPatch } from './field-patch.ts';
import { mergeDiff } from './merge-diff.ts';
import { mergePatch } from './merge-patch.ts';

const live = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'test', name: 'web', resourceVersion: '7', labels: { 'a/b': 'c' } },
  spec: { selector: { app: 'web' } },
};
const version = { op: 'replace', path: '/metadata/resourceVersion', value: '7' };

describe('a field patch', () => {
  it('is none when the fields have their values', () => {
    expect(fieldPatch(live, [{ path: ['spec', 'selector'], value: { app: 'web' } }])).toBeUndefined();
    expect(fieldPatch(live, [{ path: ['metadata', 'annotations', 'x'], value: undefined }])).toBeUndefined();
  });

  it('holds only for the version that it was decided on, and makes missing parents', () => {
    const patch = fieldPatch(live, [
      { path: ['metadata', 'labels', 'a/b'], value: 'd' },
      { path: ['metadata', 'annotations', 'x'], value: 'y' },
      { path: ['spec', 'selector'], value: undefined },
    ]);
    expect(patch).toEqual({
      type: 'json',
      body: [
        version,
        { op: 'replace', path: '/metadata/labels/a~1b', value: 'd' },
        { op: 'add', path: '/metadata/annotations', value: { x: 'y' } },
        { op: 'remove', path: '/spec/selector' },
      ],
    });
  });

  it('changes an element of a list in its place', () => {
    const listed = { ...live, spec: { ports: [{ name: 'http', port: 80 }] } };
    const patch = fieldPatch(listed, [
      { path: ['spec', 'ports', '0', 'port'], value: 81 },
      { path: ['spec', 'ports', '0', 'appProtocol'], value: 'h2c' },
      { path: ['spec', 'ports', '1'], value: { name: 'more' } },
    ]);
    expect(patch?.body).toEqual([
      version,
      { op: 'replace', path: '/spec/ports/0/port', value: 81 },
      { op: 'add', path: '/spec/ports/0/appProtocol', value: 'h2c' },
      { op: 'add', path: '/spec/ports/1', value: { name: 'more' } },
    ]);
  });

  it('makes a missing parent of two fields once', () => {
    const annotation = (key: string) => ({ path: ['metadata', 'annotations', key], value: key });
    const patch = fieldPatch(live, [annotation('x'), annotation('y')]);
    expect(patch?.body).toEqual([
      version,
      { op: 'add', path: '/metadata/annotations', value: { x: 'x' } },
      { op: 'add', path: '/metadata/annotations/y', value: 'y' },
    ]);
  });
});

it.each<[string, object, object, object | undefined]>([
  ['nothing differs', { a: { b: 1 } }, { a: { b: 1 } }, undefined],
  ['a field is gone', { a: 1, b: 2 }, { a: 1 }, { b: null }],
  ['a list differs', { a: [1, 2] }, { a: [1] }, { a: [1] }],
  ['something deep differs', { a: { b: { c: 1 }, d: 2 } }, { a: { b: { c: 3 }, d: 2 } }, { a: { b: { c: 3 } } }],
])('a merge diff when %s', (_, before, after, wanted) => {
  const diff = mergeDiff(before, after);
  expect(diff).toEqual(wanted);
  expect(mergePatch(before, diff ?? {})).toEqual(after);
});
