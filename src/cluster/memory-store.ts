/** The objects of one kind in memory, written by one watcher and read by everybody. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { keyOf, refOf } from './resource.ts';
import type { ChangeHandler, Store } from './store.ts';

/** The values under which an object is found. */
export type IndexFunction = (object: KubeObject) => readonly string[];

export interface MemoryStoreOptions {
  /** What belongs into this store; own writes of other objects are not learned. Default: everything. */
  readonly holds?: (object: KubeObject) => boolean;
  /** Drop the `kubectl.kubernetes.io/last-applied-configuration` annotation. Default false. */
  readonly dropLastApplied?: boolean;
  /** A change handler has thrown: a bug there must not stop the store. */
  readonly onHandlerError?: (error: unknown) => void;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Objects are never changed after they came in, and an object never gets older: of two versions of one incarnation the newer one stays,
 * whatever the order of arrival. Readers must not write to what they read. The exception is a list that is older than what has been seen:
 * then the API server itself went back, as after its etcd was restored from a backup, and the list alone counts.
 */
export class MemoryStore implements Store {
  readonly #options: MemoryStoreOptions;
  readonly #objects = new Map<string, KubeObject>();
  readonly #byNamespace = new Index((object) => [object.metadata.namespace ?? '']);
  readonly #indexes = new Map<string, { make: IndexFunction; index: Index }>();
  readonly #handlers = new Set<ChangeHandler>();
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  /** Everything up to this version has been seen: what is not here then is gone. */
  #seen: string | undefined;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    // Nobody may be waiting when the store is stopped before its first list.
    this.#ready.promise.catch(() => {});
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(ref: Ref): KubeObject | undefined {
    return this.#objects.get(keyOf(ref));
  }

