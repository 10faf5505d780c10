/** The loop of every controller of the sandbox: changes become keys, and a key is worked a moment after the change, never inside it. */
import type { Ref, Resource } from '#api/kubernetes.ts';
import { keyOf, refOfKey } from '#cluster/resource.ts';
import type { Clock } from '#runtime/clock.ts';

import { StatusError } from '../api-server/status-error.ts';
import type { ObjectChange, Objects } from '../objects.ts';

import { MalformedObject } from './shapes.ts';

/** How long the world takes to react to a change, in milliseconds. */
export const reactionTime = 20;

/** After a pass that the API server refused the next change or these pauses, twice as long each time, try again. */
const firstRetry = 1000;
const longestRetry = 300_000;

/** What the controllers of the sandbox share. */
export interface World {
  readonly objects: Objects;
  /** The clock of rank `world`. */
  readonly clock: Clock;
  /** A number from 0 up to 1; the same sequence for the same seed. */
  readonly random: () => number;
  /** Hears of what no controller expects. Default: it is thrown where the clock runs. */
  readonly onError?: (error: unknown) => void;
}

export interface Controller {
  /** Milliseconds from a change to the pass that it causes. Default: the reaction time. */
  readonly reactsIn?: number;
  /** The objects whose state depends on this change. */
  readonly concerns: (change: ObjectChange) => Iterable<Ref>;
  /** Brings one object forward; says in how many milliseconds to look again when no change will tell. */
  readonly reconcile: (ref: Ref) => number | undefined;
}

export interface RunningController {
  /** Works an object after the reaction time, as if it had changed. */
  readonly enqueue: (ref: Ref) => void;
  readonly stop: () => void;
}

/** Keys that are due at one instant are worked in their alphabetical order, so that a history is the same in every run. */
export function runController(world: Omit<World, 'random'>, controller: Controller): RunningController {
  const refusals = new Map<string, number>();
  const agenda = createAgenda(world.clock, (key) => {
    try {
      const again = controller.reconcile(refOfKey(key));
      refusals.delete(key);
      if (again !== undefined) agenda.add(key, again);
    } catch (error) {
      retry(key, error);
    }
  });
  const retry = (key: string, error: unknown): void => {
    // It rests until it is changed.
    if (error instanceof MalformedObject) return;
    if (!(error instanceof StatusError)) {
      if (world.onError === undefined) throw error;
      world.onError(error);
    }
    const refused = refusals.get(key) ?? 0;
    refusals.set(key, refused + 1);
    agenda.add(key, Math.min(longestRetry, firstRetry * 2 ** refused));
  };
  const { reactsIn = reactionTime } = controller;
  const unsubscribe = world.objects.subscribe((change) => {
    for (const ref of controller.concerns(change)) agenda.add(keyOf(ref), reactsIn);
  });
  return {
    enqueue: (ref) => agenda.add(keyOf(ref), reactionTime),
    stop() {
      unsubscribe();
      agenda.stop();
    },
  };
}

/** A kind is the same whatever version it is served in. */
export function isOf(resource: Resource, kind: Resource): boolean {
  return resource.plural === kind.plural && resource.group === kind.group;
}

interface Agenda {
  /** Plans a key; of two plans for one key the earlier stays. */
  add(key: string, delay: number): void;
  stop(): void;
}

/** One timer an instant, not one a key: a thousand objects that change together are one wake-up. */
function createAgenda(clock: Clock, work: (key: string) => void): Agenda {
  const dueOf = new Map<string, number>();
  const instants = new Map<number, { keys: string[]; cancel: () => void }>();
  const fire = (due: number): void => {
    const keys = instants.get(due)?.keys ?? [];
    instants.delete(due);
    for (const key of keys.sort()) {
      if (dueOf.get(key) !== due) continue;
      dueOf.delete(key);
      work(key);
    }
  };
  return {
    add(key, delay) {
      const due = clock.monotonic() + delay;
      if ((dueOf.get(key) ?? Infinity) <= due) return;
      dueOf.set(key, due);
      const instant = instants.get(due);
      if (instant !== undefined) instant.keys.push(key);
      else instants.set(due, { keys: [key], cancel: clock.after(delay, () => fire(due)) });
    },
    stop() {
      for (const { cancel } of instants.values()) cancel();
      instants.clear();
      dueOf.clear();
    },
  };
}
