/** Who owns which field of an object, as `metadata.managedFields` records it. */
import type { KubeObject } from '#api/kubernetes.ts';
import { compare, type Comparison } from './field-compare.ts';
import { difference, type FieldSet, intersection, union, withoutPath } from './field-set.ts';
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

/** Fields that belong to the server: nobody owns them. */
const unowned: readonly (readonly string[])[] = [
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'generation',
    'resourceVersion',
    'managedFields',
    'selfLink',
  ].map((field) => ['f:metadata', `f:${field}`]),
];

export function ownable(kind: Kind, set: FieldSet | undefined, subresource: string | undefined): FieldSet | undefined {
  const status = kind.hasStatus && subresource !== 'status' ? [['f:status']] : [];
  // The finalizers of a namespace have a subresource of their own.
  const finalizers = kind.resource.kind === 'Namespace' ? [['f:spec', 'f:finalizers']] : [];
  const paths = [...unowned, ...status, ...finalizers];
  const rest = withoutSelf(paths.reduce<FieldSet | undefined>(withoutPath, set));
  const metadata = rest?.['f:metadata'];
  if (rest === undefined || !isMap(metadata)) return rest;
  const { '.': _self, ...inner } = metadata;
  if (Object.keys(inner).length === 0) return withoutPath(rest, ['f:metadata']);
  return { ...rest, 'f:metadata': inner };
}

/** The object as a whole is nobody's. */
function withoutSelf(set: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || !('.' in set)) return set;
  const { '.': _self, ...rest } = set;
  return Object.keys(rest).length === 0 ? undefined : rest;
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
  const disputed = entries.some((entry) => entry !== own && intersection(entry.fields, touched) !== undefined);
  if (removed === undefined && !disputed && own && difference(touched, own.fields) === undefined) return after;
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
