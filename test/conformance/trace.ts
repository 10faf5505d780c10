/** The format of `trace.json`: reading it, expanding its changes to full states, and writing a recording in it. */
import { readFileSync } from 'node:fs';
import { dig, digList, digRecord, digText, isRecord, sameJson, type Json } from './json.ts';
import type { State } from './projection.ts';

/** An object's state from `at` seconds on; `undefined` when it is gone. */
export interface Moment {
  readonly at: number;
  readonly state: State | undefined;
}

/** The states of all objects at one moment. */
export interface Snapshot {
  readonly at: number;
  readonly objects: Readonly<Record<string, State>>;
  /** Only in traces, by a rule of ours: it need not be seen. */
  readonly isOptional?: boolean;
}

export interface EventLine {
  readonly at: number;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

export interface HookCall {
  readonly at: number;
  readonly path: string;
  readonly body: unknown;
  readonly status: number;
}

/** What an observer saw in one run, changes expanded. */
export interface Recording {
  readonly main: string;
  /** Seconds at which the scenario's steps acted, its end last. */
  readonly steps: readonly number[];
  readonly history: Readonly<Record<string, readonly Moment[]>>;
  readonly milestones: readonly Snapshot[];
  readonly settled: readonly Snapshot[];
  readonly events: Readonly<Record<string, readonly EventLine[]>>;
  readonly hooks: readonly HookCall[];
  readonly queries: readonly string[];
}

/** How a list has to be met: absent means equal. */
export type ListMatch = 'unordered' | 'distinct' | 'including' | undefined;

export interface ExpectedHistory {
  readonly states: readonly Moment[];
  /** With `match: fields`: each field's own sequence instead of states, `null` where it is absent. */
  readonly fields?: Readonly<Record<string, readonly unknown[]>>;
  readonly unstable: readonly string[];
  readonly coarse: readonly string[];
  readonly final: State;
}

export interface ExpectedSnapshots {
  readonly list: readonly Snapshot[];
  readonly subsequence: boolean;
  readonly unstable: Readonly<Record<string, readonly string[]>>;
}

export interface ExpectedList<T> {
  readonly list: readonly T[];
  readonly match: ListMatch;
  /** Only the first 24 were kept. */
  readonly truncated: boolean;
}

export type ExpectedHooks = ExpectedList<HookCall> & {
  readonly paths?: Readonly<Record<string, ExpectedList<HookCall>>>;
};

export interface Trace {
  readonly scenario: string;
  readonly main: string;
  readonly history: Readonly<Record<string, ExpectedHistory>>;
  readonly milestones: ExpectedSnapshots;
  readonly settled: ExpectedSnapshots;
  readonly events: Readonly<Record<string, ExpectedList<EventLine>>>;
  readonly hooks: ExpectedHooks;
  readonly queries: ExpectedList<string>;
  readonly unstableObjects: readonly string[];
}

/** Throws when the file cannot be read or is no trace. */
export function readTrace(path: string): Trace {
  const raw: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isRecord(raw) || !isRecord(raw['history']))
    throw new Error(`Cannot read ${path}: "history" is missing, this is not a trace`);
  return parseTrace(raw);
}

export function parseTrace(raw: Json): Trace {
  const unstableObjects = raw['unstableObjects'];
  return {
    scenario: digText(raw, 'scenario'),
    main: digText(raw, 'main'),
    history: mapValues(digRecord(raw, 'history'), expectedHistory),
    milestones: expectedSnapshots(raw['milestones']),
    settled: expectedSnapshots(raw['settled']),
    events: mapValues(digRecord(raw, 'events'), (value) => expectedList(value, eventLine)),
    hooks: expectedHooks(raw['hooks']),
    queries: expectedList(raw['queries'], String),
    unstableObjects: isRecord(unstableObjects)
      ? Object.keys(unstableObjects)
      : digList(raw, 'unstableObjects').map(String),
  };
}

/** client-go's recorder gives up the 26th and later Events of an object. */
const eventsOfOriginals = 24;

/** One recording of an original: when it was at rest, and what else was then, depends on the speed of its cluster. */
export function formatOriginal(scenario: string, recorded: string, recording: Recording): Json {
  const notCompared = { list: [], match: 'subsequence' };
  const { events } = recording;
  return {
    ...formatRecording(scenario, recording, recorded),
    milestones: notCompared,
    settled: notCompared,
    events: mapValues(events, (list) => ({
      list: list.slice(0, eventsOfOriginals).map((event) => ({ ...event, at: rounded(event.at) })),
      ...(list.length > eventsOfOriginals ? { truncated: true } : {}),
    })),
  };
}

/** A recording in the format of `trace.json`. */
export function formatRecording(scenario: string, recording: Recording, recorded = 'Serin'): Json {
  return {
    scenario,
    recorded,
    runs: 1,
    main: recording.main,
    steps: recording.steps.map(rounded),
    history: mapValues(recording.history, (moments) => ({ states: momentChanges(moments) })),
    milestones: { list: snapshotChanges(recording.milestones) },
    settled: { list: snapshotChanges(recording.settled) },
    events: mapValues(recording.events, (list) => ({
      list: list.map((event) => ({ ...event, at: rounded(event.at) })),
    })),
    hooks: { list: hookRuns(recording.hooks) },
    queries: { list: recording.queries },
  };
}