  list(namespace?: string): KubeObject[] {
    if (namespace === undefined) return [...this.#objects.values()];
    return this.#at(this.#byNamespace.keys(namespace));
  }

  byIndex(index: string, value: string): KubeObject[] {
    const known = this.#indexes.get(index);
    if (known === undefined) throw new Error(`Cannot read index "${index}": the store has only ${this.#indexNames()}`);
    return this.#at(known.index.keys(value));
  }

  /** Adds an index over what is there and what comes. The same name may be added again with the same function. */
  addIndex(name: string, make: IndexFunction): void {
    const known = this.#indexes.get(name);
    if (known?.make === make) return;
    if (known !== undefined) throw new Error(`Cannot add index "${name}": the store has another one of this name`);
    const index = new Index(make);
    for (const [key, object] of this.#objects) index.add(key, object);
    this.#indexes.set(name, { make, index });
  }

  onChange(handler: ChangeHandler): () => void {
    this.#handlers.add(handler);
    for (const object of this.#objects.values()) this.#call(handler, undefined, object);
    return () => this.#handlers.delete(handler);
  }

  learn(object: KubeObject): void {
    if (this.#options.holds?.(object) === false) return;
    const version = object.metadata.resourceVersion;
    // The watch has told all about this version; it would bring back what has been deleted since.
    if (this.#seen === undefined || !isNewer(version, this.#seen)) return;
    this.#put(object);
  }

  /** Takes an object from the watch. */
  put(object: KubeObject): void {
    this.mark(object.metadata.resourceVersion);
    this.#put(object);
  }

  /** Takes a deletion from the watch; `object` is its last state. */
  drop(object: KubeObject): void {
    this.mark(object.metadata.resourceVersion);
    const key = keyOf(refOf(object));
    const before = this.#objects.get(key);
    // An own write has already brought the next incarnation.
    if (before === undefined || isNewer(before.metadata.resourceVersion, object.metadata.resourceVersion)) return;
    this.#unset(key, before);
    this.#emit(before, undefined);
  }

  /** The watch has told everything up to `version`. */
  mark(version: string | undefined): void {
    if (version !== undefined && !isNewer(this.#seen, version)) this.#seen = version;
  }

  /** Takes a whole list that was true at `version`: readers see all of it at once, and handlers are told of what really differs. */
  swap(objects: Iterable<KubeObject>, version: string): void {
    const changes: [KubeObject | undefined, KubeObject | undefined][] = [];
    const wentBack = isNewer(this.#seen, version);
    const listed = new Set<string>();
    for (const object of objects) {
      const key = keyOf(refOf(object));
      listed.add(key);
      const change = wentBack ? this.#restore(key, object) : this.#replace(key, object);
      if (change !== undefined) changes.push(change);
    }
    for (const [key, before] of this.#objects) {
      // Own writes that are newer than the list are not in it.
      if (listed.has(key) || (!wentBack && isNewer(before.metadata.resourceVersion, version))) continue;
      this.#unset(key, before);
      changes.push([before, undefined]);
    }
    this.#seen = version;
    this.#isReady = true;
    this.#ready.resolve();
    for (const [before, after] of changes) this.#emit(before, after);
  }

  /** The store will not become ready any more. */
  close(reason: unknown): void {
    this.#ready.reject(reason);
    this.#handlers.clear();
  }

  #put(object: KubeObject): void {
    const change = this.#replace(keyOf(refOf(object)), object);
    if (change !== undefined) this.#emit(...change);
  }

  /** Puts the object in unless what is there is the same or newer; gives back the change. */
  #replace(key: string, object: KubeObject): [KubeObject | undefined, KubeObject] | undefined {
    const before = this.#objects.get(key);
    if (before !== undefined && !supersedes(object, before)) return undefined;
    return this.#set(key, before, this.#strip(object));
  }

  /** Puts the object in whatever its version: a history that was begun again gives the same versions to other states. */
  #restore(key: string, object: KubeObject): [KubeObject | undefined, KubeObject] | undefined {
    const before = this.#objects.get(key);
    const after = this.#strip(object);
    return isDeepStrictEqual(before, after) ? undefined : this.#set(key, before, after);
  }

  #set(key: string, before: KubeObject | undefined, after: KubeObject): [KubeObject | undefined, KubeObject] {
    if (before !== undefined) this.#unset(key, before, true);
    this.#objects.set(key, after);
    this.#byNamespace.add(key, after);
    for (const { index } of this.#indexes.values()) index.add(key, after);
    return [before, after];
  }

  /** `replacing` keeps the key's place in the order of the objects. */
  #unset(key: string, before: KubeObject, replacing = false): void {
    if (!replacing) this.#objects.delete(key);
    this.#byNamespace.remove(key, before);
    for (const { index } of this.#indexes.values()) index.remove(key, before);
  }

  #strip(object: KubeObject): KubeObject {
    const { managedFields: _, ...metadata } = object.metadata;
    if (this.#options.dropLastApplied === true && metadata.annotations?.[lastApplied] !== undefined) {
      const { [lastApplied]: _, ...annotations } = metadata.annotations;
      return { ...object, metadata: { ...metadata, annotations } };
    }
    return { ...object, metadata };
  }

  #at(keys: Iterable<string>): KubeObject[] {
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  #emit(before: KubeObject | undefined, after: KubeObject | undefined): void {
    for (const handler of this.#handlers) this.#call(handler, before, after);
  }

  #call(handler: ChangeHandler, before: KubeObject | undefined, after: KubeObject | undefined): void {
    try {
      handler(before, after);
    } catch (error) {
      this.#options.onHandlerError?.(error);
    }
  }

  #indexNames(): string {
    return [...this.#indexes.keys()].map((name) => `"${name}"`).join(', ') || 'none';
  }
}

/** Keys of objects by the values that an index function gives. */
class Index {
  readonly #make: IndexFunction;
  readonly #keys = new Map<string, Set<string>>();

  constructor(make: IndexFunction) {
    this.#make = make;
  }

  keys(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }

  add(key: string, object: KubeObject): void {
    for (const value of this.#make(object)) {
      const keys = this.#keys.get(value) ?? new Set();
      this.#keys.set(value, keys.add(key));
    }
  }

  remove(key: string, object: KubeObject): void {
    for (const value of this.#make(object)) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
  }
}

/** Another incarnation or a newer version. Of versions that cannot be compared the one that came last counts, unless it is the same. */
function supersedes(next: KubeObject, before: KubeObject): boolean {
  const [a, b] = [next.metadata.resourceVersion, before.metadata.resourceVersion];
  if (a === b) return false;
  return !isNewer(b, a);
}

/** True only if both are numbers, as every etcd-backed API server has them, and `a` is the greater one. */
export function isNewer(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a > b : stripZeros(a).length > stripZeros(b).length;
}

function stripZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
