/** Serving a watch: what the client missed, then every change it selects, with bookmarks and an end. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { WatchLine } from '#cluster/transport.ts';
import type { CancelTimer, Clock } from '#runtime/clock.ts';
import { apiVersionOf } from './kind.ts';
import type { Served } from './registry.ts';
import type { Matches } from './selectors.ts';
import { refusals } from './status-error.ts';
import type { Change, Storage } from './storage.ts';
import { WatchStream } from './watch-stream.ts';

export interface WatchWish {
  readonly served: Served;
  readonly namespace: string | undefined;
  readonly matches: Matches | undefined;
  /** `''` and `0`: start with what exists. */
  readonly resourceVersion: string;
  readonly sendInitialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number;
  /** Turns an object into what the client asked for: a table, metadata only, another version. */
  readonly present: (object: KubeObject) => Readonly<Record<string, unknown>>;
}

/** Upstream sends one about every minute. */
const bookmarkInterval = 60_000;

export function openWatch(storage: Storage, clock: Clock, wish: WatchWish): WatchStream {
  const stream = new WatchStream();
  const { kind } = wish.served;
  const fromStart = wish.sendInitialEvents || wish.resourceVersion === '' || wish.resourceVersion === '0';
  const missed = fromStart ? [] : storage.changesSince(kind, Number(wish.resourceVersion));
  if (missed === undefined) {
    const oldest = storage.compactedVersion(kind) + 1;
    const gone = refusals.expired(`too old resource version: ${wish.resourceVersion} (${oldest})`);
    stream.push({ type: 'ERROR', object: gone.status });
    stream.end();
    return stream;
  }
  const deliver = (change: Change): void => {
    const line = lineOf(change, wish);
    if (line !== undefined) stream.push(line);
  };
  if (fromStart) sendExisting(storage, stream, wish);
  for (const change of missed) deliver(change);
  stream.onClose(storage.observe(kind, deliver));
  keepTime(storage, clock, stream, wish);
  return stream;
}

function sendExisting(storage: Storage, stream: WatchStream, wish: WatchWish): void {
  for (const object of storage.list(wish.served.kind, wish.namespace)) {
    if (wish.matches?.(object) ?? true) stream.push({ type: 'ADDED', object: wish.present(object) });
  }
  if (wish.sendInitialEvents && wish.bookmarks)
    stream.push(bookmark(storage, wish, { 'k8s.io/initial-events-end': 'true' }));
}

/** A change as a watcher with a selector sees it: objects come into sight and go out of it. */
function lineOf(change: Change, wish: WatchWish): WatchLine | undefined {
  const { object, before } = change;
  if (wish.namespace !== undefined && object.metadata.namespace !== wish.namespace) return undefined;
  const seen = before !== undefined && (wish.matches?.(before) ?? true);
  const sees = change.type !== 'DELETED' && (wish.matches?.(object) ?? true);
  if (!seen && !sees) return undefined;
  if (!sees)
    return {
      type: 'DELETED',
      object: wish.present(change.type === 'DELETED' ? object : atVersion(before ?? object, object)),
    };
  return { type: seen ? 'MODIFIED' : 'ADDED', object: wish.present(object) };
}

function atVersion(object: KubeObject, newer: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: newer.metadata.resourceVersion ?? '' } };
}

function keepTime(storage: Storage, clock: Clock, stream: WatchStream, wish: WatchWish): void {
  const end = clock.after(wish.timeoutSeconds * 1000, () => {
    if (wish.bookmarks) stream.push(bookmark(storage, wish));
    stream.end();
  });
  stream.onClose(end);
  if (!wish.bookmarks) return;
  let cancel: CancelTimer;
  const tick = (): void => {
    stream.push(bookmark(storage, wish));
    cancel = clock.after(bookmarkInterval, tick);
  };
  cancel = clock.after(bookmarkInterval, tick);
  stream.onClose(() => cancel());
}

function bookmark(storage: Storage, wish: WatchWish, annotations?: Readonly<Record<string, string>>): WatchLine {
  const { group, version, kind } = wish.served.resource;
  return {
    type: 'BOOKMARK',
    object: {
      kind,
      apiVersion: apiVersionOf(group, version),
      metadata: {
        resourceVersion: String(storage.version),
        creationTimestamp: null,
        ...(annotations === undefined ? {} : { annotations }),
      },
    },
  };
}
