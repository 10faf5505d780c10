/** A controller's process that can be paused as by SIGSTOP: what it waits for arrives when it goes on, and meanwhile time passes. */
import type { ApiRequest, Transport, WatchLine, WatchResponse } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';

/** Where a process is paused: at the n-th write of all processes, Leases aside. */
export interface Pause {
  /** Counted from 1. */
  readonly write: number;
  /** Before its last look at the Lease, between that and the API server, or between that and the answer. */
  readonly when: 'before' | 'looked' | 'after';
}

export interface PausableProcess {
  readonly clock: Clock;
  readonly http: Http;
  /** A connection of the process. */
  connect(transport: Transport): Transport;
  pause(): void;
  resume(): void;
}

export interface PausableOptions {
  readonly clock: Clock;
  readonly http: Http;
  /** Called with the process's hand on a write: answers where it is paused, if it is. */
  readonly pausedAt: (request: ApiRequest) => Pause['when'] | undefined;
  /** Sees each write that reaches the API server; its answer is called when that has done it, with the answer's status. */
  readonly writing: (request: ApiRequest) => (status: number) => void;
}

export function pausableProcess({ clock, http, pausedAt, writing }: PausableOptions): PausableProcess {
  let gate: PromiseWithResolvers<void> | undefined;
  const late = new Set<() => void>();
  const pause = (): void => void (gate ??= Promise.withResolvers<void>());
  const awake = async (): Promise<void> => {
    const closed = gate;
    if (closed === undefined) return;
    await closed.promise;
    // It may have been paused again meanwhile.
    await awake();
  };
  const seen = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } finally {
      await awake();
    }
  };
  const write = async (transport: Transport, request: ApiRequest): ReturnType<Transport['send']> => {
    const when = pausedAt(request);
    if (when === 'before') pause();
    await awake();
    request.allowed?.();
    // The look and the sending are one step: no other write can be between them at the same time.
    if (when === 'looked') {
      pause();
      await awake();
    }
    const written = writing(request);
    const answer = transport.send(request);
    if (when === 'after') pause();
    // The sandbox has done it by now: only the answer is still on its way.
    void answer.then(
      ({ status }) => written(status),
      () => written(0),
    );
    return seen(answer);
  };
  return {
    pause,
    resume() {
      gate?.resolve();
      gate = undefined;
      for (const run of late) clock.after(0, run);
      late.clear();
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after(delay, run) {
        const cancel = clock.after(delay, () => void (gate === undefined ? run() : late.add(run)));
        return () => {
          cancel();
          late.delete(run);
        };
      },
    },
    http: {
      async send(request) {
        await awake();
        return seen(http.send(request));
      },
    },
    connect: (transport) => ({
      async send(request) {
        await awake();
        return isWork(request) ? write(transport, request) : seen(transport.send(request));
      },
      async watch(request) {
        await awake();
        const answer = await seen(transport.watch(request));
        return { ...answer, lines: whileAwake(answer.lines, awake) };
      },
      close: () => transport.close(),
    }),
  };
}

function isWork({ method, path }: ApiRequest): boolean {
  return method !== 'GET' && !path.includes('/leases');
}

async function* whileAwake(
  lines: WatchResponse['lines'],
  awake: () => Promise<void>,
): AsyncGenerator<WatchLine, void, undefined> {
  for await (const line of lines) {
    await awake();
    yield line;
  }
}
