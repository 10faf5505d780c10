/** What a watcher makes of everything that can happen to a list and a watch. */
import { afterEach, describe, expect, it } from 'vitest';
import { handClock } from './hand-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { configMaps } from './resource.ts';
import { type ScriptedTransport, list, scriptedTransport, status } from './scripted-transport.ts';
import { ConnectionError } from './transport.ts';
import { type WatchEvent, watch } from './watcher.ts';

const configMap = (name: string, version: string, data: object = {}) => ({
  metadata: { namespace: 'test', name, uid: name, resourceVersion: version },
  data,
});

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** A watcher that fills a store, as `stores.ts` does it. */
function start(prepare: (api: ScriptedTransport) => void) {
  const time = handClock();
  const api = scriptedTransport();
  const abort = new AbortController();
  const store = new MemoryStore();
  const troubles: (WatchEvent & { type: 'trouble' })[] = [];
  const changes: string[] = [];
  ends.push(() => abort.abort());
  prepare(api);
  store.onChange((before, after) => {
    const change = before === undefined ? '+' : after === undefined ? '-' : '~';
    changes.push(`${change}${(after ?? before)?.metadata.name ?? ''}`);
  });
  const run = async (): Promise<void> => {
    const options = {
      transport: api,
      clock: time.clock,
      random: () => 0.5,
      selection: { resource: configMaps },
      signal: abort.signal,
    };
    for await (const event of watch(options)) {
      if (event.type === 'trouble') troubles.push(event);
      else if (event.type === 'swap') store.swap(event.objects, event.version);
      else if (event.type === 'mark') store.mark(event.version);
      else store[event.type](event.object);
    }
  };
  const done = run();
  const open = (): NonNullable<(typeof api.watches)[number]> => {
    const last = api.watches.at(-1);
    if (last === undefined) throw new Error('No watch is open');
    return last;
  };
  return { ...time, api, store, troubles, changes, open, abort, done };
}

const names = (store: MemoryStore) => store.list().map(({ metadata }) => metadata.name);

describe('a list', () => {
  it('is read in pages and shown at once', async () => {
    const world = start((api) =>
      api.answer(list('9', [configMap('a', '1')], 'more'), list('9', [configMap('b', '2')])),
    );
    await world.pass(0);
    expect(world.api.requests.map(({ query }) => [query?.['limit'], query?.['continue']])).toEqual([
      ['500', undefined],
      ['500', 'more'],
    ]);
    expect(names(world.store)).toEqual(['a', 'b']);
    expect(world.open().query).toMatchObject({
      resourceVersion: '9',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '320',
    });
  });

  it('gives items of built-in kinds the apiVersion and kind that lists leave out', async () => {
    const world = start((api) => api.answer(list('9', [configMap('a', '1')])));
    await world.pass(0);
    expect(world.store.get({ namespace: 'test', name: 'a' })).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  });

  it('that fails with 500 is asked for again after a back-off that grows', async () => {
    const world = start((api) => api.answer(status(500), status(500), list('9', [configMap('a', '1')])));
    await world.pass(799);
    expect(world.api.requests).toHaveLength(1);
    await world.pass(1);
    expect(world.api.requests).toHaveLength(2);
    await world.pass(1_600);
    expect(names(world.store)).toEqual(['a']);
    expect(world.troubles.map(({ trouble, wakeIn }) => [trouble, wakeIn])).toEqual([
      ['list-failed', 800],
      ['list-failed', 1_600],
    ]);
  });

  it('waits as long as Retry-After says', async () => {
    const world = start((api) => api.answer(status(429, 'TooManyRequests', 'slow down', 7), list('9', [])));
    await world.pass(7_000);
    expect(world.api.requests).toHaveLength(1);
    await world.pass(800);
    expect(world.api.requests).toHaveLength(2);
  });

  it('that expires half-way starts over and shows nothing of the first attempt', async () => {
    const world = start((api) =>
      api.answer(
        list('9', [configMap('gone', '1')], 'more'),
        status(410, 'Expired'),
        list('20', [configMap('b', '2')]),
      ),
    );
    await world.pass(1_000);
    expect(world.api.requests.map(({ query }) => query?.['continue'])).toEqual([undefined, 'more', undefined]);
    expect(world.changes).toEqual(['+b']);
  });

  it('goes on with the page where the connection broke', async () => {
    const world = start((api) =>
      api.answer(
        list('9', [configMap('a', '1')], 'more'),
        new ConnectionError('reset'),
        list('9', [configMap('b', '2')]),
      ),
    );
    await world.pass(1_000);
    expect(world.api.requests.map(({ query }) => query?.['continue'])).toEqual([undefined, 'more', 'more']);
    expect(names(world.store)).toEqual(['a', 'b']);
  });

  it('of a kind that is not served is empty, until it is served', async () => {
    const world = start((api) => api.answer(status(404), list('9', [configMap('a', '1')])));
    await world.store.ready;
    expect(names(world.store)).toEqual([]);
    await world.pass(1_000);
    expect(names(world.store)).toEqual(['a']);
  });
});

