/** The write path of the API server: identity, defaults, validation, versions, generations and deletion of any object. */
import type { KubeObject, ObjectMeta, Ref } from '#api/kubernetes.ts';
import { adopt, isMap, type Json, same, without } from './json.ts';
import { asObject } from './kube-object.ts';
import type { Kind, World } from './kind.ts';
import { type FieldOwner, trackUpdate } from './managed-fields.ts';
import { checkMetadata, checkMetadataUpdate } from './metadata-rules.ts';
import { removedNow, removalMark, type DeleteWish } from './removal.ts';
import { causes, refusals, StatusError } from './status-error.ts';
import type { Storage } from './storage.ts';

export interface WriteOptions {
  readonly owner?: FieldOwner;
  readonly subresource?: 'status';
  readonly dryRun?: boolean;
  /** The write came by another subresource, which managedFields names. */
  readonly via?: 'scale';
  /** Server-side apply has worked out who owns what already: its managedFields are taken as they are. */
  readonly ownershipDone?: boolean;
}

export interface Writer {
  readonly world: World;
  create(kind: Kind, object: KubeObject, options?: WriteOptions): KubeObject;
  /** Returns the stored object as it is when nothing changes. */
  update(kind: Kind, object: KubeObject, options?: WriteOptions): KubeObject;
  /** Returns the object that is going, or `undefined` when it is gone. */
  delete(kind: Kind, ref: Ref, wish?: DeleteWish): KubeObject | undefined;
}

export interface WriterOptions {
  readonly storage: Storage;
  readonly now: () => number;
  readonly random: () => number;
  readonly findKind: (group: string, plural: string) => Kind | undefined;
  readonly allKinds: () => readonly Kind[];
}

