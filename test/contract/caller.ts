/** A terse client for the contract suite: one namespace, answers as plain JSON. */
import { isMap, type Json, mapAt, textAt, valueAt } from '#sandbox/api-server/json.ts';
import type { ApiRequest, PatchType, Query, Transport, WatchLine } from '#cluster/transport.ts';

export interface Answer {
  readonly status: number;
  readonly body: Json;
}

export interface Caller {
  readonly namespace: string;
  /** Path of a namespaced collection, such as `apps/v1 deployments`; with a name, of an object. */
  readonly path: (groupVersion: string, plural: string, name?: string) => string;
  readonly send: (
    method: ApiRequest['method'],
    path: string,
    body?: unknown,
    more?: Partial<ApiRequest>,
  ) => Promise<Answer>;
  readonly patch: (type: keyof typeof patchTypes, path: string, body: unknown, query?: Query) => Promise<Answer>;
  readonly apply: (manager: string, path: string, body: unknown, query?: Query) => Promise<Answer>;
  /** The next `count` lines of a watch that is then closed. */
  readonly lines: (path: string, query: Query, count: number) => Promise<WatchLine[]>;
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const satisfies Record<string, PatchType>;

export function caller(transport: Transport, namespace: string): Caller {
  const send: Caller['send'] = async (method, path, body, more = {}) => {
    const answer = await transport.send({ method, path, body, ...more });
    return { status: answer.status, body: isMap(answer.body) ? answer.body : {} };
  };
  return {
    namespace,
    send,
    path(groupVersion, plural, name) {
      const root = groupVersion.includes('/') ? 'apis' : 'api';
      return `/${root}/${groupVersion}/namespaces/${namespace}/${plural}${name === undefined ? '' : `/${name}`}`;
    },
    patch: (type, path, body, query = {}) => send('PATCH', path, body, { contentType: patchTypes[type], query }),
    apply: (manager, path, body, query = {}) =>
      send('PATCH', path, body, {
        contentType: 'application/apply-patch+yaml',
        query: { fieldManager: manager, ...query },
      }),
    async lines(path, query, count) {
      const watch = await transport.watch({ path, query });
      const lines: WatchLine[] = [];
      if (watch.status !== 200) throw new Error(`The watch was answered with ${watch.status}`);
      for await (const line of watch.lines) {
        lines.push(line);
        if (lines.length === count) break;
      }
      return lines;
    },
  };
}

export const versionOf = (object: Json): string => textAt(mapAt(object, 'metadata'), 'resourceVersion');

export const at = (object: unknown, path: string): unknown =>
  valueAt(
    object,
    path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
  );
