/** For tests of this folder: a transport whose answers are written down, and watches whose lines are handed out by hand. */
import type { ApiRequest, ApiResponse, Transport, WatchLine, WatchResponse } from './transport.ts';
import { ConnectionError } from './transport.ts';

/** An open watch in the hands of a test. */
export interface ScriptedWatch {
  readonly query: Readonly<Record<string, unknown>>;
  line(type: WatchLine['type'], object: object): void;
  /** The server ends the watch. */
  end(): void;
  /** The connection breaks. */
  reset(): void;
  /** Whether the client has closed it. */
  readonly closed: boolean;
}

type Answer = ApiResponse | Error;

export interface ScriptedTransport extends Transport {
  readonly requests: ApiRequest[];
  readonly watches: ScriptedWatch[];
  /** Answers of the next calls, in order; afterwards `otherwise`. */
  answer(...answers: (Answer | ((request: ApiRequest) => Answer))[]): void;
  /** Refusals of the next watches, in order; afterwards they open. */
  refuse(...answers: Answer[]): void;
}

export const ok = (body: unknown): ApiResponse => ({ status: 200, body });
export const status = (code: number, reason = '', message = 'no', retryAfter?: number): ApiResponse => ({
  status: code,
  body: { kind: 'Status', code, reason, message },
  ...(retryAfter === undefined ? {} : { retryAfter }),
});
export const list = (version: string, items: readonly object[], next?: string): ApiResponse =>
  ok({
    kind: 'List',
    metadata: { resourceVersion: version, ...(next === undefined ? {} : { continue: next }) },
    items,
  });

export function scriptedTransport(otherwise: (request: ApiRequest) => Answer = () => status(500)): ScriptedTransport {
  const answers: (Answer | ((request: ApiRequest) => Answer))[] = [];
  const refusals: Answer[] = [];
  const requests: ApiRequest[] = [];
  const watches: ScriptedWatch[] = [];
  return {
    requests,
    watches,
    answer: (...more) => void answers.push(...more),
    refuse: (...more) => void refusals.push(...more),
    async send(request) {
      request.signal?.throwIfAborted();
      requests.push(request);
      const answer = answers.shift() ?? otherwise;
      return given(typeof answer === 'function' ? answer(request) : answer);
    },
    async watch(request): Promise<WatchResponse> {
      const refusal = refusals.shift();
      if (refusal !== undefined) return { ...given(refusal), lines: noLines() };
      const { lines, ...watch } = openWatch(request.query ?? {}, request.signal);
      watches.push(watch.handle);
      return { status: 200, body: undefined, lines };
    },
    close: async () => {},
  };
}

function given(answer: Answer): ApiResponse {
  if (answer instanceof Error) throw answer;
  return answer;
}

async function* noLines(): AsyncGenerator<WatchLine, void, undefined> {}

function openWatch(query: Readonly<Record<string, unknown>>, signal: AbortSignal | undefined) {
  const waiting: (WatchLine | Error | 'end')[] = [];
  let wake = (): void => {};
  const push = (item: WatchLine | Error | 'end'): void => {
    waiting.push(item);
    wake();
  };
  const handle = {
    query,
    closed: false,
    line: (type: WatchLine['type'], object: object) => push({ type, object: { ...object } }),
    end: () => push('end'),
    reset: () => push(new ConnectionError('The connection was reset')),
  };
  signal?.addEventListener('abort', () => {
    handle.closed = true;
    push(new ConnectionError('Closed by the client'));
  });
  async function* lines(): AsyncGenerator<WatchLine, void, undefined> {
    for (;;) {
      const next = waiting.shift();
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return { handle, lines: lines() };
}
