import { describe, expect, it } from 'vitest';
import { Placeholders } from './normalise.ts';

const addresses = { metrics: 'http://metrics.sandbox', hooks: 'http://hooks.sandbox' };

function withSeen(): Placeholders {
  const placeholders = new Placeholders(addresses);
  const metadata = { name: 'x' };
  const canary = {
    lastAppliedSpec: '67d',
    trackedConfigs: { 'secret/b': 'b1', 'configmap/a': 'a1' },
    sessionAffinityCookie: 'fc=KjHxYz',
  };
  placeholders.seeObject({ apiVersion: 'v1', kind: 'Canary', metadata, status: canary });
  placeholders.seeObject({ apiVersion: 'v1', kind: 'Canary', metadata, status: { ...canary, lastAppliedSpec: '66f' } });
  const labels = { 'rollouts-pod-template-hash': 'db54d465d' };
  placeholders.seeObject({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web-db54d465d', labels } });
  placeholders.seeHook({ checksum: 'c9' });
  return placeholders;
}

describe('placeholders', () => {
  it.each([
    ['67d', 'spec1'],
    ['66f', 'spec2'],
    ['a1', 'config1'],
    ['b1', 'config2'],
    ['c9', 'checksum1'],
    ['fc=KjHxYz; Max-Age=300', 'fc=cookie1; Max-Age=300'],
    ['Created ReplicaSet web-db54d465d (revision 1)', 'Created ReplicaSet web-hash1 (revision 1)'],
    ['http://metrics.sandbox/api', '${metrics}/api'],
    ['id 3f2b8c1e-0a4d-4e5f-9b6a-7c8d9e0f1a2b', 'id <uid>'],
    ['at 2026-11-21T13:00:00.5Z', 'at <time>'],
    ['dial tcp 10.0.0.7:9090: connect: refused', 'dial tcp <host>: connect: refused'],
    [
      'waiting for rollout to finish: 0 out of 2 new replicas have been updated',
      'waiting for rollout to finish: <just begun>',
    ],
    [
      'waiting for rollout to finish: 1 out of 2 new replicas have been updated',
      'waiting for rollout to finish: 1 out of 2 new replicas have been updated',
    ],
    ['weight 67 of a1b', 'weight 67 of a1b'],
  ])('make %j into %j', (text, placeholder) => {
    expect(withSeen().text(text)).toBe(placeholder);
  });

  it('reach every text of a value', () => {
    const placeholders = withSeen();
    expect(placeholders.apply({ list: ['67d', 3], 'web-db54d465d': null })).toEqual({
      list: ['spec1', 3],
      'web-hash1': null,
    });
  });
});
