/** Writes Kubernetes Events the way client-go does: repeated ones are counted, many similar ones are folded; none is lost silently. */
import type { KubeObject } from '#api/kubernetes.ts';
import { type Clock, sleep } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import type { Log } from '#runtime/log.ts';
import type { Turns } from '#runtime/turns.ts';
import { WritesStopped } from './api-error.ts';
import { type BackOff, backOff } from './back-off.ts';
import type { Client } from './client.ts';
import { EventFolder, type EventSpec, type FoldedEvent } from './event-folder.ts';
import { events, keyOf, refOf } from './resource.ts';

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: () => number;
  /** `source.component` and `reportingComponent`. */
  readonly component: string;
  /** Shared by all who write Events over the same connections. */
  readonly turns: Turns;
  readonly log?: Log | undefined;
  /** Called for every Event that is handed over. */
  readonly onRecorded?: (object: KubeObject, spec: EventSpec) => void;
  readonly onDropped?: (reason: 'queue-full' | 'refused' | 'gave-up' | 'stopped') => void;
}

export interface EventRecorder {
  /** Hands over an Event about `object` and returns at once; Events about one object are written in order. */
  record(object: KubeObject, spec: EventSpec): void;
  /** Resolves when everything handed over so far is written or dropped. */
  idle(): Promise<void>;
  /** Drops what is not written yet. */
  stop(): void;
}

/**
 * Bounds memory while the API server does not answer: about 1 KB each. A thousand Rollouts that are updated at once have 30,000 to tell,
 * and the client-side limit lets a hundred a second go.
 */
const mostWaiting = 32_768;
/** As often as client-go's broadcaster; with the back-off that is some seven minutes. */
const mostTries = 12;
/** Half of the connections for calls: what runs write must not stand in line behind Events, least of all while the API server is slow. */
export const eventsAtOnce = 8;
const retryWait: BackOff = { base: 1_000, max: 60_000 };

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, random, turns, log, onDropped } = options;
  const folder = new EventFolder(options);
  const lines = new Map<string, FoldedEvent[]>();
  const running = new Map<string, Promise<void>>();
  const abort = new AbortController();
  let waiting = 0;
  let hasStopped = false;

  const drop = (event: FoldedEvent, reason: Parameters<NonNullable<typeof onDropped>>[0], why: string): void => {
    onDropped?.(reason);
    if (reason === 'stopped') {
      if (!hasStopped) log?.warn(`Cannot write the events that wait: ${why}`, { waiting: waiting + 1 });
      hasStopped = true;
      return;
    }
    const { namespace = '', name } = event.involved;
    log?.warn(`Cannot write an event: ${why}`, {
      object: `${namespace}/${name}`,
      reason: event.spec.reason,
      event: event.spec.message,
    });
  };

  const work = async (key: string, line: FoldedEvent[]): Promise<void> => {
    for (let event = line.shift(); event !== undefined; event = line.shift()) {
      waiting -= 1;
      if (abort.signal.aborted) drop(event, 'stopped', 'the process stops');
      else await deliver(event);
    }
    // At once: an event that comes after the last look at the line must not be put into it.
    lines.delete(key);
  };

  const deliver = async (event: FoldedEvent): Promise<void> => {
    for (let tries = 1; ; tries++) {
      try {
        const refusal = await turns.run(() => write(client, event, folder, abort.signal));
        if (refusal !== undefined) drop(event, 'refused', refusal);
        return;
      } catch (error) {
        const message = errorText(error);
        if (abort.signal.aborted || error instanceof WritesStopped) return drop(event, 'stopped', message);
        if (tries === mostTries) return drop(event, 'gave-up', message);
        await sleep(clock, backOff(retryWait, tries, random), abort.signal).catch(() => {});
      }
    }
  };

  return {
    record(object, spec) {
      options.onRecorded?.(object, spec);
      const event = folder.fold(object, spec);
      if (waiting >= mostWaiting || abort.signal.aborted) {
        return drop(
          event,
          abort.signal.aborted ? 'stopped' : 'queue-full',
          'too many events wait or the process stops',
        );
      }
      waiting += 1;
      const key = `${object.kind} ${keyOf(refOf(object))}`;
      const line = lines.get(key);
      if (line !== undefined) return void line.push(event);
      const fresh = [event];
      lines.set(key, fresh);
      const before = running.get(key) ?? Promise.resolve();
      const done = before
        .then(() => work(key, fresh))
        .finally(() => {
          if (running.get(key) === done) running.delete(key);
        });
      running.set(key, done);
    },
    async idle() {
      while (running.size > 0) await Promise.all(running.values());
    },
    stop: () => abort.abort(new Error('The event recorder stops')),
  };
}

/** Creates the Event or counts it up; gives back why the API server refused. */
async function write(
  client: Client,
  event: FoldedEvent,
  folder: EventFolder,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { body } = event;
  if (event.count > 1) {
    const { count, lastTimestamp, message } = body;
    const patched = await client.patch(
      events,
      refOf(body),
      { type: 'merge', body: { count, lastTimestamp, message } },
      { signal },
    );
    if (patched.ok) return undefined;
    // Events expire after an hour: the next one of the row is written anew, with its count.
    if (patched.why !== 'not-found') return patched.message;
  }
  let created = await client.create(events, body, { signal });
  if (!created.ok && created.why === 'exists') created = await client.create(events, folder.rename(event), { signal });
  return created.ok ? undefined : created.message;
}
