/** Lets so many run at a time, the others in the order in which they came. */
export class Turns {
  readonly #atOnce: () => number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** A limit that changes is asked for at each turn; `look` says that it may be higher now. */
  constructor(atOnce: number | (() => number)) {
    this.#atOnce = typeof atOnce === 'number' ? () => atOnce : atOnce;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Gives turns to those who wait, as far as there are any. */
  look(): void {
    for (const begin of this.#waiting) {
      if (this.#running >= this.#atOnce()) return;
      this.#waiting.delete(begin);
      this.#running += 1;
      begin();
    }
  }

  /** Rejects with the signal's reason when that is aborted before it is the turn of `work`. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.#atOnce()) this.#running += 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.look();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(begin);
        reject(signal?.reason);
      };
      const begin = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(begin);
    });
  }
}
