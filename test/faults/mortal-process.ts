/** A controller's process that can end as by a power cut: from one instant on nothing that it does reaches the world, and nothing reaches it. */
import type { ApiRequest, ApiResponse, Transport, WatchLine, WatchResponse } from '#cluster/transport.ts';
import type { Clock } from '#runtime/clock.ts';
import type { Http } from '#runtime/http.ts';

/** When the process dies: at its n-th write, before or after the API server has done it. */
export interface Kill {
  /** Counted from 1. */
  readonly write: number;
  readonly when: 'before' | 'after';
  /** Milliseconds until the next process starts. */
  readonly downtime: number;
}

export interface Process {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly http: Http;
  /** Without a downtime nothing follows. */
  die(downtime: number | undefined): void;
  /** As a network that swallows packets: the open watches stay open and bring nothing any more. */
  silenceWatches(): void;
}

export interface ProcessOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly http: Http;
  readonly kill?: Kill;
  /** Sees each write that reaches the API server; its answer is called when that has done it. */
  readonly writing: (request: ApiRequest) => () => void;
  readonly died: (downtime: number) => void;
}

/** What a dead process waits for. */
const never = new Promise<never>(() => {});

export function mortalProcess({ transport, clock, http, kill, writing, died }: ProcessOptions): Process {
  let alive = true;
  let writes = 0;
  const die = (downtime: number | undefined): void => {
    if (!alive) return;
    alive = false;
    void transport.close();
    if (downtime !== undefined) died(downtime);
  };
  /** What comes back to a dead process is never seen. */
  const seen = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const value = await answer;
      return alive ? value : await never;
    } catch (error) {
      if (!alive) return never;
      throw error;
    }
  };
  const send = async (request: ApiRequest): Promise<ApiResponse> => {
    if (request.method === 'GET') return transport.send(request);
    writes += 1;
    const isLast = kill?.write === writes;
    if (isLast && kill.when === 'before') {
      die(kill.downtime);
      return never;
    }
    const written = writing(request);
    // The sandbox has done it when the call returns: only the answer is still on its way.
    const answer = transport.send(request);
    written();
    if (isLast) die(kill.downtime);
    return answer;
  };
  let silences = 0;
  const watch = async (request: Parameters<Transport['watch']>[0]): Promise<WatchResponse> => {
    const opened = silences;
    const answer = await transport.watch(request);
    return { ...answer, lines: whileHeard(answer.lines, () => silences === opened) };
  };
  return {
    die,
    silenceWatches: () => void (silences += 1),
    transport: {
      send: (request) => (alive ? seen(send(request)) : never),
      watch: (request) => (alive ? seen(watch(request)) : never),
      close: () => transport.close(),
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (delay, run) =>
        clock.after(delay, () => {
          if (alive) run();
        }),
    },
    http: { send: (request) => (alive ? seen(http.send(request)) : never) },
  };
}

async function* whileHeard(
  lines: WatchResponse['lines'],
  heard: () => boolean,
): AsyncGenerator<WatchLine, void, undefined> {
  for await (const line of lines) {
    if (!heard()) await never;
    yield line;
  }
}
