/** The queue between what happened and who looks at it: it holds keys, never events, and one deadline a key. */
import type { CancelTimer, Clock } from '#runtime/clock.ts';
import { type BackOff, backOff } from './back-off.ts';
import { DeadlineHeap } from './deadline-heap.ts';

/** Looks at one key; may be called at any time and twice. `wakeIn`: milliseconds until it wants to look again. */
export type Work = (key: string, signal: AbortSignal) => Promise<{ readonly wakeIn?: number | undefined } | void>;

/** What the queue tells the metrics. */
export interface QueueHooks {
  /** How many keys are due and wait for a worker. */
  depth?(keys: number): void;
  /** A pass has begun, this many milliseconds after it was due. */
  started?(lateness: number): void;
  /** A pass has ended after this many milliseconds. */
  ended?(outcome: 'done' | 'failed', duration: number): void;
  /** A pass has thrown; it is tried again in `wakeIn` milliseconds. */
  failed?(key: string, error: unknown, failures: number, wakeIn: number): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly work: Work;
  /** How many keys are worked on at the same time. Default 4. */
  readonly concurrency?: number;
  /** Waits after failures of one key in a row. Default 500 ms doubling to 60 s. */
  readonly backOff?: BackOff;
  readonly hooks?: QueueHooks;
}

interface Entry {
  readonly key: string;
  readonly due: number;
  readonly sequence: number;
}

const defaultBackOff: BackOff = { base: 500, max: 60_000 };
/** Longer timers overflow in Node and fire at once; an early one finds nothing due and is set again. */
const longestTimer = 2 ** 31 - 1;

/**
 * Guarantees: a key is worked on by one worker at a time; a key that is added while it is worked on is looked at once more afterwards;
 * of several wishes for a key the earliest wins; a failure delays its own key only.
 * Deadlines are kept in memory alone: whoever adds a key must be able to derive its deadline again after a restart.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #backOff: BackOff;
  readonly #concurrency: number;
  readonly #later = new DeadlineHeap<Entry>((a, b) => a.due - b.due || a.sequence - b.sequence);
  /** One wish a key: in the heap until it is due, then in `#ready` until a worker is free. */
  readonly #wishes = new Map<string, Entry>();
  readonly #ready = new Set<Entry>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #failures = new Map<string, number>();
  /** One for each pass that runs: with one for all, each listener of each pass would be in the way of all others. */
  readonly #aborts = new Set<AbortController>();
  #sequence = 0;
  #pumping = false;
  #stopped = false;
  #timer: { due: number; cancel: CancelTimer } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#backOff = options.backOff ?? defaultBackOff;
    this.#concurrency = options.concurrency ?? 4;
  }

  /** Wishes for a look at `key`, `after` milliseconds from now (default: at once). After `stop` it does nothing. */
  add(key: string, options: { readonly after?: number } = {}): void {
    if (this.#stopped) return;
    const due = this.#options.clock.monotonic() + Math.max(0, options.after ?? 0);
    const known = this.#wishes.get(key);
    if (known !== undefined && known.due <= due) return;
    if (known !== undefined) this.#later.remove(known);
    const wish: Entry = { key, due, sequence: this.#sequence++ };
    this.#wishes.set(key, wish);
    this.#later.push(wish);
    this.#pumpSoon();
  }

  /** Drops the wish and the failures of a key that is gone; a pass that is under way goes on. */
  forget(key: string): void {
    const wish = this.#wishes.get(key);
    this.#failures.delete(key);
    if (wish === undefined) return;
    this.#wishes.delete(key);
    this.#later.remove(wish);
    this.#ready.delete(wish);
  }

  /** Resolves when the pass over `key` that is under way has ended, at once when there is none. */
  async ended(key: string): Promise<void> {
    await this.#busy.get(key);
  }

  /** Keys that are worked on now. */
  get busy(): number {
    return this.#busy.size;
  }

  /** Keys that are due and wait for a worker. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Takes no more keys, lets running passes end (their signal is aborted after `grace` milliseconds, default at once) and resolves then. */
  async stop(options: { readonly grace?: number } = {}): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const grace = options.grace ?? 0;
    const reason = new Error('The work queue stops');
    const abort = (): void => this.#aborts.forEach((one) => one.abort(reason));
    const cancel = grace > 0 && this.#busy.size > 0 ? this.#options.clock.after(grace, abort) : abort();
    await Promise.all(this.#busy.values());
    cancel?.();
  }

  /** Once the current batch of changes is in: a hundred keys that are added together are one look at the heap. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#stopped) return;
    const now = this.#options.clock.monotonic();
    for (let next = this.#later.peek(); next !== undefined && next.due <= now; next = this.#later.peek()) {
      this.#later.pop();
      this.#ready.add(next);
    }
    for (const wish of this.#ready) {
      if (this.#busy.size >= this.#concurrency) break;
      if (!this.#busy.has(wish.key)) this.#start(wish, now);
    }
    this.#options.hooks?.depth?.(this.#ready.size);
    this.#arm();
  }

  /** Keeps one timer, for the soonest deadline. */
  #arm(): void {
    const next = this.#later.peek();
    if (this.#timer?.due === next?.due) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (next === undefined) return;
    const delay = Math.min(next.due - this.#options.clock.monotonic(), longestTimer);
    const cancel = this.#options.clock.after(delay, () => {
      this.#timer = undefined;
      this.#pump();
    });
    this.#timer = { due: next.due, cancel };
  }

  #start(wish: Entry, now: number): void {
    this.#ready.delete(wish);
    this.#wishes.delete(wish.key);
    this.#options.hooks?.started?.(now - wish.due);
    this.#busy.set(wish.key, this.#run(wish.key, now));
  }

  async #run(key: string, startedAt: number): Promise<void> {
    const { clock, hooks, random, work } = this.#options;
    const abort = new AbortController();
    this.#aborts.add(abort);
    // The pass begins in its own microtask, so that nothing it adds is handled while the queue is being walked.
    await Promise.resolve();
    try {
      const result = await work(key, abort.signal);
      this.#failures.delete(key);
      if (result?.wakeIn !== undefined) this.add(key, { after: result.wakeIn });
      hooks?.ended?.('done', clock.monotonic() - startedAt);
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      const wakeIn = backOff(this.#backOff, failures, random);
      this.add(key, { after: wakeIn });
      hooks?.ended?.('failed', clock.monotonic() - startedAt);
      if (!this.#stopped) hooks?.failed?.(key, error, failures, wakeIn);
    } finally {
      this.#aborts.delete(abort);
      this.#busy.delete(key);
      this.#pumpSoon();
    }
  }
}
