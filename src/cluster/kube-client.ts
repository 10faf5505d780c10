/** The client over any transport: outcomes as values, retries where the server asks for them, a fair rate limit, the write stop. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { type Clock, sleep } from '#runtime/clock.ts';
import { ApiError, WritesStopped, holdsSecrets, retryAfterOf, statusOf } from './api-error.ts';
import type { Client, DeleteOptions, Patch, WriteOptions, Written } from './client.ts';
import { kubeObjectOf } from './kube-object.ts';
import { readPage } from './list-pages.ts';
import { versionPath } from './field-patch.ts';
import { patched } from './patched.ts';
import { apiVersionOf, events, keyOf, nameOf, pathOf, refOf, refOfKey } from './resource.ts';
import type { RateLimit } from './rate-limit.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** Owner of the fields that are written. */
  readonly fieldManager: string;
  /** The limit that requests for a kind are under. Default: none. */
  readonly rateLimit?: (resource: Resource) => RateLimit;
  /** False while another process may be writing. Asked immediately before each write. Default: always true. */
  readonly canWrite?: () => boolean;
  /** What the server answered to a write: stores learn it. Not called for deletions. */
  readonly onWritten?: (resource: Resource, object: KubeObject) => void;
}

/** As often as a server may ask for patience before its answer counts. */
const mostRetries = 5;
/** A server that wants a longer rest gets it from the caller's back-off, not from a pass that hangs. */
const longestRetryAfter = 10_000;
/** What the API server says for want of a rule; what admission forbids, an update would not be allowed either. */
const missingRule = 'cannot patch resource';
/** A list that expires again and again is given up. */
const mostRestarts = 3;

/** What a request is about, for messages, fairness and secrecy. */
interface Subject {
  readonly verb: 'get' | 'list' | 'create' | 'evict' | 'patch' | 'update' | 'apply' | 'delete';
  readonly resource: Resource;
  readonly key: string;
}

const contentTypes = { merge: 'application/merge-patch+json', json: 'application/json-patch+json' } as const;

/** Builds the client; see `Client` for its guarantees. */
export function kubeClient(options: KubeClientOptions): Client {
  const send = sender(options);
  const write = writer(options, send);
  const { fieldManager } = options;

  const update = async (
    resource: Resource,
    ref: Ref,
    patch: Patch,
    { subresource, signal }: WriteOptions,
  ): Promise<Written> => {
    const subject: Subject = { verb: 'update', resource, key: keyOf(ref) };
    const live = await client.get(resource, ref, signal);
    if (live === undefined) return { ok: false, why: 'not-found', message: `${attemptOf(subject)}: it is not there` };
    return write(subject, {
      method: 'PUT',
      path: pathOf(resource, ref, subresource),
      query: { fieldManager },
      body: patched(live, patch),
      ...signalOf({ signal }),
    });
  };

  const client: Client = {
    async get(resource, ref, signal) {
      const subject: Subject = { verb: 'get', resource, key: keyOf(ref) };
      const response = await send(subject, { method: 'GET', path: pathOf(resource, ref), ...signalOf({ signal }) });
      if (response.status === 404) return undefined;
      const object = response.status === 200 ? kubeObjectOf(resource, response.body) : undefined;
      if (object === undefined) throw errorOf(subject, response);
      return object;
    },

    list: (resource, { namespace, labelSelector, signal } = {}) => {
      const subject: Subject = { verb: 'list', resource, key: namespace ?? '' };
      return listAll((request) => send(subject, request), { resource, namespace, labelSelector }, signal);
    },

    create: (resource, object, { subresource, signal } = {}) =>
      write(
        { verb: subresource === 'eviction' ? 'evict' : 'create', resource, key: keyOf(refOf(object)) },
        {
          method: 'POST',
          path:
            subresource === undefined ? collectionOf(resource, object) : pathOf(resource, object.metadata, subresource),
          query: { fieldManager },
          // What is posted to a subresource may be of another kind.
          body:
            subresource === undefined ? { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind } : object,
          ...signalOf({ signal }),
        },
      ),

    async patch(resource, ref, patch, options = {}) {
      const { subresource, signal } = options;
      const written = await write(
        { verb: 'patch', resource, key: keyOf(ref) },
        {
          method: 'PATCH',
          path: pathOf(resource, ref, subresource),
          query: { fieldManager },
          contentType: contentTypes[patch.type],
          body: patch.body,
          ...signalOf({ signal }),
        },
      );
      if (written.ok) return written;
      if (written.why === 'invalid') return whyRefused(client, { resource, ref, patch, signal }, written);
      if (written.why !== 'forbidden' || !written.message.includes(missingRule)) return written;
      const updated = await update(resource, ref, patch, options);
      return !updated.ok && updated.why === 'forbidden' ? written : updated;
    },

    apply: (resource, object, { subresource, signal } = {}) =>
      write(
        { verb: 'apply', resource, key: keyOf(refOf(object)) },
        {
          method: 'PATCH',
          path: pathOf(resource, object.metadata, subresource),
          query: { fieldManager, force: 'true' },
          contentType: 'application/apply-patch+yaml',
          body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
          ...signalOf({ signal }),
        },
      ),

    delete: (resource, ref, { propagation = 'Background', uid, resourceVersion, signal }: DeleteOptions = {}) =>
      write(
        { verb: 'delete', resource, key: keyOf(ref) },
        {
          method: 'DELETE',
          path: pathOf(resource, ref),
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: propagation,
            ...(uid === undefined && resourceVersion === undefined ? {} : { preconditions: { uid, resourceVersion } }),
          },
          ...signalOf({ signal }),
        },
      ),
  };
  return client;
}

