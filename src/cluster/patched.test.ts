import { describe, expect, it } from 'vitest';
import { fieldPatch } from './field-patch.ts';
import { patched } from './patched.ts';

const live = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'test', name: 'web', resourceVersion: '7', labels: { 'a/b': 'c' } },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
};

describe('a patched object', () => {
  it('has the fields that a field patch gives it, and keeps the others', () => {
    const patch = fieldPatch(live, [
      { path: ['metadata', 'labels', 'a/b'], value: 'd' },
      { path: ['metadata', 'annotations', 'x~y'], value: 'z' },
      { path: ['spec', 'selector'], value: undefined },
      { path: ['spec', 'ports', '0', 'port'], value: 81 },
      { path: ['spec', 'ports', '1'], value: { name: 'more' } },
    ]);
    expect(patch && patched(live, patch)).toEqual({
      ...live,
      metadata: { ...live.metadata, labels: { 'a/b': 'd' }, annotations: { 'x~y': 'z' } },
      spec: { ports: [{ name: 'http', port: 81 }, { name: 'more' }] },
    });
  });

  it('is of the version that the patch is for', () => {
    const body = { metadata: { resourceVersion: '6', labels: null } };
    expect(patched(live, { type: 'merge', body }).metadata).toEqual({
      namespace: 'test',
      name: 'web',
      resourceVersion: '6',
    });
    const json = fieldPatch({ ...live, metadata: { ...live.metadata, resourceVersion: '6' } }, [
      { path: ['spec', 'type'], value: 'ClusterIP' },
    ]);
    expect(json && patched(live, json).metadata.resourceVersion).toBe('6');
  });
});
