/** The bed's own way to the API server. It shares no code path with the product's transport, so that neither hides the other's faults. */
import { readFileSync } from 'node:fs';

import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { isRecord, kubeObjectOf } from '#cluster/kube-object.ts';
import { pathOf } from '#cluster/resource.ts';
import { Agent, request } from 'undici';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiCall {
  readonly body?: unknown;
  /** Default `application/json`; for PATCH a merge patch. */
  readonly contentType?: string;
  readonly query?: Readonly<Record<string, string>>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface WatchedChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface BedApi {
  /** Resolves with any status; rejects when there is no answer. */
  call(method: Method, path: string, call?: ApiCall): Promise<ApiAnswer>;
  get(resource: Resource, ref: Ref): Promise<KubeObject | undefined>;
  list(resource: Resource, namespace?: string): Promise<KubeObject[]>;
  /** Tells every change until `signal` is aborted; lists again after a broken connection, with `DELETED` for what has gone meanwhile. */
  watch(resource: Resource, onChange: (change: WatchedChange) => void, signal: AbortSignal): void;
  close(): Promise<void>;
}

export interface BedApiOptions {
  readonly url: string;
  readonly token: string;
  readonly caFile: string;
}

export function bedApi({ url, token, caFile }: BedApiOptions): BedApi {
  const agent = new Agent({ allowH2: false, connections: 16, connect: { ca: readFileSync(caFile, 'utf8') } });
  const watchAgent = new Agent({ allowH2: false, bodyTimeout: 0, connect: { ca: readFileSync(caFile, 'utf8') } });

  const call: BedApi['call'] = async (method, path, { body, contentType, query } = {}) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await request(`${url}${path}`, {
      method,
      headers,
      dispatcher: agent,
      ...sent,
      ...(query && { query }),
    });
    return { status: answer.statusCode, body: parsed(await answer.body.text()) };
  };

  const listRaw = async (resource: Resource, namespace?: string): Promise<{ items: KubeObject[]; version: string }> => {
    const path = pathOf(resource, { namespace });
    const { status, body } = await call('GET', path);
    if (status !== 200 || !isRecord(body) || !Array.isArray(body['items']))
      throw new Error(`Cannot list ${path}: status ${status}`);
    const metadata = isRecord(body['metadata']) ? body['metadata'] : {};
    return {
      items: body['items'].map((item) => kubeObjectOf(resource, item)).filter((item) => item !== undefined),
      version: String(metadata['resourceVersion']),
    };
  };

  async function* lines(resource: Resource, version: string, signal: AbortSignal): AsyncGenerator {
    const query = { watch: 'true', resourceVersion: version, timeoutSeconds: '3600' };
    const headers = { authorization: `Bearer ${token}` };
    const answer = await request(`${url}${pathOf(resource)}`, { headers, query, signal, dispatcher: watchAgent });
    let rest = '';
    for await (const chunk of answer.body.setEncoding('utf8')) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) yield parsed(line);
    }
  }

  const follow = async (
    resource: Resource,
    onChange: (change: WatchedChange) => void,
    signal: AbortSignal,
  ): Promise<void> => {
    const known = new Map<string, KubeObject>();
    const tell = (type: WatchedChange['type'], object: KubeObject): void => {
      const key = object.metadata.uid ?? object.metadata.name;
      if (type === 'DELETED') known.delete(key);
      else known.set(key, object);
      onChange({ type, object });
    };
    while (!signal.aborted) {
      try {
        const { items, version } = await listRaw(resource);
        const seen = new Set(items.map((item) => item.metadata.uid));
        for (const [uid, gone] of known) if (!seen.has(uid)) tell('DELETED', gone);
        for (const item of items) tell(known.has(item.metadata.uid ?? '') ? 'MODIFIED' : 'ADDED', item);
        for await (const line of lines(resource, version, signal)) {
          const change = changeOf(resource, line);
          if (!change) break;
          tell(change.type, change.object);
        }
      } catch {
        await pauseUnlessAborted(signal); // the API server restarts: the next list says all that was missed
      }
    }
  };

  return {
    call,
    async get(resource, ref) {
      const { status, body } = await call('GET', pathOf(resource, ref));
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`Cannot get ${pathOf(resource, ref)}: ${JSON.stringify(body)}`);
      return kubeObjectOf(resource, body);
    },
    list: async (resource, namespace) => (await listRaw(resource, namespace)).items,
    watch: (resource, onChange, signal) => void follow(resource, onChange, signal),
    async close() {
      await Promise.all([agent.destroy(), watchAgent.destroy()]);
    },
  };
}

function changeOf(resource: Resource, line: unknown): WatchedChange | undefined {
  if (!isRecord(line)) return undefined;
  const object = kubeObjectOf(resource, line['object']);
  const type = line['type'];
  if (!object || (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED')) return undefined;
  return { type, object };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pauseUnlessAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, 200);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
