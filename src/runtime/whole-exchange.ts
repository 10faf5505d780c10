/**
 * One exchange over a dispatcher of undici, its answer read whole. It stands on `dispatch` itself: undici's `request` makes a stream and
 * listens to a signal for each answer, which short answers do not need.
 */
import type { Dispatcher } from 'undici';

export interface WholeAnswer {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Bounds {
  /** Largest body in bytes. */
  readonly maxBytes: number;
  /** What a longer one is refused with. */
  readonly tooLong: () => Error;
  /** Asked when the request has its connection, right before its first byte; by what it throws it keeps the request back. */
  readonly allowed?: (() => void) | undefined;
}

export interface Exchange {
  /** Rejects with the reason of `abort`, with what `tooLong` makes, with `KeptBack`, or with the error of undici. */
  readonly answer: Promise<WholeAnswer>;
  /** Ends it at once, also while it waits for a connection. Afterwards it does nothing. */
  abort(reason: unknown): void;
}

/** `allowed` has thrown `reason`. */
export class KeptBack extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('The request was kept back');
    this.reason = reason;
  }
}

export function exchange(dispatcher: Dispatcher, options: Dispatcher.DispatchOptions, bounds: Bounds): Exchange {
  const handler = new AnswerHandler(bounds);
  try {
    // Time is measured by whoever asks.
    dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler);
  } catch (error) {
    handler.abort(error);
  }
  return handler;
}

class AnswerHandler implements Dispatcher.DispatchHandler, Exchange {
  readonly answer: Promise<WholeAnswer>;
  readonly #bounds: Bounds;
  readonly #resolve: (answer: WholeAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #head: Omit<WholeAnswer, 'body'> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;

  constructor(bounds: Bounds) {
    const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
    this.#bounds = bounds;
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(reason);
    this.#controller?.abort(given);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) return controller.abort(given);
    try {
      this.#bounds.allowed?.();
    } catch (error) {
      this.abort(new KeptBack(error));
    }
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: WholeAnswer['headers'],
    statusText = '',
  ): void {
    // What is below only announces the answer.
    if (status >= 200) this.#head = { status, statusText, headers };
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#bounds.maxBytes) this.abort(this.#bounds.tooLong());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first, ...more] = this.#chunks;
    if (this.#isOver || this.#head === undefined) return;
    this.#isOver = true;
    this.#resolve({
      ...this.#head,
      body: first !== undefined && more.length === 0 ? first : Buffer.concat(this.#chunks),
    });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(error);
  }
}

/** Ends the exchange within undici. Whoever asked has been told why. */
const given = new Error('The exchange was ended');
