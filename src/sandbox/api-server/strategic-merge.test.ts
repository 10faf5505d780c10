import { describe, expect, it } from 'vitest';
import { shapes } from './built-in-shapes.ts';
import { strategicMerge } from './strategic-merge.ts';

const pod = (spec: object): object => ({ spec });
const merge = (before: object, patch: object): unknown => strategicMerge(shapes.pod, pod(before), pod(patch));

describe('strategic merge', () => {
  it.each([
    [
      'merges containers by name and keeps the rest',
      { containers: [{ name: 'a', image: '1', env: [{ name: 'X', value: '1' }] }, { name: 'b' }] },
      { containers: [{ name: 'a', image: '2' }] },
      { containers: [{ name: 'a', image: '2', env: [{ name: 'X', value: '1' }] }, { name: 'b' }] },
    ],
    [
      'deletes an item',
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [{ name: 'b' }] },
    ],
    [
      'replaces a list',
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { containers: [{ name: 'c' }, { $patch: 'replace' }] },
      { containers: [{ name: 'c' }] },
    ],
    [
      'orders items as told',
      { containers: [{ name: 'a' }, { name: 'b' }] },
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', image: '2' }] },
      { containers: [{ name: 'b', image: '2' }, { name: 'a' }] },
    ],
    [
      'retains the keys that are named',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] },
      { volumes: [{ name: 'v', hostPath: { path: '/x' } }] },
    ],
    [
      'replaces tolerations as a whole',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'b' }] },
      { tolerations: [{ key: 'b' }] },
    ],
    ['removes what is null', { nodeName: 'n', hostname: 'h' }, { nodeName: null }, { hostname: 'h' }],
  ])('%s', (_sentence, before, patch, after) => {
    expect(merge(before, patch)).toEqual(pod(after));
  });

  it('takes values out of primitive lists', () => {
    const before = { metadata: { finalizers: ['a', 'b'] } };
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], finalizers: ['c'] } };
    expect(strategicMerge(shapes.pod, before, patch)).toEqual({ metadata: { finalizers: ['b', 'c'] } });
  });
});
