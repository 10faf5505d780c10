/** One request to the API server, from its path to its answer. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { ApiRequest, ApiResponse, Query } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import { deleteCollection, deleteOne } from './deletions.ts';
import { informationAt } from './discovery.ts';
import { adopt, isMap, type Json, textAt, textOf } from './json.ts';
import { asObject } from './kube-object.ts';
import { apiVersionOf } from './kind.ts';
import { createLists, type Lists } from './lists.ts';
import { patched } from './patching.ts';
import { isServed, targetOf, type Target } from './paths.ts';
import { presenter } from './presenting.ts';
import type { Registry, Served } from './registry.ts';
import { both, fieldSelector, labelSelector } from './selectors.ts';
import { causes, refusals, StatusError } from './status-error.ts';
import type { Storage } from './storage.ts';
import { checkStrictly } from './strict-fields.ts';
import { readSubresource, writeSubresource } from './subresources.ts';
import type { WatchStream } from './watch-stream.ts';
import { openWatch } from './watches.ts';
import type { WriteOptions, Writer } from './writer.ts';

/** A request as it arrives, with what HTTP headers say beside the transport's fields. */
export interface ServerRequest extends ApiRequest {
  readonly userAgent?: string;
}

export interface Server {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly lists: Lists;
}

export { createLists };

export type Answer = ApiResponse & { readonly stream?: WatchStream };

/** Answers any request; refusals become answers too. */
export function answer(server: Server, request: ServerRequest): Answer {
  try {
    return informationAt(server.registry, request) ?? onObjects(server, request);
  } catch (error) {
    if (error instanceof StatusError) return { status: error.code, body: error.status };
    throw error;
  }
}