export function createWriter({ storage, now, random, findKind, allKinds }: WriterOptions): Writer {
  const world: World = {
    get now() {
      return now();
    },
    list(group, plural) {
      const kind = findKind(group, plural);
      return kind === undefined ? [] : storage.list(kind);
    },
    holds(group, plural, field, text) {
      const kind = findKind(group, plural);
      return kind !== undefined && storage.holds(kind, field, text);
    },
  };
  // Virtual time stands still while hundreds of objects are written.
  let stamped = { at: Number.NaN, text: '' };
  const stamp = (): string => {
    const at = now();
    if (stamped.at !== at) stamped = { at, text: timestamp(at) };
    return stamped.text;
  };

  function requireNamespace(kind: Kind, name: string, namespace: string | undefined): void {
    if (!kind.resource.namespaced) return;
    const namespaces = findKind('', 'namespaces');
    if (namespaces === undefined) return;
    const found = storage.get(namespaces, { name: namespace ?? '' });
    if (found === undefined) throw refusals.notFound(namespaces.resource, namespace ?? '');
    if (found.metadata.deletionTimestamp !== undefined) {
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw refusals.forbidden(kind.resource, name, why);
    }
  }

  function finish(kind: Kind, object: KubeObject, before: KubeObject | undefined): KubeObject {
    const complete = kind.defaults?.(object, before, world) ?? object;
    const wrong = [...checkMetadata(kind, complete), ...(kind.validate?.(complete, before, world) ?? [])];
    if (wrong.length > 0) throw refusals.invalid(kind.resource, object.metadata.name, wrong);
    return complete;
  }

  function create(kind: Kind, wish: KubeObject, options: WriteOptions = {}): KubeObject {
    const name = nameOf(kind, wish, random);
    if (wish.metadata.resourceVersion !== undefined && wish.metadata.resourceVersion !== '') {
      throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    requireNamespace(kind, name, wish.metadata.namespace);
    const metadata: ObjectMeta = {
      ...forgetServerFields(wish.metadata),
      name,
      uid: uuid(random),
      creationTimestamp: stamp(),
      ...(kind.generation === undefined ? {} : { generation: 1 }),
    };
    const bare = kind.hasStatus ? withoutField(wish, 'status') : wish;
    const status = kind.emptyStatus === undefined ? {} : { status: kind.emptyStatus };
    const object = finish(kind, adopt({ ...bare, metadata, ...status }), undefined);
    if (storage.get(kind, refOf(object)) !== undefined) throw refusals.exists(kind.resource, name);
    const owned =
      options.ownershipDone === true ? object : trackUpdate(kind, undefined, object, options.owner, stamp());
    const whole = kind.allocate?.(owned, undefined, world) ?? owned;
    if (options.dryRun === true) return adopt(whole);
    const stored = withVersion(whole, storage.nextVersion());
    storage.put(kind, stored, undefined);
    return stored;
  }

  function update(kind: Kind, wish: KubeObject, options: WriteOptions = {}): KubeObject {
    const before = storage.get(kind, refOf(wish));
    if (before === undefined) throw refusals.notFound(kind.resource, wish.metadata.name);
    checkPreconditions(kind, before, wish.metadata);
    const merged = adopt(
      options.subresource === 'status' ? withStatusOf(kind, before, wish) : withSpecOf(kind, before, wish),
    );
    const finished = finish(kind, merged, before);
    const wrong = checkMetadataUpdate(before, finished);
    if (wrong.length > 0) throw refusals.invalid(kind.resource, before.metadata.name, wrong);
    const raised = options.subresource !== 'status' && generationRaised(kind, before, finished);
    const bumped = raised ? withGeneration(finished, before) : finished;
    const via = options.subresource ?? options.via;
    const owner = via === undefined ? options.owner : { ...options.owner, subresource: via };
    const owned =
      options.ownershipDone === true
        ? withOwnershipOf(bumped, wish)
        : trackUpdate(kind, before, bumped, owner, stamp());
    const object = kind.allocate?.(owned, before, world) ?? owned;
    if (same(before, object)) return before;
    if (options.dryRun === true) return adopt(object);
    return store(kind, object, before);
  }

  /** Stores, or removes when the update took away the last thing that held a deleted object. */
  function store(kind: Kind, object: KubeObject, before: KubeObject): KubeObject {
    const stored = withVersion(object, storage.nextVersion());
    if (removedNow(kind, stored)) {
      storage.remove(kind, stored, before);
      emptied(stored.metadata.namespace);
    } else storage.put(kind, stored, before);
    return stored;
  }

  function remove(kind: Kind, ref: Ref, wish: DeleteWish = {}): KubeObject | undefined {
    const before = storage.get(kind, ref);
    if (before === undefined) throw refusals.notFound(kind.resource, ref.name);
    checkDeletePreconditions(kind, before, wish);
    const marked = removalMark(kind, before, wish, now());
    if (wish.dryRun === true) return marked;
    if (marked === undefined) {
      const last = withVersion(before, storage.nextVersion());
      storage.remove(kind, last, before);
      emptied(last.metadata.namespace);
      return undefined;
    }
    const going = same(marked, before) ? before : store(kind, adopt(marked), before);
    if (kind.resource.kind === 'Namespace') emptyNamespace(ref.name);
    return storage.get(kind, ref) === undefined ? undefined : going;
  }

  /** The namespace controller's work, done at once. */
  function emptyNamespace(namespace: string): void {
    for (const { kind, object } of contents(namespace)) {
      if (storage.get(kind, refOf(object)) === object) remove(kind, refOf(object));
    }
    emptied(namespace);
  }

  function* contents(namespace: string): Generator<{ kind: Kind; object: KubeObject }> {
    for (const kind of kindsOfNamespace()) {
      for (const object of storage.list(kind, namespace)) yield { kind, object };
    }
  }

  const kindsOfNamespace = (): readonly Kind[] => allKinds().filter((kind) => kind.resource.namespaced);

  /** A namespace on its way out goes with the last object in it. */
  function emptied(namespace: string | undefined): void {
    const namespaces = findKind('', 'namespaces');
    if (namespace === undefined || namespaces === undefined) return;
    const object = storage.get(namespaces, { name: namespace });
    if (object?.metadata.deletionTimestamp === undefined || contents(namespace).next().done !== true) return;
    const last = withVersion(object, storage.nextVersion());
    storage.remove(namespaces, last, object);
  }

  return { world, create, update, delete: remove };
}

export const refOf = (object: KubeObject): Ref =>
  object.metadata.namespace === undefined
    ? { name: object.metadata.name }
    : { namespace: object.metadata.namespace, name: object.metadata.name };

/** Kubernetes' timestamps have whole seconds. */
export const timestamp = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`;

/** Without the letters and digits that could spell words, as upstream's. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

function nameOf(kind: Kind, object: KubeObject, random: () => number): string {
  if (typeof object.metadata.name === 'string' && object.metadata.name !== '') return object.metadata.name;
  const prefix = object.metadata['generateName'];
  if (typeof prefix !== 'string' || prefix === '') {
    throw refusals.invalid(kind.resource, '', [causes.required('metadata.name', 'name or generateName is required')]);
  }
  const letters = Array.from({ length: 5 }, () => nameAlphabet[Math.floor(random() * nameAlphabet.length)]);
  return `${prefix.slice(0, 58)}${letters.join('')}`;
}

function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, (_, index) => {
    const digit = Math.floor(random() * 16);
    if (index === 12) return '4';
    return (index === 16 ? 8 + (digit % 4) : digit).toString(16);
  }).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function forgetServerFields(metadata: ObjectMeta): ObjectMeta {
  const {
    resourceVersion: _version,
    generation: _generation,
    deletionTimestamp: _deletion,
    deletionGracePeriodSeconds: _grace,
    selfLink: _link,
    ...rest
  } = metadata;
  return rest;
}

function withoutField(object: KubeObject, field: string): KubeObject {
  return asObject(without(object, field));
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return adopt({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
}

function withGeneration(object: KubeObject, before: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, generation: (before.metadata.generation ?? 0) + 1 } };
}

function checkPreconditions(kind: Kind, before: KubeObject, wish: ObjectMeta): void {
  const { name, uid, resourceVersion } = before.metadata;
  if (wish.uid !== undefined && wish.uid !== '' && wish.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wish.uid}, UID in object meta: ${uid}`;
    throw refusals.conflict(kind.resource, name, why);
  }
  if (wish.resourceVersion !== undefined && wish.resourceVersion !== '' && wish.resourceVersion !== resourceVersion) {
    throw refusals.stale(kind.resource, name);
  }
}