type Send = (subject: Subject, request: ApiRequest, allowed?: () => void) => Promise<ApiResponse>;

/** Sends when it is the subject's turn, and again while the server answers 429 or 503 and says when; `allowed` throws to forbid it. */
function sender({ transport, clock, rateLimit }: KubeClientOptions): Send {
  return async (subject, request, allowed) => {
    for (let retries = 0; ; retries++) {
      await rateLimit?.(subject.resource).take(`${nameOf(subject.resource)} ${subject.key}`, request.signal);
      allowed?.();
      const response = await transport.send({
        ...request,
        ...(subject.resource === events ? { patient: true } : {}),
        ...(allowed === undefined ? {} : { allowed }),
      });
      const wait = response.status === 429 || response.status === 503 ? retryAfterOf(response) : undefined;
      if (wait === undefined || wait > longestRetryAfter || retries === mostRetries) return response;
      await sleep(clock, wait, request.signal);
    }
  };
}

function writer({ canWrite, onWritten }: KubeClientOptions, send: Send) {
  return async (subject: Subject, request: ApiRequest): Promise<Written> => {
    const allowed = (): void => {
      if (canWrite?.() === false)
        throw new WritesStopped(`${attemptOf(subject)}: this process does not hold the lease`);
    };
    const response = await send(subject, request, canWrite === undefined ? undefined : allowed);
    const written = writtenOf(subject, response);
    if (written.ok && subject.verb !== 'delete' && subject.verb !== 'evict')
      onWritten?.(subject.resource, written.object);
    return written;
  };
}

async function listAll(
  send: Transport['send'],
  selection: Parameters<typeof readPage>[1],
  signal: AbortSignal | undefined,
): Promise<KubeObject[]> {
  let objects: KubeObject[] = [];
  let token: string | undefined;
  for (let restarts = 0; ;) {
    try {
      const page = await readPage(send, selection, token, signal);
      objects.push(...page.objects);
      token = page.next;
      if (token === undefined) return objects;
    } catch (error) {
      const expired = error instanceof ApiError && error.status === 410 && token !== undefined;
      if (!expired || restarts === mostRestarts) throw error;
      restarts += 1;
      objects = [];
      token = undefined;
    }
  }
}

type Failure = Extract<Written, { ok: false }>;

const failures: Readonly<Record<number, Failure['why']>> = {
  400: 'invalid',
  403: 'forbidden',
  404: 'not-found',
  409: 'stale',
  410: 'not-found',
  422: 'invalid',
};

function writtenOf(subject: Subject, response: ApiResponse): Written {
  const { resource, key, verb } = subject;
  if (response.status >= 200 && response.status < 300) {
    const object = kubeObjectOf(resource, response.body);
    // A deletion that took effect at once is answered with a Status, which names nothing.
    return {
      ok: true,
      object: object ?? { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata: { ...refOfKey(key) } },
    };
  }
  const { reason, message } = statusOf(response);
  const why = reason === 'AlreadyExists' && verb === 'create' ? 'exists' : failures[response.status];
  if (why === undefined) throw errorOf(subject, response);
  // A refusal may quote the object: of a Secret only the kind of refusal is told.
  return { ok: false, why, message: holdsSecrets(resource) ? errorOf(subject, response).message : message };
}

interface Refused {
  readonly resource: Resource;
  readonly ref: Ref;
  readonly patch: Patch;
  readonly signal: AbortSignal | undefined;
}

/**
 * A JSON patch that does not fit may have been made for another version: the API server applies it before it compares the versions.
 * Only the object itself can tell.
 */
async function whyRefused(
  client: Client,
  { resource, ref, patch, signal }: Refused,
  written: Failure,
): Promise<Failure> {
  if (patch.type !== 'json') return written;
  const version = patch.body.find(({ path }) => path === versionPath);
  if (version === undefined) return written;
  const live = await client.get(resource, ref, signal);
  if (live === undefined) return { ...written, why: 'not-found' };
  return live.metadata.resourceVersion === version.value ? written : { ...written, why: 'stale' };
}

function collectionOf(resource: Resource, object: KubeObject): string {
  return pathOf(resource, { namespace: object.metadata.namespace });
}

function signalOf({ signal }: { readonly signal?: AbortSignal | undefined }): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function attemptOf({ verb, resource, key }: Subject): string {
  return `Cannot ${verb} ${nameOf(resource)} "${key}"`;
}

function errorOf(subject: Subject, response: ApiResponse): ApiError {
  return new ApiError(attemptOf(subject), response, { hideMessage: holdsSecrets(subject.resource) });
}
