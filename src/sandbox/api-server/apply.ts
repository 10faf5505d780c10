/** Server-side apply: the object gets the fields that were sent, loses those that are sent no longer, and other owners are respected. */
import type { KubeObject } from '#api/kubernetes.ts';
import { compare, fieldsOf, mergeApplied, removeFields } from './field-compare.ts';
import { difference, type FieldSet, intersection, pathsOf, union } from './field-set.ts';
import { isMap, type Json, same, without } from './json.ts';
import { asObject } from './kube-object.ts';
import { apiVersionOf, type Kind } from './kind.ts';
import { entriesOf, type Entry, lessened, ownable, sameOwner, withEntries } from './managed-fields.ts';
import type { Target } from './paths.ts';
import { checkName, isSet, objectIn, one, writeOptions } from './request-reading.ts';
import type { Server, ServerRequest } from './server.ts';
import { type Cause, causes, refusals, StatusError } from './status-error.ts';
import { checkStrictly } from './strict-fields.ts';
import { timestamp } from './writer.ts';

export interface Patched {
  readonly object: KubeObject;
  readonly created: boolean;
}

export function applied(
  server: Server,
  request: ServerRequest,
  target: Target,
  name: string,
  subresource: 'status' | undefined,
): Patched {
  const { kind } = target.served;
  const manager = one(request.query, 'fieldManager');
  if (manager === undefined || manager === '') throw missingManager();
  const config = configuration(objectIn(withName(request.body, name), target), kind, subresource);
  checkName(config, name);
  checkStrictly(target.served, request, config);
  const ref = target.namespace === undefined ? { name } : { name, namespace: target.namespace };
  const live = server.storage.get(kind, ref);
  const result = merged({
    kind,
    live,
    config,
    manager,
    subresource: subresource ?? '',
    force: isSet(request.query, 'force'),
    time: timestamp(server.clock.now()),
  });
  const options = {
    ...writeOptions(request),
    ownershipDone: true,
    ...(subresource === undefined ? {} : { subresource }),
  };
  if (live !== undefined) return { object: server.writer.update(kind, result, options), created: false };
  if (subresource !== undefined) throw refusals.notFound(target.served.resource, name);
  return { object: server.writer.create(kind, result, options), created: true };
}

function missingManager(): StatusError {
  return refusals.invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    causes.required('fieldManager', 'is required for apply patch'),
  ]);
}

function withName(body: unknown, name: string): unknown {
  if (!isMap(body)) return body;
  const metadata: Json = isMap(body['metadata']) ? body['metadata'] : {};
  return metadata['name'] === undefined ? { ...body, metadata: { ...metadata, name } } : body;
}

/** What of the sent object may be applied here: without nulls, and without the half that belongs to the other subresource. */
function configuration(sent: KubeObject, kind: Kind, subresource: 'status' | undefined): KubeObject {
  if (sent.metadata['managedFields'] !== undefined) throw refusals.badRequest('metadata.managedFields must be nil');
  const { name, namespace, resourceVersion, uid } = sent.metadata;
  const clean = asObject(withoutNulls(sent));
  if (subresource === 'status') {
    const { apiVersion, kind: kindName } = clean;
    const metadata = { name, namespace, resourceVersion, uid };
    return asObject(withoutNulls({ apiVersion, kind: kindName, metadata, status: clean['status'] }));
  }
  return kind.hasStatus ? asObject(without(clean, 'status')) : clean;
}

function withoutNulls(value: Json): Json {
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, isMap(inner) ? withoutNulls(inner) : inner]));
}

interface Application {
  readonly kind: Kind;
  readonly live: KubeObject | undefined;
  readonly config: KubeObject;
  readonly manager: string;
  readonly subresource: string;
  readonly force: boolean;
  readonly time: string;
}

function merged({ kind, live, config, manager, subresource, force, time }: Application): KubeObject {
  const apiVersion = apiVersionOf(kind.resource.group, kind.resource.version);
  const self = { manager, operation: 'Apply' as const, apiVersion, subresource };
  const entries = live === undefined ? [] : entriesOf(live);
  const own = entries.find((entry) => sameOwner(entry, self));
  const others = entries.filter((entry) => entry !== own);
  const fields = ownable(kind, fieldsOf(kind.shape, config), subresource);
  const laid = mergeApplied(kind.shape, live, config);
  const object = asMap(own === undefined ? laid : dropAbandoned(kind, laid, own, fields, others));
  const found = compare(kind.shape, live, object);
  const changes = {
    touched: ownable(kind, found.touched, subresource),
    removed: ownable(kind, found.removed, subresource),
  };
  const conflicts = live === undefined || force ? [] : conflictsOf(others, changes.touched);
  if (conflicts.length > 0) throw conflictError(conflicts);
  const unchanged = own !== undefined && same(own.fields, fields) && same(live, object);
  const kept = others.flatMap((entry) => lessened(entry, changes));
  const mine = fields === undefined ? [] : [{ ...self, time: unchanged ? own.time : time, fields }];
  return withEntries(asObject(object), [...kept, ...mine]);
}

const asMap = (value: unknown): Json => (isMap(value) ? value : {});

/** Fields that this manager applied before, sends no longer, and nobody else owns, go. */
function dropAbandoned(
  kind: Kind,
  object: unknown,
  own: Entry,
  fields: FieldSet | undefined,
  others: readonly Entry[],
): unknown {
  const kept = others.reduce<FieldSet | undefined>((all, entry) => union(all, entry.fields), fields);
  const abandoned = difference(own.fields, kept);
  return abandoned === undefined ? object : removeFields(kind.shape, object, abandoned, kept);
}

interface Conflict {
  readonly owner: string;
  readonly path: string;
}

function conflictsOf(others: readonly Entry[], touched: FieldSet | undefined): readonly Conflict[] {
  return others.flatMap((entry) =>
    pathsOf(intersection(entry.fields, touched)).map((path) => ({ owner: ownerText(entry), path })),
  );
}

function ownerText({ manager, subresource, operation, apiVersion }: Entry): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Apply' ? name : `${name} using ${apiVersion}`;
}

function conflictError(conflicts: readonly Conflict[]): StatusError {
  const list: Cause[] = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${owner}`,
    field: path,
  }));
  return new StatusError(409, 'Conflict', conflictText(conflicts), { causes: list });
}

function conflictText(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.path}`;
  }
  const owners = [...new Set(conflicts.map(({ owner }) => owner))].sort();
  const lines = owners.flatMap((owner) => [
    `conflicts with ${owner}:`,
    ...conflicts.filter((conflict) => conflict.owner === owner).map(({ path }) => `- ${path}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}
