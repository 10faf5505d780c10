/** Watches a cluster and writes down what a trace holds: states, milestones, settled moments, events. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { ObjectChange, Objects } from '#sandbox/objects.ts';
import { digText, sameJson } from './json.ts';
import { normalise, type Placeholders } from './normalise.ts';
import { historyView, keyView, kindOf, milestoneView, project, settledView, type State } from './projection.ts';
import type { EventLine, HookCall, Moment, Recording, Snapshot } from './trace.ts';

export interface RecorderOptions {
  readonly objects: Pick<Objects, 'subscribe'>;
  readonly namespace: string;
  readonly main: string;
  readonly placeholders: Placeholders;
  /** Seconds since the start. */
  readonly now: () => number;
  /** Called after every change of a projection. */
  readonly onChange: () => void;
}

/** Kinds whose events belong to a controller under test; the events of workload controllers are not recorded. */
const eventKinds: ReadonlySet<string> = new Set(['Canary', 'Rollout', 'AnalysisRun', 'Experiment']);

/** One writer of one recording: begins to watch when it is made, ends with `stop`. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #states = new Map<string, State>();
  readonly #history = new Map<string, Moment[]>();
  readonly #milestones: Snapshot[] = [];
  readonly #settled: Snapshot[] = [];
  readonly #events = new Map<string, EventLine[]>();
  readonly #unsubscribe: () => void;
  #mainKeys: State | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#unsubscribe = options.objects.subscribe((change) => this.#see(change));
  }

  /** The present states of all objects, by `Kind/name`, as the API server has them. */
  get states(): ReadonlyMap<string, State> {
    return this.#states;
  }

  /** Says that nothing has changed for long enough. */
  settle(): void {
    this.#settled.push(this.#snapshot((key, state) => settledView(kindOf(key), state)));
  }

  stop(): void {
    this.#unsubscribe();
  }

  recording(seen: { steps: readonly number[]; hooks: readonly HookCall[]; queries: readonly string[] }): Recording {
    const { main, placeholders } = this.#options;
    for (const { body } of seen.hooks) placeholders.seeHook(body);
    return normalise(
      {
        main,
        ...seen,
        history: Object.fromEntries(this.#history),
        milestones: this.#milestones,
        settled: this.#settled,
        events: Object.fromEntries(this.#events),
      },
      placeholders,
    );
  }

  #see(change: ObjectChange): void {
    const { object } = change;
    if (object.metadata.namespace !== this.#options.namespace) return;
    if (object.kind === 'Event') this.#seeEvent(change);
    else this.#seeState(`${object.kind}/${object.metadata.name}`, object, change.type === 'DELETED');
  }

  #seeState(key: string, object: KubeObject, gone: boolean): void {
    this.#options.placeholders.seeObject(object);
    const state = project(object);
    const before = this.#states.get(key);
    if (state === undefined || (before !== undefined && !gone && sameJson(before, state))) return;
    if (gone) this.#states.delete(key);
    else this.#states.set(key, state);
    this.#addMoment(key, gone ? undefined : historyView(state));
    if (key === this.#options.main) this.#seeMain(gone ? { gone: true } : state);
    this.#options.onChange();
  }

  #addMoment(key: string, state: State | undefined): void {
    const moments = this.#history.get(key) ?? [];
    const last = moments.at(-1);
    if (last && sameJson(last.state, state)) return;
    moments.push({ at: this.#options.now(), state });
    this.#history.set(key, moments);
  }

  #seeMain(state: State): void {
    const { main } = this.#options;
    const keys = keyView(kindOf(main), state);
    if (this.#mainKeys !== undefined && sameJson(this.#mainKeys, keys)) return;
    this.#mainKeys = keys;
    const { at, objects } = this.#snapshot((key, other) => milestoneView(kindOf(key), other, key === main));
    this.#milestones.push({ at, objects: { ...objects, [main]: keys } });
  }

  #snapshot(view: (key: string, state: State) => State): Snapshot {
    return {
      at: this.#options.now(),
      objects: Object.fromEntries([...this.#states].map(([key, state]) => [key, view(key, state)])),
    };
  }

  /** A creation and each increase of the count are one listing each. */
  #seeEvent({ type, object, before }: ObjectChange): void {
    const involved = involvedObject(object);
    if (type === 'DELETED' || !eventKinds.has(digText(involved, 'kind'))) return;
    const listings = before === undefined ? Math.max(1, countOf(object)) : countOf(object) - countOf(before);
    const key = `${digText(involved, 'kind')}/${digText(involved, 'name')}`;
    const line = {
      at: this.#options.now(),
      type: digText(object, 'type'),
      reason: digText(object, 'reason'),
      message: messageOf(object),
    };
    const lines = this.#events.get(key) ?? [];
    for (let listing = 0; listing < listings; listing++) lines.push(line);
    this.#events.set(key, lines);
  }
}

function involvedObject(event: KubeObject): unknown {
  return event['involvedObject'] ?? event['regarding'];
}

function countOf(event: KubeObject): number {
  return Number(digText(event, 'series', 'count') || digText(event, 'count') || digText(event, 'deprecatedCount') || 1);
}

/** What client-go's recorder puts before a message that stands for several. */
const combined = '(combined from similar events): ';

function messageOf(event: KubeObject): string {
  const message = digText(event, 'message') || digText(event, 'note');
  return message.startsWith(combined) ? message.slice(combined.length) : message;
}
