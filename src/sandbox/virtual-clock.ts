/** A clock that is turned by hand: time stands still while anything is in flight, then jumps to the next timer. */
import { DeadlineHeap } from '#cluster/deadline-heap.ts';
import type { CancelTimer, Clock } from '#runtime/clock.ts';

/**
 * Who acts first when timers are due at the same instant: the controller, then the world (workloads, gateway, garbage collection),
 * then the player of a scenario.
 */
export type Rank = 'controller' | 'world' | 'player';
const ranks: Readonly<Record<Rank, number>> = { controller: 0, world: 1, player: 2 };

interface Timer {
  readonly due: number;
  readonly rank: number;
  readonly sequence: number;
  readonly run: () => void;
}

export interface VirtualClockOptions {
  /** Wall-clock time at the start, ms since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly start?: number;
}

export class VirtualClock {
  readonly #start: number;
  #elapsed = 0;
  #sequence = 0;
  readonly #timers = new DeadlineHeap<Timer>((a, b) => a.due - b.due || a.rank - b.rank || a.sequence - b.sequence);

  constructor(options: VirtualClockOptions = {}) {
    this.#start = options.start ?? Date.UTC(2026, 0, 1);
  }

  /** This clock as one party of the world sees it. */
  as(rank: Rank): Clock {
    return {
      now: () => this.#start + this.#elapsed,
      monotonic: () => this.#elapsed,
      after: (delay, run) => this.#after(delay, ranks[rank], run),
    };
  }

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Due time of the next timer in milliseconds since the start, `undefined` when there is none. */
  get next(): number | undefined {
    return this.#timers.peek()?.due;
  }

  #after(delay: number, rank: number, run: () => void): CancelTimer {
    const timer: Timer = { due: this.#elapsed + Math.max(0, delay), rank, sequence: this.#sequence++, run };
    this.#timers.push(timer);
    return () => void this.#timers.remove(timer);
  }

  /**
   * Fires timers in order until `until` says stop, no timer is left, or the next one lies beyond `limit` (ms since the start).
   * After each timer everything that it set off in this process is awaited: the sandbox does no real I/O, so that is the microtask queue.
   */
  async run(limit: number, until: () => boolean = () => false): Promise<void> {
    await settle();
    while (!until()) {
      const timer = this.#timers.peek();
      if (timer === undefined || timer.due > limit) {
        this.#elapsed = Math.max(this.#elapsed, limit);
        return;
      }
      this.#timers.pop();
      this.#elapsed = Math.max(this.#elapsed, timer.due);
      timer.run();
      await settle();
    }
  }
}

/** Lets every promise that can go on go on: a macrotask runs only when the microtask queue is empty. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
