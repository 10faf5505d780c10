/** When each Canary is looked at: on its tick, on its own grid of intervals, never twice at once. */

interface Job {
  readonly interval: number;
  /** Ticks are due at `anchor + n × interval`. */
  readonly anchor: number;
  next: number;
}

/**
 * Canaries that are found together are spread, so that after a restart a thousand of them do not wait for each other on every tick. They
 * tick some at a time: one wake-up for all of them, and warm caches, save about a sixth of what a tick costs.
 */
const abreast = 10;
/** Between the first ticks of such groups, in milliseconds: more than what their ticks cost. */
const spacing = 100;

/** The jobs of all Canaries, in monotonic milliseconds. Nothing is stored: after a restart each Canary gets a tick with the first pass of the control loop. */
export class Schedule {
  readonly #jobs = new Map<string, Job>();

  /** One pass of the control loop: new Canaries and those whose interval changed get a tick at once, one after the other. Answers their keys. */
  update(intervals: Iterable<readonly [key: string, interval: number]>, now: number): readonly string[] {
    const due: string[] = [];
    for (const [key, interval] of intervals) {
      if (this.#jobs.get(key)?.interval === interval) continue;
      const anchor = now + ((Math.floor(due.length / abreast) * spacing) % interval);
      this.#jobs.set(key, { interval, anchor, next: anchor });
      due.push(key);
    }
    return due;
  }

  /** Whether the tick of `key` is due; then the next one is set. Ticks that a slow pass has missed collapse into one. */
  take(key: string, now: number): boolean {
    const job = this.#jobs.get(key);
    if (job === undefined || job.next > now) return false;
    job.next = job.anchor + (Math.floor((now - job.anchor) / job.interval) + 1) * job.interval;
    return true;
  }

  /** A tick that could not be carried out is due again. */
  again(key: string, now: number): void {
    const job = this.#jobs.get(key);
    if (job !== undefined) job.next = Math.min(job.next, now);
  }

  /** Milliseconds until the next tick; `undefined` for a Canary without a job. */
  until(key: string, now: number): number | undefined {
    const job = this.#jobs.get(key);
    return job === undefined ? undefined : Math.max(0, job.next - now);
  }

  forget(key: string): void {
    this.#jobs.delete(key);
  }
}
