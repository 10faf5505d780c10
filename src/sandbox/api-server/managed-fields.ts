/** Who owns which field of an object, as `metadata.managedFields` records it. */
import type { KubeObject } from '#api/kubernetes.ts';
import { compare, type Comparison } from './field-compare.ts';
import { child, covers, difference, type FieldSet, intersects, node, union, withoutPath } from './field-set.ts';
import { isMap, type Json, textAt } from './json.ts';
import { apiVersionOf, type Kind } from './kind.ts';

/** The writer of a request. */
export interface FieldOwner {
  readonly manager?: string;
  readonly subresource?: string;
}

export interface Entry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly fields: FieldSet;
}

/** Fields that belong to the server: nobody owns them. `.` is the object as a whole. */
const unowned: ReadonlySet<string> = new Set(['.', 'f:apiVersion', 'f:kind']);
const unownedMetadata: ReadonlySet<string> = new Set([
  '.',
  'f:name',
  'f:namespace',
  'f:uid',
  'f:creationTimestamp',
  'f:generation',
  'f:resourceVersion',
  'f:managedFields',
  'f:selfLink',
]);

export function ownable(kind: Kind, set: FieldSet | undefined, subresource: string | undefined): FieldSet | undefined {
  if (set === undefined) return undefined;
  const rest: Record<string, FieldSet> = {};
  for (const key in set) {
    if (unowned.has(key) || (key === 'f:status' && kind.hasStatus && subresource !== 'status')) continue;
    const inner = ownablePart(kind, key, child(set, key));
    if (inner !== undefined) rest[key] = inner;
  }
  return node(false, rest);
}

function ownablePart(kind: Kind, key: string, set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined) return undefined;
  // The finalizers of a namespace have a subresource of their own.
  if (key === 'f:spec' && kind.resource.kind === 'Namespace') return withoutPath(set, ['f:finalizers']);
  if (key !== 'f:metadata') return set;
  const rest: Record<string, FieldSet> = {};
  for (const field in set) {
    const inner = unownedMetadata.has(field) ? undefined : child(set, field);
    if (inner !== undefined) rest[field] = inner;
  }
  return node(false, rest);
}

/** The object with the ownership that an ordinary write leaves. */
export function trackUpdate(
  kind: Kind,
  before: KubeObject | undefined,
  after: KubeObject,
  owner: FieldOwner | undefined,
  time: string,
): KubeObject {
  const changes = compare(kind.shape, before, after);
  const subresource = owner?.subresource ?? '';
  const touched = ownable(kind, changes.touched, subresource);
  const removed = ownable(kind, changes.removed, subresource);
  if (touched === undefined && removed === undefined) return after;
  const { group, version } = kind.resource;
  const self = {
    manager: owner?.manager ?? 'unknown',
    operation: 'Update' as const,
    apiVersion: apiVersionOf(group, version),
    subresource,
  };
  const entries = entriesOf(after);
  const own = entries.find((entry) => sameOwner(entry, self));
  // The usual case, and the cheap one: the writer owns it all already. Its time is that of the last change of what it owns.
  const disputed = entries.some((entry) => entry !== own && intersects(entry.fields, touched));
  if (removed === undefined && !disputed && own && covers(own.fields, touched)) return after;
  const fields = difference(union(own?.fields, touched), removed);
  const others = entries.filter((entry) => entry !== own).flatMap((entry) => lessened(entry, { touched, removed }));
  const ownEntry =
    fields === undefined ? [] : [{ ...self, time: touched === undefined ? (own?.time ?? time) : time, fields }];
  return withEntries(after, [...others, ...ownEntry]);
}

/** What another owner keeps when fields were taken from it. */
export function lessened(entry: Entry, { touched, removed }: Comparison): Entry[] {
  const fields = difference(difference(entry.fields, touched), removed);
  return fields === undefined ? [] : [{ ...entry, fields }];
}

type Owner = Pick<Entry, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

export const sameOwner = (a: Owner, b: Owner): boolean =>
  a.manager === b.manager &&
  a.operation === b.operation &&
  a.subresource === b.subresource &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

export function entriesOf(object: KubeObject): Entry[] {
  const list = object.metadata['managedFields'];
  if (!Array.isArray(list)) return [];
  return list.filter(isMap).flatMap((entry) => {
    const fields = entry['fieldsV1'];
    if (!isMap(fields)) return [];
    return [
      {
        manager: textAt(entry, 'manager'),
        operation: entry['operation'] === 'Apply' ? 'Apply' : 'Update',
        apiVersion: textAt(entry, 'apiVersion'),
        subresource: textAt(entry, 'subresource'),
        time: textAt(entry, 'time'),
        fields,
      },
    ];
  });
}

export function withEntries(object: KubeObject, entries: readonly Entry[]): KubeObject {
  const managedFields = [...entries].sort(byOperationThenTime).map(encoded);
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function encoded({ manager, operation, apiVersion, subresource, time, fields }: Entry): Json {
  return {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
    ...(subresource === '' ? {} : { subresource }),
  };
}

function byOperationThenTime(a: Entry, b: Entry): number {
  const order = [
    [a.operation, b.operation],
    [a.time, b.time],
    [a.manager, b.manager],
    [a.subresource, b.subresource],
  ] as const;
  const [x, y] = order.find(([left, right]) => left !== right) ?? ['', ''];
  if (x === y) return 0;
  return x < y ? -1 : 1;
}
