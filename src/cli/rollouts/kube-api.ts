/** The calls that commands make to the API server: outcomes are objects or errors with the server's own text. */
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import type { JsonPatchOperation } from '#cluster/client.ts';
import { isRecord, kubeObjectOf } from '#cluster/kube-object.ts';
import { addressOf, pageOf, pageSize } from '#cluster/list-pages.ts';
import { apiVersionOf, nameOf, pathOf } from '#cluster/resource.ts';
import type { ApiRequest, ApiResponse, Transport, WatchResponse } from '#cluster/transport.ts';
import { KubeError } from './kube-error.ts';

/** Every call throws `KubeError` for an answer that is none, and `ConnectionError` without an answer. */
export interface KubeApi {
  get(resource: Resource, ref: Ref): Promise<KubeObject>;
  /** All objects, read in pages; without a namespace those of the whole cluster. */
  list(resource: Resource, options?: ListOptions): Promise<ObjectList>;
  mergePatch(
    resource: Resource,
    ref: Ref,
    body: Readonly<Record<string, unknown>>,
    subresource?: 'status',
  ): Promise<KubeObject>;
  jsonPatch(resource: Resource, ref: Ref, body: readonly JsonPatchOperation[]): Promise<KubeObject>;
  create(
    resource: Resource,
    namespace: string | undefined,
    object: Readonly<Record<string, unknown>>,
  ): Promise<KubeObject>;
  /** Replaces the whole object (PUT). */
  update(resource: Resource, object: KubeObject): Promise<KubeObject>;
  /** Opens one watch. Any status but 200 throws. */
  watch(
    resource: Resource,
    options: ListOptions & { readonly version: string; readonly signal?: AbortSignal },
  ): Promise<WatchResponse>;
  /** The wire itself, for the watcher of `src/cluster`. */
  readonly transport: Transport;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ObjectList {
  readonly objects: readonly KubeObject[];
  /** The version that the list is true at. */
  readonly version: string;
}

export function kubeApi(transport: Transport, signal?: AbortSignal): KubeApi {
  const send = (request: ApiRequest): Promise<ApiResponse> =>
    transport.send(signal === undefined ? request : { ...request, signal });
  const one = async (verb: string, resource: Resource, name: string, request: ApiRequest): Promise<KubeObject> => {
    const response = await send(request);
    const object = response.status < 300 ? kubeObjectOf(resource, response.body) : undefined;
    if (object === undefined) throw errorOf(verb, resource, name, response);
    return object;
  };
  const whole = (resource: Resource, object: Readonly<Record<string, unknown>>) => ({
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    ...object,
  });

  return {
    transport,
    get: (resource, ref) => one('get', resource, ref.name, { method: 'GET', path: pathOf(resource, ref) }),
    list: (resource, options = {}) => listAll(send, resource, options),
    mergePatch: (resource, ref, body, subresource) =>
      one('patch', resource, ref.name, {
        method: 'PATCH',
        path: pathOf(resource, ref, subresource),
        contentType: 'application/merge-patch+json',
        body,
      }),
    jsonPatch: (resource, ref, body) =>
      one('patch', resource, ref.name, {
        method: 'PATCH',
        path: pathOf(resource, ref),
        contentType: 'application/json-patch+json',
        body,
      }),
    create: (resource, namespace, object) =>
      one('post', resource, '', {
        method: 'POST',
        path: pathOf(resource, { namespace }),
        body: whole(resource, object),
      }),
    update: (resource, object) =>
      one('put', resource, object.metadata.name, {
        method: 'PUT',
        path: pathOf(resource, object.metadata),
        body: whole(resource, object),
      }),
    async watch(resource, { version, signal: until, ...options }) {
      const { path, query } = addressOf({ resource, ...options }, 'watch');
      const response = await transport.watch({
        path,
        query: { ...query, resourceVersion: version, allowWatchBookmarks: 'true' },
        ...(until === undefined ? {} : { signal: until }),
      });
      if (response.status !== 200) throw errorOf('watch', resource, '', response);
      return response;
    },
  };
}

async function listAll(send: Transport['send'], resource: Resource, options: ListOptions): Promise<ObjectList> {
  const objects: KubeObject[] = [];
  for (let token: string | undefined; ;) {
    const { path, query } = addressOf({ resource, ...options }, 'list');
    const response = await send({ method: 'GET', path, query: { ...query, limit: String(pageSize), continue: token } });
    const page = response.status === 200 ? pageOf(resource, response) : undefined;
    if (page === undefined) throw errorOf('get', resource, '', response);
    objects.push(...page.objects);
    token = page.next;
    if (token === undefined) return { objects, version: page.version };
  }
}

/** The text of the Status in the answer. Without one it is what client-go says of such an answer. */
function errorOf(verb: string, resource: Resource, name: string, { status, body }: ApiResponse): KubeError {
  const given = isRecord(body) && body['kind'] === 'Status' ? body : {};
  const reason = typeof given['reason'] === 'string' ? given['reason'] : '';
  if (typeof given['message'] === 'string' && given['message'] !== '')
    return new KubeError(given['message'], status, reason);
  const subject = `(${[verb, nameOf(resource), name].filter((part) => part !== '').join(' ')})`;
  return new KubeError(
    `${plainTexts[status] ?? `the server answered with status ${status}`} ${subject}`,
    status,
    reason,
  );
}

const plainTexts: Readonly<Record<number, string>> = {
  401: 'the server has asked for the client to provide credentials',
  403: 'the server does not allow this method on the requested resource',
  404: 'the server could not find the requested resource',
  409: 'the server reported a conflict',
  429: 'the server has received too many requests and has asked us to try again later',
  500: 'an error on the server has prevented the request from succeeding',
  503: 'the server is currently unable to handle the request',
};
