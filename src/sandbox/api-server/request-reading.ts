/** What a request says: its parameters, the object that it names, and the object that it brings. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Query } from '#cluster/transport.ts';
import { adopt, isMap, type Json, textAt, textOf } from './json.ts';
import { asObject } from './kube-object.ts';
import { apiVersionOf } from './kind.ts';
import type { Target } from './paths.ts';
import { both, fieldSelector, labelSelector } from './selectors.ts';
import type { Server, ServerRequest } from './server.ts';
import { causes, refusals } from './status-error.ts';
import type { WriteOptions } from './writer.ts';

export function one(query: Query | undefined, name: string): string | undefined {
  const value = query?.[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}

export const isSet = (query: Query | undefined, name: string): boolean =>
  ['true', '1'].includes(one(query, name) ?? '');

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

export function checkName(object: KubeObject, name: string): void {
  if (object.metadata.name === name) return;
  throw refusals.badRequest(
    `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
  );
}
