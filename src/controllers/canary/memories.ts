/** What the controller remembers of each Canary between passes, and why and when the next one is due; all of it can be lost. */
import type { Decision } from '#api/canary-status.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Snapshot } from '#engine/canary/snapshot.ts';
import type { Waits } from './dropped-status.ts';
import { Schedule } from './schedule.ts';

type Due = Snapshot['due'];

export interface Memory {
  /** A Canary of the same name that was made anew is another one. */
  readonly uid: string | undefined;
  /** The `spec` that the last sync saw. */
  generation?: number | undefined;
  /** Monotonic time at which draining is looked at. */
  wakeAt?: number | undefined;
  unwritten: readonly Decision[];
  /** The waits that were written last: a CRD without Serin's own fields does not keep them. */
  written?: Waits;
  /** Another process has worked on it until now: the watch may be behind what that one wrote. */
  isTakenOver?: boolean;
}

/** Times are monotonic milliseconds. */
export class Memories {
  readonly #known = new Map<string, Memory>();
  readonly #schedule = new Schedule();

  get(key: string): Memory | undefined {
    return this.#known.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#known.keys();
  }

  /** What is remembered of this very Canary; `isNew` when that is nothing, and what was known under its name is forgotten. */
  meet(
    key: string,
    { metadata }: KubeObject,
    isTakenOver: boolean,
  ): { readonly memory: Memory; readonly isNew: boolean } {
    const known = this.#known.get(key);
    if (known !== undefined && known.uid === metadata.uid) return { memory: known, isNew: false };
    const memory: Memory = { uid: metadata.uid, unwritten: [], isTakenOver };
    this.forget(key);
    this.#known.set(key, memory);
    return { memory, isNew: true };
  }

  /** Why a pass is due now, if one is; it counts as done then. */
  take(key: string, { metadata }: KubeObject, now: number): Due | undefined {
    const memory = this.#known.get(key);
    if (memory === undefined) return undefined;
    if (memory.generation !== metadata.generation) {
      memory.generation = metadata.generation;
      return 'sync';
    }
    if (this.#schedule.take(key, now)) return 'tick';
    return memory.wakeAt !== undefined && memory.wakeAt <= now ? 'drain' : undefined;
  }

  /** The pass that was due could not be carried out: it is due again. */
  again(key: string, due: Due, now: number): void {
    const memory = this.#known.get(key);
    if (due === 'sync' && memory !== undefined) memory.generation = undefined;
    else if (due === 'tick') this.#schedule.again(key, now);
  }

  /** Milliseconds until the next tick or look at draining, whichever is sooner. */
  wakeIn(key: string, now: number): number | undefined {
    const wakeAt = this.#known.get(key)?.wakeAt;
    return soonest(this.#schedule.until(key, now), wakeAt === undefined ? undefined : Math.max(0, wakeAt - now));
  }

  /** One pass of the control loop: those that have been synced get their ticks. Answers the keys that are new to it, or have another interval. */
  schedule(intervalOf: (key: string) => number | undefined, now: number): readonly string[] {
    const intervals = [...this.#known].flatMap(([key, { generation }]) => {
      const interval = generation === undefined ? undefined : intervalOf(key);
      return interval === undefined ? [] : [[key, interval] as const];
    });
    return this.#schedule.update(intervals, now);
  }

  forget(key: string): void {
    this.#known.delete(key);
    this.#schedule.forget(key);
  }
}

function soonest(...waits: readonly (number | undefined)[]): number | undefined {
  const due = waits.filter((wait) => wait !== undefined);
  return due.length > 0 ? Math.min(...due) : undefined;
}