/** Seconds as a trace writes them. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** `null` for a field that is gone. */
export function changesBetween(before: State, after: State): Json {
  const changed = Object.keys(after).filter((field) => !sameJson(before[field], after[field]));
  const gone = Object.keys(before).filter((field) => !(field in after));
  return Object.fromEntries([...changed.map((field) => [field, after[field]]), ...gone.map((field) => [field, null])]);
}

export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}

function expectedHistory(raw: unknown): ExpectedHistory {
  const fields = digRecord(raw, 'fields');
  return {
    states: expandMoments(digList(raw, 'states')),
    ...(dig(raw, 'match') === 'fields' && {
      fields: mapValues(fields, (values): readonly unknown[] => (Array.isArray(values) ? values : [values])),
    }),
    unstable: digList(raw, 'unstable').map(String),
    coarse: digList(raw, 'coarse').map(String),
    final: digRecord(raw, 'final'),
  };
}

function expandMoments(changes: readonly unknown[]): readonly Moment[] {
  let state: State = {};
  return changes.map((change) => {
    const gone = dig(change, 'gone') === true;
    state = gone ? {} : applyChanges(state, digRecord(change, 'set'));
    return { at: secondsOf(change), state: gone ? undefined : state };
  });
}

function expectedSnapshots(raw: unknown): ExpectedSnapshots {
  let objects: Readonly<Record<string, State>> = {};
  return {
    list: digList(raw, 'list').map((change) => {
      objects = applyObjectChanges(objects, digRecord(change, 'set'));
      return { at: secondsOf(change), objects };
    }),
    subsequence: dig(raw, 'match') === 'subsequence',
    unstable: mapValues(digRecord(raw, 'unstable'), (fields) => (Array.isArray(fields) ? fields.map(String) : [])),
  };
}

function applyObjectChanges(objects: Readonly<Record<string, State>>, changes: Json): Readonly<Record<string, State>> {
  const next = { ...objects };
  for (const [key, change] of Object.entries(changes)) {
    if (isRecord(change)) next[key] = applyChanges(next[key] ?? {}, change);
    else delete next[key];
  }
  return next;
}

function applyChanges(state: State, changes: Json): State {
  return Object.fromEntries(Object.entries({ ...state, ...changes }).filter(([, value]) => value !== null));
}

function expectedList<T>(raw: unknown, read: (item: unknown) => T): ExpectedList<T> {
  const match = digText(raw, 'match');
  return {
    list: digList(raw, 'list').map(read),
    match: match === 'unordered' || match === 'distinct' || match === 'including' ? match : undefined,
    truncated: dig(raw, 'truncated') === true,
  };
}

function eventLine(raw: unknown): EventLine {
  return {
    at: secondsOf(raw),
    type: digText(raw, 'type'),
    reason: digText(raw, 'reason'),
    message: digText(raw, 'message'),
  };
}

function expectedHooks(raw: unknown): ExpectedHooks {
  const { list, ...how } = expectedList(raw, hookCalls);
  const calls = { list: list.flat(), ...how };
  if (dig(raw, 'match') !== 'paths') return calls;
  return { ...calls, paths: mapValues(digRecord(raw, 'paths'), (path) => expectedHooks(path)) };
}

function hookCalls(raw: unknown): readonly HookCall[] {
  const times = Number(dig(raw, 'times') ?? 1);
  const call = {
    at: secondsOf(raw),
    path: digText(raw, 'path'),
    body: dig(raw, 'body'),
    status: Number(dig(raw, 'status') ?? 200),
  };
  return Array.from({ length: times }, () => call);
}

function secondsOf(raw: unknown): number {
  return Number(dig(raw, 'at') ?? 0);
}

function momentChanges(moments: readonly Moment[]): readonly Json[] {
  let before: State = {};
  return moments.map(({ at, state }) => {
    const change = state ? { at: rounded(at), set: changesBetween(before, state) } : { at: rounded(at), gone: true };
    before = state ?? {};
    return change;
  });
}

function snapshotChanges(snapshots: readonly Snapshot[]): readonly Json[] {
  let before: Readonly<Record<string, State>> = {};
  return snapshots.map(({ at, objects }) => {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(objects)])].sort();
    const set: Record<string, unknown> = {};
    for (const key of keys) {
      const [old, now] = [before[key], objects[key]];
      if (now === undefined) set[key] = null;
      else if (old === undefined || !sameJson(old, now)) set[key] = changesBetween(old ?? {}, now);
    }
    before = objects;
    return { at: rounded(at), set };
  });
}

function hookRuns(calls: readonly HookCall[]): readonly Json[] {
  const runs: { call: HookCall; times: number }[] = [];
  for (const call of calls) {
    const last = runs.at(-1);
    if (last && sameJson({ ...last.call, at: 0 }, { ...call, at: 0 })) last.times += 1;
    else runs.push({ call, times: 1 });
  }
  return runs.map(({ call, times }) => ({ ...call, at: rounded(call.at), ...(times > 1 && { times }) }));
}
