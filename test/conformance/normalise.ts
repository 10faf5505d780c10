/** Puts placeholders where two runs of the same scenario differ by nature: hashes, ids, times, addresses. */
import type { KubeObject } from '#api/kubernetes.ts';
import { dig, digRecord, digText, mapTexts } from './json.ts';
import { mapValues, type EventLine, type HookCall, type Moment, type Recording, type Snapshot } from './trace.ts';
import type { State } from './projection.ts';

/** Real addresses of the scripted servers, as the manifests see them. */
export interface Addresses {
  readonly metrics: string;
  readonly hooks: string;
}

/** Numbers hashes in the order in which they appear; whoever records shows it every object and every webhook call. */
export class Placeholders {
  readonly #addresses: Addresses;
  /** Values that are replaced where they are the whole text: their texts are short and could be found anywhere. */
  readonly #whole = new Map<string, string>();
  /** Values that are replaced inside longer texts too. */
  readonly #inside = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  seeObject(object: KubeObject): void {
    if (object.kind === 'Canary') this.#seeCanary(object);
    if (object.kind === 'ReplicaSet')
      this.#learn(this.#inside, 'hash', object.metadata.labels?.['rollouts-pod-template-hash']);
  }

  seeHook(body: unknown): void {
    this.#learn(this.#whole, 'checksum', dig(body, 'checksum'));
  }

  /** Any JSON value with all placeholders put in. */
  apply(value: unknown): unknown {
    return mapTexts(value, (text) => this.text(text));
  }

  text(text: string): string {
    const whole = this.#whole.get(text);
    if (whole !== undefined) return whole;
    let result = text.replaceAll(this.#addresses.metrics, '${metrics}').replaceAll(this.#addresses.hooks, '${hooks}');
    for (const [value, placeholder] of this.#inside) result = result.replaceAll(value, placeholder);
    return general.reduce((done, [pattern, placeholder]) => done.replace(pattern, placeholder), result);
  }

  #seeCanary(canary: KubeObject): void {
    const status = digRecord(canary, 'status');
    this.#learn(this.#whole, 'spec', status['lastAppliedSpec']);
    this.#learn(this.#whole, 'spec', status['lastPromotedSpec']);
    const configs = digRecord(status, 'trackedConfigs');
    for (const name of Object.keys(configs).sort()) this.#learn(this.#whole, 'config', configs[name]);
    for (const field of ['sessionAffinityCookie', 'previousSessionAffinityCookie', 'primarySessionAffinityCookie']) {
      this.#learn(this.#inside, 'cookie', digText(status, field).split('=')[1]);
    }
  }

  #learn(values: Map<string, string>, kind: string, value: unknown): void {
    if (typeof value !== 'string' || value === '' || values.has(value)) return;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    values.set(value, `${kind}${count}`);
  }
}

/** A whole recording with all placeholders put in; objects whose names hold a hash get their new names. */
export function normalise(raw: Recording, placeholders: Placeholders): Recording {
  const text = (value: string): string => placeholders.text(value);
  const state = (value: State): State => mapValues(value, (field) => placeholders.apply(field));
  const snapshot = ({ at, objects }: Snapshot): Snapshot => ({ at, objects: renamed(mapValues(objects, state), text) });
  const moment = ({ at, state: value }: Moment): Moment => ({ at, state: value && state(value) });
  const event = (line: EventLine): EventLine => ({ ...line, message: text(line.message) });
  const hook = (call: HookCall): HookCall => ({ ...call, path: text(call.path), body: placeholders.apply(call.body) });
  return {
    main: text(raw.main),
    steps: raw.steps,
    history: renamed(
      mapValues(raw.history, (moments) => moments.map(moment)),
      text,
    ),
    milestones: raw.milestones.map(snapshot),
    settled: raw.settled.map(snapshot),
    events: renamed(
      mapValues(raw.events, (list) => list.map(event)),
      text,
    ),
    hooks: raw.hooks.map(hook),
    queries: [...new Set(raw.queries.map((query) => text(squeezed(query))))].sort(),
  };
}

/** A query as a trace shows it: one blank wherever there is white space. */
export function squeezed(query: string): string {
  return query.replace(/\s+/g, ' ').trim();
}

function renamed<T>(record: Readonly<Record<string, T>>, rename: (key: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [rename(key), value]));
}

/** How far a rollout is when it is asked for the first time depends on the speed of the Deployment controller. */
const justBegun =
  /observed deployment generation less than desired generation|0 out of \d+ new replicas have been updated/g;

const general: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d( [A-Z]{3,4})?)/g, '<time>'],
  // Milliseconds since the epoch, as event webhooks are told them.
  [/^1\d{12}$/, '<time>'],
  [/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, '<host>'],
  [justBegun, '<just begun>'],
];
