/** What may end a request before its answer: its time, whoever asked, the end of the connection. One object without a signal of its own. */
import type { CancelTimer, Clock } from './clock.ts';

export interface RequestLimitOptions {
  readonly clock: Clock;
  /** In milliseconds. */
  readonly timeout: number;
  /** The reason when the time is over. */
  readonly tooLate: () => Error;
  /** Whoever asked may want the answer no more. */
  readonly signal?: AbortSignal | undefined;
}

export class RequestLimit {
  readonly #signal: AbortSignal | undefined;
  readonly #cancel: CancelTimer;
  #reached: { readonly reason: unknown } | undefined;
  #stop: (reason: unknown) => void = () => {};

  constructor({ clock, timeout, tooLate, signal }: RequestLimitOptions) {
    this.#signal = signal;
    this.#cancel = clock.after(timeout, () => this.reach(tooLate()));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  get isReached(): boolean {
    return this.#reached !== undefined;
  }

  /** Calls `stop` when the limit is reached, at once if it has been; a request has one stage at a time, and the last one counts. */
  guard(stop: (reason: unknown) => void): void {
    this.#stop = stop;
    if (this.#reached !== undefined) stop(this.#reached.reason);
  }

  reach(reason: unknown): void {
    if (this.#reached !== undefined) return;
    this.#reached = { reason };
    this.#stop(reason);
  }

  /** The timed part is over. */
  begun(): void {
    this.#cancel();
  }

  end(): void {
    this.#cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.reach(this.#signal?.reason);
}
