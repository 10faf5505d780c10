/** What counts as a change and what does not. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Patch } from './client.ts';
import { changes, mergePatch, sameMeaning } from './noop.ts';

const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'test', name: 'web', resourceVersion: '7', labels: { app: 'web' } },
  spec: {
    replicas: 2,
    template: {
      spec: {
        volumes: [{ name: 'tmp', emptyDir: {} }],
        containers: [
          { name: 'web', env: [{ name: 'X', value: '500m' }], resources: { limits: { cpu: '500m', memory: '1Gi' } } },
        ],
      },
    },
  },
};
const merge = (body: Record<string, unknown>): Patch => ({ type: 'merge', body });

describe('a merge patch', () => {
  it.each<[string, boolean, Patch]>([
    ['that says what is there', false, merge({ spec: { replicas: 2 } })],
    ['that says something else', true, merge({ spec: { replicas: 3 } })],
    ['that removes what is not there', false, merge({ metadata: { annotations: null } })],
    ['that removes what is there', true, merge({ metadata: { labels: null } })],
    ['that adds an empty map of labels', false, merge({ metadata: { annotations: {} } })],
    ['that adds an empty list', false, merge({ metadata: { finalizers: [] } })],
    ['on the version that is there', false, merge({ metadata: { resourceVersion: '7' }, spec: { replicas: 2 } })],
    ['on another version', true, merge({ metadata: { resourceVersion: '6' }, spec: { replicas: 2 } })],
  ])('%s: %s', (_, wanted, patch) => {
    expect(changes(live, patch)).toBe(wanted);
  });

  it('works as RFC 7386 says', () => {
    expect(mergePatch({ a: 'b', c: { d: 'e', f: 'g' } }, { a: 'z', c: { f: null } })).toEqual({
      a: 'z',
      c: { d: 'e' },
    });
    expect(mergePatch({ a: [1, 2] }, { a: [3] })).toEqual({ a: [3] });
    expect(mergePatch('text', { a: { b: null } })).toEqual({ a: {} });
  });
});

describe('a JSON patch', () => {
  it.each<[string, boolean, Extract<Patch, { type: 'json' }>['body']]>([
    ['that replaces with the same', false, [{ op: 'replace', path: '/spec/replicas', value: 2 }]],
    ['that replaces with something else', true, [{ op: 'replace', path: '/spec/replicas', value: 3 }]],
    [
      'that adds and removes again',
      false,
      [
        { op: 'add', path: '/metadata/labels/a~1b', value: 'c' },
        { op: 'remove', path: '/metadata/labels/a~1b' },
      ],
    ],
    ['that adds to a list', true, [{ op: 'add', path: '/spec/template/spec/volumes/-', value: { name: 'more' } }]],
    ['whose test holds', false, [{ op: 'test', path: '/metadata/resourceVersion', value: '7' }]],
    ['whose test fails', true, [{ op: 'test', path: '/metadata/resourceVersion', value: '6' }]],
    ['that does not fit', true, [{ op: 'remove', path: '/spec/paused' }]],
    [
      'that moves there and back',
      false,
      [
        { op: 'move', from: '/spec/replicas', path: '/spec/r' },
        { op: 'move', from: '/spec/r', path: '/spec/replicas' },
      ],
    ],
  ])('%s: %s', (_, wanted, body) => {
    expect(changes(live, { type: 'json', body })).toBe(wanted);
  });
});

describe('the same meaning', () => {
  it.each<[string, boolean, unknown, unknown]>([
    ['null and absent', true, { a: null }, {}],
    ['zero and absent', false, { replicas: 0 }, {}],
    ['an empty text and absent', false, { a: '' }, {}],
    ['an empty struct and absent', false, { emptyDir: {} }, {}],
    ['a selector of everything and none', false, { namespaceSelector: {} }, {}],
    ['no labels and absent', true, { labels: {} }, {}],
    ['500m and 0.5 of cpu', true, { limits: { cpu: '500m' } }, { limits: { cpu: '0.5' } }],
    ['1 and "1" of cpu', true, { requests: { cpu: 1 } }, { requests: { cpu: '1' } }],
    ['1Gi and 1024Mi of memory', true, { limits: { memory: '1Gi' } }, { limits: { memory: '1024Mi' } }],
    ['1G and 1Gi of memory', false, { limits: { memory: '1G' } }, { limits: { memory: '1Gi' } }],
    ['1e3 and 1k', true, { limits: { memory: '1e3' } }, { limits: { memory: '1k' } }],
    ['1.5Gi and 1536Mi', true, { limits: { memory: '1.5Gi' } }, { limits: { memory: '1536Mi' } }],
    ['500m and 0.5 of an environment variable', false, { env: [{ value: '500m' }] }, { env: [{ value: '0.5' }] }],
    ['1 and "1" of a port', false, { targetPort: 1 }, { targetPort: '1' }],
    ['an average of 100m and 0.1', true, { target: { averageValue: '100m' } }, { target: { averageValue: '0.1' } }],
    ['lists in another order', false, { args: ['a', 'b'] }, { args: ['b', 'a'] }],
  ])('%s: %s', (_, wanted, a, b) => {
    expect([sameMeaning(a, b), sameMeaning(b, a)]).toEqual([wanted, wanted]);
  });
});
