/** The client-side limit of requests to the API server: a token bucket whose tokens go round between those who wait. */
import type { CancelTimer, Clock } from '#runtime/clock.ts';

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Tokens a second. As in client-go 0 stands for its default of 5, and a negative number for no limit. */
  readonly qps: number;
  /** Tokens that can be saved up. */
  readonly burst: number;
}

const defaultQps = 5;

interface Waiter {
  readonly grant: () => void;
}

/** Fair between keys: of those who wait every key gets one token a round, so that a busy object cannot starve the others. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #qps: number;
  /** Keys in the order of their turns; within a key, first come first served. */
  readonly #waiting = new Map<string, Waiter[]>();
  #tokens: number;
  #filledAt: number;
  #cancel: CancelTimer | undefined;

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#qps = options.qps === 0 ? defaultQps : options.qps;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.monotonic();
  }

  /** Resolves when it is the turn of `key`; rejects with the signal's reason when that is aborted first. */
  async take(key: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#qps < 0) return;
    this.#fill();
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return;
    }
    await this.#wait(key, signal);
  }

  #wait(key: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#leave(key, waiter);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        grant: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      const line = this.#waiting.get(key);
      if (line === undefined) this.#waiting.set(key, [waiter]);
      else line.push(waiter);
      this.#arm();
    });
  }

  #leave(key: string, waiter: Waiter): void {
    const line = this.#waiting.get(key)?.filter((other) => other !== waiter) ?? [];
    if (line.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, line);
  }

  #fill(): void {
    const now = this.#options.clock.monotonic();
    this.#tokens = Math.min(this.#options.burst, this.#tokens + ((now - this.#filledAt) / 1_000) * this.#qps);
    this.#filledAt = now;
  }

  #arm(): void {
    if (this.#cancel !== undefined || this.#waiting.size === 0) return;
    // One millisecond more than computed, so that rounding never leaves the bucket a hair short of a token.
    const delay = Math.max(0, ((1 - this.#tokens) / this.#qps) * 1_000) + 1;
    this.#cancel = this.#options.clock.after(delay, () => {
      this.#cancel = undefined;
      this.#serve();
    });
  }

  #serve(): void {
    this.#fill();
    for (const [key, line] of this.#waiting) {
      if (this.#tokens < 1) break;
      this.#tokens -= 1;
      line.shift()?.grant();
      // To the end of the round. The walk reaches it again there, as long as there are tokens.
      this.#waiting.delete(key);
      if (line.length > 0) this.#waiting.set(key, line);
    }
    this.#arm();
  }
}