describe('a watch', () => {
  const listed = (api: ScriptedTransport) => api.answer(list('9', [configMap('a', '1'), configMap('b', '2')]));

  it('brings changes and deletions', async () => {
    const world = start(listed);
    await world.pass(0);
    world.open().line('ADDED', configMap('c', '10'));
    world.open().line('MODIFIED', configMap('a', '11'));
    world.open().line('DELETED', configMap('b', '12'));
    await world.pass(0);
    expect(world.changes).toEqual(['+a', '+b', '+c', '~a', '-b']);
  });

  it('that is reset goes on from the last version, without a list', async () => {
    const world = start(listed);
    await world.pass(0);
    world.open().line('ADDED', configMap('c', '10'));
    world.open().reset();
    await world.pass(1_000);
    expect(world.api.requests).toHaveLength(1);
    expect(world.open().query['resourceVersion']).toBe('10');
    expect(world.troubles.map(({ trouble }) => trouble)).toEqual(['watch-broken']);
  });

  it('resumes from the version of a bookmark', async () => {
    const world = start(listed);
    await world.pass(0);
    world.open().line('BOOKMARK', { metadata: { resourceVersion: '500' } });
    world.open().reset();
    await world.pass(1_000);
    expect(world.open().query['resourceVersion']).toBe('500');
    expect(world.changes).toEqual(['+a', '+b']);
  });

  it('that the server ends in time is opened again at once and is no trouble', async () => {
    const world = start(listed);
    await world.pass(0);
    await world.pass(100_000);
    world.open().end();
    await world.pass(0);
    expect(world.api.watches).toHaveLength(2);
    expect(world.troubles).toEqual([]);
  });

  it('that ends as soon as it begins is opened again with back-off', async () => {
    const world = start(listed);
    await world.pass(0);
    world.open().end();
    await world.pass(0);
    expect(world.api.watches).toHaveLength(1);
    await world.pass(800);
    expect(world.api.watches).toHaveLength(2);
    expect(world.troubles.map(({ trouble }) => trouble)).toEqual(['watch-too-short']);
  });

  it('that is silent for longer than two bookmark periods is closed and opened again', async () => {
    const world = start(listed);
    await world.pass(0);
    await world.pass(60_000);
    world.open().line('BOOKMARK', { metadata: { resourceVersion: '20' } });
    await world.pass(149_999);
    expect(world.troubles).toEqual([]);
    await world.pass(1_000);
    expect(world.troubles.map(({ trouble }) => trouble)).toEqual(['watch-silent']);
    expect(world.api.watches.map(({ closed }) => closed)).toEqual([true, false]);
    expect(world.open().query['resourceVersion']).toBe('20');
  });

  it('that is silent again is listed anew: the server may have gone back to a backup', async () => {
    const world = start(listed);
    await world.pass(0);
    world.api.answer(list('7', [configMap('a', '3'), configMap('b', '2')]));
    await world.pass(151_000);
    expect(world.open().query['resourceVersion']).not.toBe('7');
    await world.pass(153_000);
    expect(world.open().query['resourceVersion']).toBe('7');
    world.open().line('MODIFIED', configMap('a', '8'));
    await world.pass(0);
    expect(world.store.get({ namespace: 'test', name: 'a' })?.metadata.resourceVersion).toBe('8');
  });

  it('that expires (410 in the stream) is listed anew, and only what really differs is told', async () => {
    const world = start(listed);
    await world.pass(0);
    world.api.answer(list('700', [configMap('b', '2'), configMap('c', '600')]));
    world.open().line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
    await world.pass(0);
    expect(world.changes).toEqual(['+a', '+b', '+c', '-a']);
    expect(world.open().query['resourceVersion']).toBe('700');
    expect(world.troubles.map(({ trouble, wakeIn }) => [trouble, wakeIn])).toEqual([['expired', 0]]);
  });

  it('that is refused with 410 again and again is listed anew with back-off', async () => {
    const world = start((api) => {
      api.answer(list('9', []), list('10', []), list('11', []));
      api.refuse(status(410, 'Expired'), status(410, 'Expired'));
    });
    await world.pass(0);
    expect(world.api.requests).toHaveLength(2);
    await world.pass(10_000);
    expect(world.api.requests).toHaveLength(3);
    expect(world.open().query['resourceVersion']).toBe('11');
  });

  it('that is refused with 503 and Retry-After waits', async () => {
    const world = start((api) => {
      listed(api);
      api.refuse(status(503, 'ServiceUnavailable', 'starting', 3));
    });
    await world.pass(3_700);
    expect(world.api.watches).toHaveLength(0);
    await world.pass(100);
    expect(world.api.watches).toHaveLength(1);
  });

  it('is closed when the signal is aborted', async () => {
    const world = start(listed);
    await world.pass(0);
    world.abort.abort();
    await world.done;
    expect(world.open().closed).toBe(true);
  });
});
