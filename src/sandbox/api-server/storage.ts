/** The sandbox's etcd: objects by kind under one global version counter, with a bounded log of changes for watches. */
import type { KubeObject, Ref } from '#api/kubernetes.ts';
import { textAt } from './json.ts';
import type { Kind } from './kind.ts';
import { kindId } from './kind.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: Kind;
  /** After the change; for `DELETED` the last state with the version of the deletion. */
  readonly object: KubeObject;
  readonly before?: KubeObject;
  readonly version: number;
}

export type Observer = (change: Change) => void;

/** How many changes a kind remembers: many times what a watch misses while it reconnects. */
const logLimit = 4096;

export class Storage {
  #version = 0;
  readonly #tables = new Map<string, Table>();
  readonly #subscribers = new Set<Observer>();
  readonly #undelivered: Change[] = [];
  #delivering = false;

  get version(): number {
    return this.#version;
  }

  nextVersion(): number {
    return ++this.#version;
  }

  get(kind: Kind, ref: Ref): KubeObject | undefined {
    return this.#table(kind).get(ref);
  }

  /** In the order of etcd's keys: namespace, then name. */
  list(kind: Kind, namespace?: string): readonly KubeObject[] {
    return this.#table(kind).list(namespace);
  }

  /** Whether an object of the kind has this text in this field of its spec, without looking at them all. */
  holds(kind: Kind, field: string, text: string): boolean {
    return this.#table(kind).holds(field, text);
  }

  /** Stores what the writer has made of the object; its resourceVersion must come from `nextVersion`. */
  put(kind: Kind, object: KubeObject, before: KubeObject | undefined): void {
    this.#table(kind).put(object);
    const type = before === undefined ? 'ADDED' : 'MODIFIED';
    this.#announce({ type, kind, object, version: this.#version, ...(before === undefined ? {} : { before }) });
  }

  remove(kind: Kind, last: KubeObject, before: KubeObject): void {
    this.#table(kind).remove(last);
    this.#announce({ type: 'DELETED', kind, object: last, before, version: this.#version });
  }

  /** Called at once for each change of the kind. */
  observe(kind: Kind, observer: Observer): () => void {
    const { observers } = this.#table(kind);
    observers.add(observer);
    return () => observers.delete(observer);
  }

  /** Called for changes of all kinds, one after the other even when a subscriber writes. */
  subscribe(observer: Observer): () => void {
    this.#subscribers.add(observer);
    return () => this.#subscribers.delete(observer);
  }

  /** The changes after `version`, `undefined` when some of them are forgotten. */
  changesSince(kind: Kind, version: number): readonly Change[] | undefined {
    const { log, compacted } = this.#table(kind);
    if (version < compacted) return undefined;
    const first = log.findLastIndex((change) => change.version <= version) + 1;
    return log.slice(first);
  }

  compactedVersion(kind: Kind): number {
    return this.#table(kind).compacted;
  }

  /** Forgets the logs: every older resourceVersion is then too old. */
  compact(): void {
    for (const table of this.#tables.values()) table.compact(this.#version);
  }

  /** Forgets the kind. */
  drop(kind: Kind): void {
    this.#tables.delete(kindId(kind.resource));
  }

  #table(kind: Kind): Table {
    const id = kindId(kind.resource);
    let table = this.#tables.get(id);
    if (table === undefined) {
      table = new Table();
      this.#tables.set(id, table);
    }
    return table;
  }

  #announce(change: Change): void {
    const table = this.#table(change.kind);
    table.remember(change);
    for (const observer of table.observers) observer(change);
    this.#undelivered.push(change);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#undelivered.shift(); next !== undefined; next = this.#undelivered.shift()) {
        for (const subscriber of this.#subscribers) subscriber(next);
      }
    } finally {
      this.#delivering = false;
    }
  }
}

/** The objects of one kind. */
class Table {
  readonly observers = new Set<Observer>();
  readonly log: Change[] = [];
  compacted = 0;
  readonly #byNamespace = new Map<string, Map<string, KubeObject>>();
  /** Sorted lists by namespace (`*` for all), dropped when they change. */
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  /** How many objects have a text in a field of their spec, by field and text, for the fields that were asked for. */
  readonly #texts = new Map<string, Map<string, number>>();

  get(ref: Ref): KubeObject | undefined {
    return this.#byNamespace.get(ref.namespace ?? '')?.get(ref.name);
  }

  list(namespace: string | undefined): readonly KubeObject[] {
    const key = namespace ?? '*';
    const known = this.#sorted.get(key);
    if (known !== undefined) return known;
    const sorted =
      namespace === undefined
        ? [...this.#byNamespace.keys()].sort(byText).flatMap((each) => this.list(each))
        : [...(this.#byNamespace.get(namespace)?.values() ?? [])].sort((a, b) =>
            byText(a.metadata.name, b.metadata.name),
          );
    this.#sorted.set(key, Object.freeze(sorted));
    return sorted;
  }

  holds(field: string, text: string): boolean {
    let counts = this.#texts.get(field);
    if (counts === undefined) {
      counts = new Map();
      this.#texts.set(field, counts);
      for (const object of this.list(undefined)) count(counts, field, object, 1);
    }
    return counts.has(text);
  }

  put(object: KubeObject): void {
    const namespace = object.metadata.namespace ?? '';
    let objects = this.#byNamespace.get(namespace);
    if (objects === undefined) {
      objects = new Map();
      this.#byNamespace.set(namespace, objects);
    }
    this.#recount(objects.get(object.metadata.name), object);
    objects.set(object.metadata.name, object);
    this.#forgetSorted(namespace);
  }

  remove(object: KubeObject): void {
    const namespace = object.metadata.namespace ?? '';
    const objects = this.#byNamespace.get(namespace);
    this.#recount(objects?.get(object.metadata.name), undefined);
    objects?.delete(object.metadata.name);
    if (objects?.size === 0) this.#byNamespace.delete(namespace);
    this.#forgetSorted(namespace);
  }

  remember(change: Change): void {
    this.log.push(change);
    if (this.log.length > 2 * logLimit) {
      const dropped = this.log.splice(0, logLimit);
      this.compacted = dropped.at(-1)?.version ?? this.compacted;
    }
  }

  compact(version: number): void {
    this.log.length = 0;
    this.compacted = version;
  }

  #recount(before: KubeObject | undefined, after: KubeObject | undefined): void {
    for (const [field, counts] of this.#texts) {
      if (before !== undefined) count(counts, field, before, -1);
      if (after !== undefined) count(counts, field, after, 1);
    }
  }

  #forgetSorted(namespace: string): void {
    this.#sorted.delete(namespace);
    this.#sorted.delete('*');
  }
}

function count(counts: Map<string, number>, field: string, object: KubeObject, by: number): void {
  const text = textAt(object['spec'], field);
  const left = (counts.get(text) ?? 0) + by;
  if (left === 0) counts.delete(text);
  else counts.set(text, left);
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
