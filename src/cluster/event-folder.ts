/** Which Event an occurrence becomes: a new one, a higher count of a known one, or one for many similar ones. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Clock } from '#runtime/clock.ts';

export interface EventSpec {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** An occurrence that has found its Event. */
export interface FoldedEvent {
  readonly spec: EventSpec;
  readonly involved: { readonly namespace?: string; readonly name: string };
  /** 1 for a new Event. */
  readonly count: number;
  /** The whole Event as it should be on the server. */
  readonly body: KubeObject;
}

interface Row {
  name: string;
  readonly firstTimestamp: string;
  count: number;
}

interface Similar {
  readonly messages: Set<string>;
  lastSeen: number;
}

/** client-go's correlator: from ten different messages within ten minutes on, similar Events share one. */
const similarLimit = 10;
const similarWindow = 600_000;
/** client-go's cache size; the row that was not added to for the longest time is forgotten first. */
const mostRows = 4_096;
/** Leaves room for the dot and 16 hexadecimal digits within the 253 characters of a name. */
const longestName = 236;

export class EventFolder {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #component: string;
  readonly #rows = new Map<string, Row>();
  readonly #similar = new Map<string, Similar>();

  constructor(options: { readonly clock: Clock; readonly random: () => number; readonly component: string }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#component = options.component;
  }

  fold(object: KubeObject, spec: EventSpec): FoldedEvent {
    const kin = JSON.stringify([
      object.apiVersion,
      object.kind,
      object.metadata.namespace,
      object.metadata.name,
      object.metadata.uid,
      spec.type,
      spec.reason,
    ]);
    const combined = this.#isOneOfMany(kin, spec.message);
    const message = combined ? `(combined from similar events): ${spec.message}` : spec.message;
    const row = this.#count(combined ? kin : `${kin} ${spec.message}`, object.metadata.name);
    const { namespace, name } = object.metadata;
    return {
      spec,
      involved: namespace === undefined ? { name } : { namespace, name },
      count: row.count,
      body: this.#body(object, { ...spec, message }, row),
    };
  }

  /** Another name for an Event whose name was taken; later ones of its row use it too. */
  rename(event: FoldedEvent): KubeObject {
    const name = this.#name(event.involved.name);
    for (const row of this.#rows.values()) if (row.name === event.body.metadata.name) row.name = name;
    return { ...event.body, metadata: { ...event.body.metadata, name } };
  }

  #isOneOfMany(kin: string, message: string): boolean {
    const now = this.#clock.now();
    const known = this.#similar.get(kin);
    const similar =
      known === undefined || now - known.lastSeen > similarWindow
        ? { messages: new Set<string>(), lastSeen: now }
        : known;
    similar.lastSeen = now;
    similar.messages.add(message);
    remember(this.#similar, kin, similar);
    if (similar.messages.size < similarLimit) return false;
    // Room for the next one, so that the set does not grow.
    for (const oldest of similar.messages) {
      similar.messages.delete(oldest);
      break;
    }
    return true;
  }

  #count(key: string, objectName: string): Row {
    const known = this.#rows.get(key);
    const row = known ?? { name: this.#name(objectName), firstTimestamp: timestamp(this.#clock.now()), count: 0 };
    row.count += 1;
    remember(this.#rows, key, row);
    return row;
  }

  /** `<object>.<hexadecimal nanoseconds>`; chance stands in for the nanoseconds that the clock does not give. */
  #name(objectName: string): string {
    const nanoseconds =
      BigInt(Math.floor(this.#clock.now())) * 1_000_000n + BigInt(Math.floor(this.#random() * 1_000_000));
    return `${objectName.slice(0, longestName)}.${nanoseconds.toString(16)}`;
  }

  #body(object: KubeObject, spec: EventSpec, row: Row): KubeObject {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: row.name, namespace: namespace ?? 'default' },
      involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion },
      type: spec.type,
      reason: spec.reason,
      message: spec.message,
      source: { component: this.#component },
      reportingComponent: this.#component,
      reportingInstance: '',
      firstTimestamp: row.firstTimestamp,
      lastTimestamp: timestamp(this.#clock.now()),
      count: row.count,
    };
  }
}

/** Puts an entry at the young end of a bounded map. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= mostRows) return;
    map.delete(oldest);
  }
}

/** Events carry whole seconds. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
