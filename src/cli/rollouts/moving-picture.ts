/** `--watch`: the same picture again and again, at once when something has changed and every second for the ages. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Selection } from '#cluster/list-pages.ts';
import { sleep } from '#runtime/clock.ts';
import type { Call, ClusterAccess } from './command.ts';
import { followObjects, type LiveObjects } from './live-objects.ts';

/** To the corner, everything away, to the corner. */
const clearScreen = '\u001B[H\u001B[2J\u001B[0;0H';

/** More often nobody can look. */
const leastPause = 200;
const longestPause = 1_000;

export interface MovingPicture<Info> {
  readonly selections: readonly (Selection & { readonly first: readonly KubeObject[] })[];
  /** What is to be shown; a text when it is gone: a warning then, and the last picture stays. */
  readonly read: (objects: LiveObjects) => Info | string;
  readonly draw: (info: Info, now: number) => string;
  /** Ends after so many milliseconds; 0: never. */
  readonly timeout: number;
}

/** Resolves when the time is over or the process is asked to end. */
export async function showMovingPicture<Info extends object>(
  call: Pick<Call, 'clock' | 'random' | 'io'>,
  access: ClusterAccess,
  { selections, read, draw, timeout }: MovingPicture<Info>,
): Promise<void> {
  const { clock, io } = call;
  const end = new AbortController();
  const stop = (): void => end.abort();
  io.signal.addEventListener('abort', stop, { once: true });
  const cancel = timeout > 0 ? clock.after(timeout, stop) : undefined;
  let change = Promise.withResolvers<void>();
  let shown: Info | undefined;
  const onChange = (): void => {
    const next = read(objects);
    if (typeof next === 'string') io.stderr(`Warning: ${next}\n`);
    else if (!isDeepStrictEqual(next, shown)) {
      shown = next;
      change.resolve();
    }
  };
  const objects = followObjects(call, access, selections, { signal: end.signal, onChange });
  try {
    onChange();
    while (!isAborted(end.signal)) {
      change = Promise.withResolvers();
      if (shown !== undefined) io.stdout(`${clearScreen}${draw(shown, clock.now())}`);
      await sleep(clock, leastPause, end.signal);
      await Promise.race([change.promise, sleep(clock, longestPause - leastPause, end.signal)]);
    }
  } catch (error) {
    if (!isAborted(end.signal)) throw error;
  } finally {
    cancel?.();
    io.signal.removeEventListener('abort', stop);
    end.abort();
  }
}

/** Asked anew each time: the compiler would take the first answer for the last. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;
