/** How objects leave the API server: in the version that was asked for, whole, as metadata only, or as a table. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Json } from './json.ts';
import { apiVersionOf } from './kind.ts';
import type { Page } from './lists.ts';
import type { Served } from './registry.ts';
import { tableOf } from './tables.ts';

export interface Presenter {
  one(object: KubeObject): Json;
  list(page: Page): Json;
  /** For the lines of one watch, which name a table's columns only once. */
  watched(): (object: KubeObject) => Json;
}

interface Wish {
  readonly accept?: string;
  readonly query?: Readonly<Record<string, unknown>>;
}

export function presenter(served: Served, request: Wish, clock: Clock): Presenter {
  const accept = request.accept ?? '';
  const inVersion = versioned(served);
  if (accept.includes('as=Table')) return tables(served, request, clock, inVersion);
  if (accept.includes('as=PartialObjectMetadata')) return metadataOnly();
  const { group, version, kind } = served.resource;
  return {
    one: inVersion,
    list: (page) => ({
      kind: `${kind}List`,
      apiVersion: apiVersionOf(group, version),
      metadata: listMetadata(page),
      items: page.items.map(inVersion),
    }),
    watched: () => inVersion,
  };
}

/** Objects keep their identity unless the version differs from the stored one. */
function versioned(served: Served): (object: KubeObject) => KubeObject {
  const { group, version } = served.resource;
  if (version === served.kind.resource.version) return (object) => object;
  return (object) => ({ ...object, apiVersion: apiVersionOf(group, version) });
}

function listMetadata(page: Page): Json {
  return {
    resourceVersion: page.resourceVersion,
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
}

function metadataOnly(): Presenter {
  const one = (object: KubeObject): Json => ({
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: object.metadata,
  });
  return {
    one,
    list: (page) => ({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: listMetadata(page),
      items: page.items.map(one),
    }),
    watched: () => one,
  };
}

function tables(served: Served, request: Wish, clock: Clock, inVersion: (object: KubeObject) => KubeObject): Presenter {
  const include = request.query?.['includeObject'];
  const rowObject = (object: KubeObject): Json | undefined => {
    if (include === 'None') return undefined;
    return include === 'Object' ? inVersion(object) : metadataOnly().one(object);
  };
  const table = (objects: readonly KubeObject[], metadata: Json, withColumns = true): Json =>
    tableOf(served.kind, served.resource.version, { objects, metadata, now: clock.now(), rowObject, withColumns });
  return {
    one: (object) => table([object], { resourceVersion: object.metadata.resourceVersion }),
    list: (page) => table(page.items, listMetadata(page)),
    watched: () => {
      let first = true;
      return (object) => {
        const line = table([object], { resourceVersion: object.metadata.resourceVersion }, first);
        first = false;
        return line;
      };
    },
  };
}
