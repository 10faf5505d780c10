/** One request to the API server, from its path to its answer. */
import type { KubeObject } from '#api/kubernetes.ts';
import { deleteCollection, deleteOne } from './deletions.ts';
import { informationAt } from './discovery.ts';
import { patched } from './patching.ts';
import { isServed, targetOf, type Target } from './paths.ts';
import { presenter } from './presenting.ts';
import { checkName, isSet, objectIn, one, selectorOf, stored, writeOptions } from './request-reading.ts';
import type { Answer, Server, ServerRequest } from './server.ts';
import { refusals, StatusError } from './status-error.ts';
import { checkStrictly } from './strict-fields.ts';
import { readSubresource, writeSubresource } from './subresources.ts';
import { openWatch } from './watches.ts';

/** Answers any request; refusals become answers too. */
export function answer(server: Server, request: ServerRequest): Answer {
  try {
    return informationAt(server.registry, request) ?? onObjects(server, request);
  } catch (error) {
    if (error instanceof StatusError) return { status: error.code, body: error.status };
    throw error;
  }
}

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

function onSubresource(server: Server, request: ServerRequest, target: Target): Answer {
  return request.method === 'GET'
    ? readSubresource(server, request, target)
    : writeSubresource(server, request, target);
}
