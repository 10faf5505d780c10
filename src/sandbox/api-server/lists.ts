/** Lists in pages: a continued list goes on in the snapshot that its first page was taken from. */
import type { KubeObject } from '#api/kubernetes.ts';
import { isMap } from './json.ts';
import type { Kind } from './kind.ts';
import type { Matches } from './selectors.ts';
import { refusals, StatusError } from './status-error.ts';
import type { Storage } from './storage.ts';

export interface ListWish {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly matches: Matches | undefined;
  /** 0: everything at once. */
  readonly limit: number;
  readonly continueToken: string | undefined;
  readonly resourceVersion: string | undefined;
}

export interface Page {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remaining?: number;
}

export interface Lists {
  page(wish: ListWish): Page;
  /** Forgets the snapshots: every continue token is then too old. */
  compact(): void;
}

/** How many unfinished lists are remembered. */
const snapshotLimit = 64;

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

export function createLists(storage: Storage): Lists {
  const snapshots = new Map<string, readonly KubeObject[]>();

  const select = (wish: ListWish): readonly KubeObject[] => {
    const all = storage.list(wish.kind, wish.namespace);
    return wish.matches === undefined ? all : all.filter(wish.matches);
  };

  const keep = (key: string, objects: readonly KubeObject[]): void => {
    snapshots.delete(key);
    snapshots.set(key, objects);
    const [oldest] = snapshots.keys();
    if (snapshots.size > snapshotLimit && oldest !== undefined) snapshots.delete(oldest);
  };

  function page(wish: ListWish): Page {
    if (wish.continueToken !== undefined && wish.continueToken !== '') return continued(wish, wish.continueToken);
    checkVersion(wish.resourceVersion, storage.version);
    return cut(wish, select(wish), 0, storage.version, snapshotKey(wish, storage.version));
  }

  /** Names a snapshot: what was asked for, and when. */
  const snapshotKey = (wish: ListWish, version: number): string =>
    `${wish.kind.resource.group}/${wish.kind.resource.plural}/${wish.namespace ?? ''}@${version}`;

  function continued(wish: ListWish, token: string): Page {
    const { version, start, key } = readToken(token);
    const snapshot = snapshots.get(key);
    if (snapshot === undefined) throw refusals.expired(tooOld);
    return cut(wish, snapshot, start, version, key);
  }

  function cut(wish: ListWish, objects: readonly KubeObject[], start: number, version: number, key: string): Page {
    const end = wish.limit > 0 ? start + wish.limit : objects.length;
    const resourceVersion = String(version);
    if (end >= objects.length) return { items: start === 0 ? objects : objects.slice(start), resourceVersion };
    keep(key, objects);
    return {
      items: objects.slice(start, end),
      resourceVersion,
      continue: Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start: end, key })).toString(
        'base64url',
      ),
      ...(wish.matches === undefined ? { remaining: objects.length - end } : {}),
    };
  }

  return { page, compact: () => snapshots.clear() };
}

function readToken(token: string): { version: number; start: number; key: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (isMap(parsed))
      return { version: Number(parsed['rv']), start: Number(parsed['start']), key: String(parsed['key']) };
  } catch {
    // Falls through to the refusal: a token that cannot be read is a bad request, whatever is wrong with it.
  }
  throw refusals.badRequest('continue key is not valid: illegal base64 data');
}

function checkVersion(wanted: string | undefined, current: number): void {
  if (wanted === undefined || wanted === '' || Number(wanted) <= current) return;
  throw new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }],
    retryAfterSeconds: 1,
  });
}
