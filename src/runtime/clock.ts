/** Time as the rest of Serin sees it: wall clock, monotonic clock and timers behind one interface. */

/** Undoes a `Clock.after`; calling it twice or after the timer has fired does nothing. */
export type CancelTimer = () => void;

export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start; never jumps with the wall clock. */
  monotonic(): number;
  /** Calls `run` once, `delay` milliseconds from now (0 or less: as soon as possible, never synchronously). */
  after(delay: number, run: () => void): CancelTimer;
}

/** The clock of the machine. Its timers do not keep the process alive on their own when `unref` is set. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, Math.max(0, delay));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delay` milliseconds of `clock`, rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delay: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delay, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
