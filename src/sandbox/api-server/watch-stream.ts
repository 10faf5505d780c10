/** An open watch: the lines that a client still has to read, fed by the storage, pulled by an async iterator. */
import type { WatchLine } from '#cluster/transport.ts';
import { ConnectionError } from '#cluster/transport.ts';

export class WatchStream implements AsyncGenerator<WatchLine, void, undefined> {
  readonly #lines: WatchLine[] = [];
  readonly #waiting: PromiseWithResolvers<IteratorResult<WatchLine, void>>[] = [];
  readonly #onClose: (() => void)[] = [];
  #ended = false;
  #failure: Error | undefined;

  push(line: WatchLine): void {
    if (this.#ended) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#lines.push(line);
    else reader.resolve({ value: line, done: false });
  }

  /** Runs when either side ends the watch. */
  onClose(run: () => void): void {
    if (this.#ended) run();
    else this.#onClose.push(run);
  }

  /** The server ends the stream: what is queued is still delivered. */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    for (const run of this.#onClose) run();
    for (const reader of this.#waiting.splice(0)) this.#settle(reader);
  }

  /** The connection breaks: what is queued is lost. */
  break(reason = 'The connection was closed'): void {
    this.#lines.length = 0;
    this.end(new ConnectionError(reason));
  }

  next(): Promise<IteratorResult<WatchLine, void>> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve({ value: line, done: false });
    const reader = Promise.withResolvers<IteratorResult<WatchLine, void>>();
    if (this.#ended) this.#settle(reader);
    else this.#waiting.push(reader);
    return reader.promise;
  }

  return(): Promise<IteratorResult<WatchLine, void>> {
    this.#lines.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error: unknown): Promise<IteratorResult<WatchLine, void>> {
    this.end();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #settle(reader: PromiseWithResolvers<IteratorResult<WatchLine, void>>): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure === undefined) reader.resolve({ value: undefined, done: true });
    else reader.reject(failure);
  }
}
