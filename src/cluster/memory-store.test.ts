/** What readers of a store see, and what its handlers are told. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { MemoryStore, isNewer } from './memory-store.ts';

const object = (name: string, version: string, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'test', name, resourceVersion: version, ...metadata },
});

function start(objects: readonly KubeObject[] = [], version = '10', options = {}) {
  const store = new MemoryStore(options);
  store.swap(objects, version);
  const changes: string[] = [];
  store.onChange((before, after) => {
    changes.push(`${before?.metadata.resourceVersion ?? '-'}>${after?.metadata.resourceVersion ?? '-'}`);
  });
  changes.length = 0;
  const versionOf = (name: string) => store.get({ namespace: 'test', name })?.metadata.resourceVersion;
  return { store, changes, versionOf };
}

describe('a store', () => {
  it('is ready after the first list, and tells a new handler of what is there', async () => {
    const store = new MemoryStore();
    expect(store.isReady).toBe(false);
    store.swap([object('a', '1')], '1');
    await store.ready;
    const seen: unknown[] = [];
    store.onChange((before, after) => seen.push(before, after?.metadata.name));
    expect(seen).toEqual([undefined, 'a']);
  });

  it('strips managed fields and, if asked to, the last applied configuration', () => {
    const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'kept' };
    const given = object('a', '1', { managedFields: [{}], annotations: applied });
    expect(start([given]).store.list()[0]?.metadata).toMatchObject({ annotations: applied });
    expect(start([given], '10', { dropLastApplied: true }).store.list()[0]?.metadata).toEqual({
      namespace: 'test',
      name: 'a',
      resourceVersion: '1',
      annotations: { mine: 'kept' },
    });
    expect(given.metadata['managedFields']).toEqual([{}]);
  });

  it('finds objects by namespace and by index, also after they changed', () => {
    const { store } = start([object('a', '1', { labels: { app: 'x' } }), object('b', '2', { namespace: 'other' })]);
    store.addIndex('app', ({ metadata }) => Object.values(metadata.labels ?? {}));
    const names = (objects: Iterable<KubeObject>) => [...objects].map(({ metadata }) => metadata.name);
    expect(names(store.list('other'))).toEqual(['b']);
    expect(names(store.byIndex('app', 'x'))).toEqual(['a']);
    store.put(object('a', '11', { labels: { app: 'y' } }));
    expect([names(store.byIndex('app', 'x')), names(store.byIndex('app', 'y'))]).toEqual([[], ['a']]);
    store.drop(object('a', '12'));
    expect(names(store.byIndex('app', 'y'))).toEqual([]);
    expect(() => store.byIndex('owner', 'x')).toThrow('Cannot read index "owner": the store has only "app"');
  });

  it('goes on when a handler throws', () => {
    const errors: unknown[] = [];
    const { store, changes } = start([], '10', { onHandlerError: (error: unknown) => errors.push(error) });
    store.onChange(() => {
      throw new Error('bug');
    });
    store.put(object('a', '11'));
    expect([errors.length, changes]).toEqual([1, ['->11']]);
  });

  it('shows a change to readers before it tells handlers', () => {
    const { store } = start();
    let seen: string | undefined;
    store.onChange(() => {
      seen = store.get({ namespace: 'test', name: 'a' })?.metadata.resourceVersion;
    });
    store.put(object('a', '11'));
    expect(seen).toBe('11');
  });
});

describe('an object never gets older', () => {
  it('by an answer that comes after the watch', () => {
    const { store, changes, versionOf } = start([object('a', '5')]);
    store.put(object('a', '12'));
    store.learn(object('a', '11'));
    expect([versionOf('a'), changes]).toEqual(['12', ['5>12']]);
  });

  it('by the watch that comes after an answer; the same version is told once', () => {
    const { store, changes, versionOf } = start([object('a', '5')]);
    store.learn(object('a', '12'));
    store.put(object('a', '11'));
    store.put(object('a', '12'));
    expect([versionOf('a'), changes]).toEqual(['12', ['5>12']]);
  });

  it('and does not come back by an answer that comes after its deletion', () => {
    const { store, versionOf } = start([object('a', '5')]);
    store.drop(object('a', '12'));
    store.learn(object('a', '11'));
    expect(versionOf('a')).toBeUndefined();
  });

  it('and is not deleted by the end of its last incarnation', () => {
    const { store, versionOf } = start([object('a', '5')]);
    store.learn(object('a', '13'));
    store.drop(object('a', '12'));
    expect(versionOf('a')).toBe('13');
  });

  it('and does not disappear by a list that is older than an own write', () => {
    const { store, changes, versionOf } = start([object('a', '5'), object('gone', '6')]);
    store.learn(object('new', '25'));
    store.swap([object('a', '5')], '20');
    expect(versionOf('new')).toBe('25');
    expect(changes).toEqual(['->25', '6>-']);
  });

  it('of which nothing is known is not learned when it does not belong here', () => {
    const { store, versionOf } = start([], '10', { holds: () => false });
    store.learn(object('a', '11'));
    expect(versionOf('a')).toBeUndefined();
  });
});

it('tells only real differences of a relist', () => {
  const { store, changes } = start([object('same', '1'), object('changed', '2'), object('gone', '3')]);
  store.swap([object('same', '1'), object('changed', '20'), object('new', '21')], '30');
  expect(changes).toEqual(['2>20', '->21', '3>-']);
});

it('follows an API server whose versions went back, and tells what differs', () => {
  const { store, changes, versionOf } = start([object('same', '5'), object('older', '6'), object('gone', '7')]);
  store.put(object('older', '90'));
  store.put(object('new', '95'));
  store.learn(object('written', '99'));
  store.put(object('forked', '18'));
  changes.length = 0;
  store.swap([object('same', '5'), object('older', '6'), object('forked', '18', { uid: 'other' })], '20');
  expect(changes).toEqual(['90>6', '18>18', '7>-', '95>-', '99>-']);
  store.put(object('older', '21'));
  store.learn(object('late', '22'));
  expect([versionOf('older'), versionOf('late')]).toEqual(['21', '22']);
});

it.each([
  ['10', '9', true],
  ['9', '10', false],
  ['9', '9', false],
  ['9007199254740993', '9007199254740992', true],
  ['abc', '1', false],
])('isNewer(%s, %s) is %s', (a, b, wanted) => {
  expect(isNewer(a, b)).toBe(wanted);
});
