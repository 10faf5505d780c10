/** The sandbox's API server: kube-apiserver's behaviour in memory, for clients in this process and, by `http-front.ts`, for kubectl. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { ApiRequest, ApiResponse, Transport, WatchResponse } from '#cluster/transport.ts';
import { ConnectionError } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import { builtInKinds } from './api-server/built-in-kinds.ts';
import { serveDefinitions } from './api-server/definitions.ts';
import type { Kind } from './api-server/kind.ts';
import { createLists } from './api-server/lists.ts';
import { Registry } from './api-server/registry.ts';
import { answer } from './api-server/requests.ts';
import type { Answer, Server, ServerRequest } from './api-server/server.ts';
import { refusals, StatusError } from './api-server/status-error.ts';
import { Storage } from './api-server/storage.ts';
import { WatchStream } from './api-server/watch-stream.ts';
import { createWriter } from './api-server/writer.ts';
import type { Objects } from './objects.ts';

export { StatusError };

/** Answers in the server's place: a response, no answer at all (`drop`), or `undefined` to let the request through. */
export type Intercept = (request: ServerRequest) => ApiResponse | 'drop' | undefined;

export interface ApiServerOptions {
  readonly clock: Clock;
  /** Numbers in [0, 1): uids and generated names come from it. */
  readonly random: () => number;
  /** CustomResourceDefinitions to begin with. */
  readonly crds?: readonly KubeObject[];
  /** Namespaces to begin with, besides upstream's four. */
  readonly namespaces?: readonly string[];
}

export interface ApiServer {
  readonly transport: Transport;
  /** Another connection: closing it leaves the others open. */
  connect(): Transport;
  readonly objects: Objects;
  /** Answers a request at once; a watch has a `stream`. */
  handle(request: ServerRequest): Answer;
  /** Sees every request first, watches included; for fault injection. `undefined` takes it away. */
  readonly intercept: (hook: Intercept | undefined) => void;
  /** Forgets the history: older resourceVersions and continue tokens are then answered with 410. */
  compact(): void;
  /** Breaks every open watch as a lost connection would. */
  breakWatches(): void;
}

const firstNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { clock, random } = options;
  const storage = new Storage();
  const registry = new Registry(builtInKinds);
  const writer = createWriter({
    storage,
    random,
    now: () => clock.now(),
    findKind: (group, plural) => registry.byId(group, plural),
    allKinds: () => registry.kinds(),
  });
  const server: Server = { storage, registry, writer, clock, random, lists: createLists(storage) };
  const streams = new Set<WatchStream>();
  let hook: Intercept | undefined;

  serveDefinitions(server);
  const objects = objectsOf(server);
  for (const name of [...firstNamespaces, ...(options.namespaces ?? [])]) {
    objects.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const crd of options.crds ?? []) objects.create(definitions, crd);

  function handle(request: ServerRequest): Answer {
    const instead = hook?.(request);
    if (instead === 'drop')
      throw new ConnectionError(`Cannot ${request.method} ${request.path}: the connection was reset`);
    const result: Answer = instead ?? answer(server, request);
    const { stream } = result;
    if (stream !== undefined) {
      streams.add(stream);
      stream.onClose(() => streams.delete(stream));
    }
    return result;
  }

  return {
    transport: inProcessTransport(handle),
    connect: () => inProcessTransport(handle),
    objects,
    handle,
    intercept(next) {
      hook = next;
    },
    compact() {
      storage.compact();
      server.lists.compact();
    },
    breakWatches() {
      for (const stream of streams) stream.break();
    },
  };
}

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };
const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

function inProcessTransport(handle: (request: ServerRequest) => Answer): Transport {
  const own = new Set<WatchStream>();
  let closed = false;
  const checkOpen = (request: Pick<ApiRequest, 'path' | 'signal'>): void => {
    request.signal?.throwIfAborted();
    if (closed) throw new ConnectionError(`Cannot reach ${request.path}: the transport is closed`);
  };
  return {
    // Both are async so that a refusal to connect rejects and never throws.
    async send(request): Promise<ApiResponse> {
      checkOpen(request);
      const { status, body, retryAfter } = handle(request);
      return { status, body, ...(retryAfter === undefined ? {} : { retryAfter }) };
    },
    async watch(request): Promise<WatchResponse> {
      checkOpen(request);
      const { stream, ...response } = handle({ ...request, method: 'GET', query: { ...request.query, watch: 'true' } });
      const lines = stream ?? endedStream();
      const abort = (): void => lines.end(reasonOf(request.signal));
      request.signal?.addEventListener('abort', abort, { once: true });
      own.add(lines);
      lines.onClose(() => {
        own.delete(lines);
        request.signal?.removeEventListener('abort', abort);
      });
      return { ...response, lines };
    },
    async close(): Promise<void> {
      closed = true;
      for (const stream of own) stream.break('The transport was closed');
    },
  };
}

function endedStream(): WatchStream {
  const stream = new WatchStream();
  stream.end();
  return stream;
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('The watch was aborted');
}

/** The name under which writes from inside the sandbox own fields. */
const owner = { manager: 'kube-controller-manager' };

function objectsOf(server: Server): Objects {
  const { storage, registry, writer } = server;
  const kindOf = (resource: Resource): Kind => {
    const kind = registry.byId(resource.group, resource.plural);
    if (kind === undefined) throw refusals.noSuchPath();
    return kind;
  };
  return {
    get: (resource, ref) => {
      const kind = registry.byId(resource.group, resource.plural);
      return kind === undefined ? undefined : storage.get(kind, ref);
    },
    list: (resource, namespace) => {
      const kind = registry.byId(resource.group, resource.plural);
      return kind === undefined ? [] : storage.list(kind, namespace);
    },
    create: (resource, object) => writer.create(kindOf(resource), object, { owner }),
    update: (resource, object, subresource) =>
      writer.update(kindOf(resource), object, subresource === undefined ? { owner } : { owner, subresource }),
    delete: (resource, ref, options) => {
      const kind = kindOf(resource);
      if (storage.get(kind, ref) !== undefined) writer.delete(kind, ref, options);
    },
    subscribe: (handler) =>
      storage.subscribe(({ type, kind, object, before }) =>
        handler({ type, resource: kind.resource, object, ...(before === undefined ? {} : { before }) }),
      ),
    resources: () => registry.kinds().map((kind) => kind.resource),
  };
}