export function one(query: Query | undefined, name: string): string | undefined {
  const value = query?.[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

export const isSet = (query: Query | undefined, name: string): boolean =>
  ['true', '1'].includes(one(query, name) ?? '');

function onObjects(server: Server, request: ServerRequest): Answer {
  if (!isServed(server.registry, request.path)) return { status: 404, body: '404 page not found\n' };
  const target = targetOf(server.registry, request.path);
  if (target.subresource !== undefined) return onSubresource(server, request, target);
  return target.name === undefined
    ? onCollection(server, request, target)
    : onObject(server, request, target, target.name);
}

function onCollection(server: Server, request: ServerRequest, target: Target): Answer {
  switch (request.method) {
    case 'GET':
      return isSet(request.query, 'watch')
        ? watchCollection(server, request, target)
        : listCollection(server, request, target);
    case 'POST':
      return createObject(server, request, target);
    case 'DELETE':
      return deleteCollection(server, request, target);
    case 'PUT':
    case 'PATCH':
    default:
      throw refusals.methodNotAllowed();
  }
}

function onObject(server: Server, request: ServerRequest, target: Target, name: string): Answer {
  const present = presenter(target.served, request, server.clock);
  switch (request.method) {
    case 'GET':
      if (isSet(request.query, 'watch')) return watchCollection(server, request, target);
      return { status: 200, body: present.one(stored(server, target, name)) };
    case 'PUT':
      return { status: 200, body: present.one(replaceObject(server, request, target, name)) };
    case 'PATCH': {
      const result = patched(server, request, target, name);
      return { status: result.created ? 201 : 200, body: present.one(result.object) };
    }
    case 'DELETE':
      return deleteOne(server, request, target, name);
    case 'POST':
    default:
      throw refusals.methodNotAllowed();
  }
}

export function stored(server: Server, target: Target, name: string): KubeObject {
  const { kind } = target.served;
  const ref = target.namespace === undefined ? { name } : { name, namespace: target.namespace };
  const object = server.storage.get(kind, ref);
  if (object === undefined) throw refusals.notFound(target.served.resource, name);
  return object;
}

export function selectorOf(request: ServerRequest, target: Target): ReturnType<typeof both> {
  const { kind } = target.served;
  const byName = target.name === undefined ? undefined : `metadata.name=${target.name}`;
  return both(
    labelSelector(one(request.query, 'labelSelector')),
    both(fieldSelector(one(request.query, 'fieldSelector'), kind.selectableFields ?? []), fieldSelector(byName, [])),
  );
}

function listCollection(server: Server, request: ServerRequest, target: Target): Answer {
  const page = server.lists.page({
    kind: target.served.kind,
    namespace: target.namespace,
    matches: selectorOf(request, target),
    limit: Number(one(request.query, 'limit') ?? 0),
    continueToken: one(request.query, 'continue'),
    resourceVersion: one(request.query, 'resourceVersion'),
  });
  return { status: 200, body: presenter(target.served, request, server.clock).list(page) };
}

function watchCollection(server: Server, request: ServerRequest, target: Target): Answer {
  const present = presenter(target.served, request, server.clock);
  const timeout = Number(one(request.query, 'timeoutSeconds') ?? 0);
  const stream = openWatch(server.storage, server.clock, {
    served: target.served,
    namespace: target.namespace,
    matches: selectorOf(request, target),
    resourceVersion: one(request.query, 'resourceVersion') ?? '',
    sendInitialEvents: isSet(request.query, 'sendInitialEvents'),
    bookmarks: isSet(request.query, 'allowWatchBookmarks'),
    timeoutSeconds: timeout > 0 ? timeout : 1800 + Math.floor(server.random() * 1800),
    present: present.watched(),
  });
  return { status: 200, body: undefined, stream };
}

/** The object in a request's body, in the version that is stored. */
export function objectIn(body: unknown, target: Target): KubeObject {
  const { resource } = target.served;
  if (!isMap(body)) throw refusals.badRequest('the request body is not an object');
  const apiVersion = body['apiVersion'] ?? apiVersionOf(resource.group, resource.version);
  const kind = body['kind'] ?? resource.kind;
  if (apiVersion !== apiVersionOf(resource.group, resource.version)) {
    throw refusals.badRequest(
      `the API version in the data (${textOf(apiVersion)}) does not match the expected API version (${apiVersionOf(resource.group, resource.version)})`,
    );
  }
  if (kind !== resource.kind && target.served.kind.custom === true) {
    const wrong = causes.invalid('kind', kind, `must be ${resource.kind}`);
    throw refusals.invalid({ group: resource.group, kind: textOf(kind) }, textAt(body['metadata'], 'name'), [wrong]);
  }
  if (kind !== resource.kind) {
    throw refusals.badRequest(
      `${textOf(kind)} in version "${resource.version}" cannot be handled as a ${resource.kind}`,
    );
  }
  return asStored(body, target);
}

export function asStored(body: Json, target: Target): KubeObject {
  const { kind } = target.served;
  const metadata: Json = isMap(body['metadata']) ? body['metadata'] : {};
  const namespace = target.namespace ?? metadata['namespace'];
  if (
    target.namespace !== undefined &&
    metadata['namespace'] !== undefined &&
    metadata['namespace'] !== target.namespace
  ) {
    throw refusals.badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return adopt(
    asObject({
      ...body,
      apiVersion: apiVersionOf(kind.resource.group, kind.resource.version),
      kind: kind.resource.kind,
      metadata: { ...metadata, ...(namespace === undefined ? {} : { namespace }) },
    }),
  );
}

export function writeOptions(request: ServerRequest): WriteOptions {
  const manager = one(request.query, 'fieldManager') ?? request.userAgent?.split('/')[0] ?? 'serin';
  return { owner: { manager }, dryRun: one(request.query, 'dryRun') === 'All' };
}

function createObject(server: Server, request: ServerRequest, target: Target): Answer {
  const object = objectIn(request.body, target);
  checkStrictly(target.served, request, object);
  const created = server.writer.create(target.served.kind, object, writeOptions(request));
  return { status: 201, body: presenter(target.served, request, server.clock).one(created) };
}

function replaceObject(server: Server, request: ServerRequest, target: Target, name: string): KubeObject {
  const object = objectIn(request.body, target);
  checkName(object, name);
  checkStrictly(target.served, request, object);
  return server.writer.update(target.served.kind, object, writeOptions(request));
}

export function checkName(object: KubeObject, name: string): void {
  if (object.metadata.name === name) return;
  throw refusals.badRequest(
    `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
  );
}

function onSubresource(server: Server, request: ServerRequest, target: Target): Answer {
  return request.method === 'GET'
    ? readSubresource(server, request, target)
    : writeSubresource(server, request, target);
}

export type { Served };
