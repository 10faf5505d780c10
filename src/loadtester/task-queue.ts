/** Starts tasks a moment after they are asked for, each at most once at a time: a load test is asked for on every check of a Canary. */
import type { CancelTimer, Clock } from '#runtime/clock.ts';
import type { Log } from '#runtime/log.ts';

export interface QueuedTask {
  /** Two tasks with the same identity never run at the same time. */
  readonly identity: string;
  /** What logs call it. */
  readonly title: string;
  /** Never rejects; ends soon after the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface TaskQueue {
  /** Replaces an equal task that has not started yet. */
  add(task: QueuedTask): void;
  readonly running: number;
  /** Abandons what runs and forgets what waits; nothing starts afterwards. */
  close(): void;
}

/** Calls that come together start together, and calls that come twice start once. */
const startCycle = 100;

export function createTaskQueue({ clock, log }: { readonly clock: Clock; readonly log: Log }): TaskQueue {
  const waiting = new Map<string, QueuedTask>();
  const running = new Set<string>();
  const stop = new AbortController();
  let cancelCycle: CancelTimer | undefined;

  const start = async (task: QueuedTask): Promise<void> => {
    running.add(task.identity);
    log.info(`task starting ${task.title}`);
    try {
      await task.run(stop.signal);
    } finally {
      running.delete(task.identity);
    }
  };
  const cycle = (): void => {
    cancelCycle = undefined;
    for (const task of waiting.values()) {
      if (running.has(task.identity)) log.info(`command skipped ${task.title} is already running`);
      else void start(task);
    }
    waiting.clear();
  };

  return {
    add(task) {
      if (stop.signal.aborted) return;
      waiting.set(task.identity, task);
      cancelCycle ??= clock.after(startCycle, cycle);
    },
    get running() {
      return running.size;
    },
    close() {
      cancelCycle?.();
      waiting.clear();
      stop.abort();
    },
  };
}