function checkDeletePreconditions(kind: Kind, before: KubeObject, wish: DeleteWish): void {
  const { name, uid, resourceVersion } = before.metadata;
  if (wish.uid !== undefined && wish.uid !== uid) {
    const why = `the UID in the precondition (${wish.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw refusals.conflict(kind.resource, name, why);
  }
  if (wish.resourceVersion !== undefined && wish.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wish.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw refusals.conflict(kind.resource, name, why);
  }
}

/** Metadata that belongs to the server whatever a client sends. */
const serverFields = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
] as const;

function serverMetadata(before: KubeObject): Json {
  return Object.fromEntries(serverFields.map((field) => [field, before.metadata[field]]));
}

function withSpecOf(kind: Kind, before: KubeObject, wish: KubeObject): KubeObject {
  const fields: Json = kind.hasStatus ? without(wish, 'status') : wish;
  const status = kind.hasStatus && before['status'] !== undefined ? { status: before['status'] } : {};
  const { managedFields, ...metadata } = wish.metadata;
  return {
    ...fields,
    ...status,
    apiVersion: before.apiVersion,
    kind: before.kind,
    metadata: { ...metadata, ...serverMetadata(before), ...clearedOwnership(managedFields) },
  };
}

/** Clients may reset the ownership of fields by sending a list with one empty entry; anything else they send is left alone. */
function clearedOwnership(sent: unknown): Json {
  const cleared = Array.isArray(sent) && sent.length === 1 && isMap(sent[0]) && Object.keys(sent[0]).length === 0;
  return cleared ? { managedFields: undefined } : {};
}

function withStatusOf(kind: Kind, before: KubeObject, wish: KubeObject): KubeObject {
  if (wish['status'] === undefined) return withoutField(before, 'status');
  if (kind.resource.kind !== 'Deployment') return { ...before, status: wish['status'] };
  // The Deployment controller notes the revision together with the status, as upstream allows it.
  const { annotations } = wish.metadata;
  return { ...before, metadata: { ...before.metadata, ...(annotations && { annotations }) }, status: wish['status'] };
}

function withOwnershipOf(object: KubeObject, wish: KubeObject): KubeObject {
  const { managedFields } = wish.metadata;
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

function generationRaised(kind: Kind, before: KubeObject, after: KubeObject): boolean {
  if (kind.generation === undefined) return false;
  const fields = kind.generation === 'rest' ? restFields(kind, before, after) : kind.generation;
  if (fields.some((field) => !same(before[field], after[field]))) return true;
  const copiesAnnotations = kind.resource.kind === 'Deployment';
  return copiesAnnotations && !same(before.metadata.annotations, after.metadata.annotations);
}

function restFields(kind: Kind, before: KubeObject, after: KubeObject): readonly string[] {
  const all = new Set([...Object.keys(before), ...Object.keys(after)]);
  for (const field of ['apiVersion', 'kind', 'metadata', ...(kind.hasStatus ? ['status'] : [])]) all.delete(field);
  return [...all];
}
