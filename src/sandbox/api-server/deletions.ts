/** DELETE of one object or of a collection. */
import { isMap, mapAt, numberAt, textAt } from './json.ts';
import type { Target } from './paths.ts';
import { presenter } from './presenting.ts';
import type { DeleteWish } from './removal.ts';
import { isSet, one, selectorOf } from './request-reading.ts';
import type { Answer, Server, ServerRequest } from './server.ts';
import { refOf } from './writer.ts';

export function deleteOne(server: Server, request: ServerRequest, target: Target, name: string): Answer {
  const { kind, resource } = target.served;
  const ref = target.namespace === undefined ? { name } : { name, namespace: target.namespace };
  const uid = server.storage.get(kind, ref)?.metadata.uid ?? '';
  const going = server.writer.delete(kind, ref, deleteWish(request));
  if (going !== undefined) return { status: 200, body: presenter(target.served, request, server.clock).one(going) };
  const group = resource.group === '' ? {} : { group: resource.group };
  return {
    status: 200,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name, ...group, kind: resource.plural, uid },
    },
  };
}

export function deleteCollection(server: Server, request: ServerRequest, target: Target): Answer {
  const { kind } = target.served;
  const matches = selectorOf(request, target);
  const chosen = server.storage.list(kind, target.namespace).filter((object) => matches?.(object) ?? true);
  const wish = deleteWish(request);
  for (const object of chosen) {
    if (server.storage.get(kind, refOf(object)) !== undefined) server.writer.delete(kind, refOf(object), wish);
  }
  const page = { items: chosen, resourceVersion: String(server.storage.version) };
  return { status: 200, body: presenter(target.served, request, server.clock).list(page) };
}

/** Options may come in the body or in the query. */
function deleteWish(request: ServerRequest): DeleteWish {
  const body = isMap(request.body) ? request.body : {};
  const preconditions = mapAt(body, 'preconditions');
  const policy = textAt(body, 'propagationPolicy') || one(request.query, 'propagationPolicy');
  const grace = numberAt(body, 'gracePeriodSeconds') ?? numberIn(one(request.query, 'gracePeriodSeconds'));
  const dryRun =
    one(request.query, 'dryRun') === 'All' || (Array.isArray(body['dryRun']) && body['dryRun'].includes('All'));
  const orphan = body['orphanDependents'] === true || isSet(request.query, 'orphanDependents');
  return {
    ...(policy === 'Background' || policy === 'Foreground' || policy === 'Orphan' ? { propagation: policy } : {}),
    ...(orphan ? { propagation: 'Orphan' as const } : {}),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(textAt(preconditions, 'uid') === '' ? {} : { uid: textAt(preconditions, 'uid') }),
    ...(textAt(preconditions, 'resourceVersion') === ''
      ? {}
      : { resourceVersion: textAt(preconditions, 'resourceVersion') }),
    ...(dryRun ? { dryRun } : {}),
  };
}

const numberIn = (text: string | undefined): number | undefined =>
  text === undefined || text === '' ? undefined : Number(text);
