/** A clock that is turned by hand: time stands still while anything is in flight, then jumps to the next timer. */
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
  cancelled: boolean;
}

export interface VirtualClockOptions {
  /** Wall-clock time at the start, ms since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly start?: number;
}

export class VirtualClock {
  readonly #start: number;
  #elapsed = 0;
  #sequence = 0;
  readonly #timers = new TimerHeap();

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
    const timer: Timer = { due: this.#elapsed + Math.max(0, delay), rank, sequence: this.#sequence++, run, cancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
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

/** A binary heap of timers by (due, rank, sequence); cancelled ones are dropped when they reach the top. */
class TimerHeap {
  readonly #items: Timer[] = [];

  peek(): Timer | undefined {
    while (this.#items[0]?.cancelled === true) this.pop();
    return this.#items[0];
  }

  push(timer: Timer): void {
    let index = this.#items.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#swapUnlessOrdered(parent, index)) return;
      index = parent;
    }
  }

  pop(): void {
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return;
    this.#items[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const child = right < this.#items.length && this.#ordered(right, left) ? right : left;
      if (child >= this.#items.length || !this.#swapUnlessOrdered(index, child)) return;
      index = child;
    }
  }

  #ordered(first: number, second: number): boolean {
    const a = this.#items[first];
    const b = this.#items[second];
    if (a === undefined || b === undefined) return true;
    return (a.due - b.due || a.rank - b.rank || a.sequence - b.sequence) <= 0;
  }

  #swapUnlessOrdered(parent: number, child: number): boolean {
    const above = this.#items[parent];
    const below = this.#items[child];
    if (above === undefined || below === undefined || this.#ordered(parent, child)) return false;
    this.#items[parent] = below;
    this.#items[child] = above;
    return true;
  }
}
