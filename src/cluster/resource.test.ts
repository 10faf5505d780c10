/** Paths of kinds, namespaces, objects and subresources. */
import { describe, expect, it } from 'vitest';
import { apiVersionOf, canaries, deployments, keyOf, namespaces, pathOf, refOfKey, services } from './resource.ts';

describe('pathOf', () => {
  it.each([
    ['all objects of a kind', pathOf(services), '/api/v1/services'],
    ['a namespace', pathOf(deployments, { namespace: 'test' }), '/apis/apps/v1/namespaces/test/deployments'],
    ['one object', pathOf(services, { namespace: 'test', name: 'web' }), '/api/v1/namespaces/test/services/web'],
    [
      'a subresource',
      pathOf(canaries, { namespace: 'test', name: 'web' }, 'status'),
      '/apis/flagger.app/v1beta1/namespaces/test/canaries/web/status',
    ],
    ['a cluster-scoped object', pathOf(namespaces, { name: 'test' }), '/api/v1/namespaces/test'],
  ])('addresses %s', (_, path, wanted) => {
    expect(path).toBe(wanted);
  });

  it.each(['', '.', '..', '../secrets', 'a/b', 'a%2fb'])(
    'refuses the name "%s", which would leave its segment',
    (name) => {
      expect(() => pathOf(services, { namespace: 'test', name })).toThrow(`Cannot address "${name}"`);
    },
  );

  it('refuses one object of a namespaced kind without a namespace', () => {
    expect(() => pathOf(services, { name: 'web' })).toThrow('no namespace is given');
  });
});

it('gives apiVersion as objects spell it', () => {
  expect([apiVersionOf(services), apiVersionOf(deployments)]).toEqual(['v1', 'apps/v1']);
});

it.each(['test/web', 'web'])('turns the key %s into a ref and back', (key) => {
  expect(keyOf(refOfKey(key))).toBe(key);
});
