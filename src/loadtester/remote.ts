/** What tasks that run on another server share: one call with a checked answer, and asking again until it is over. */
import { sleep, type Clock } from '#runtime/clock.ts';
import { HttpError, type Http, type HttpRequest } from '#runtime/http.ts';
import type { CommandResult } from './run-command.ts';

export interface RemoteDeps {
  readonly http: Http;
  readonly clock: Clock;
}

/** Of one call. */
const callTimeout = 60_000;
const longestBody = 500;

/** A remote task that failed; the message is what the caller is told. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
}

export async function callJson(
  http: Http,
  request: Pick<HttpRequest, 'method' | 'url'> & Partial<Pick<HttpRequest, 'headers' | 'body'>>,
  signal: AbortSignal,
): Promise<unknown> {
  const response = await http.send({ ...request, timeout: callTimeout, signal });
  if (response.status >= 300) {
    throw new RemoteError(
      `${request.method} ${new URL(request.url).pathname} answered ${response.status} ${response.body.slice(0, longestBody)}`,
    );
  }
  try {
    return JSON.parse(response.body);
  } catch {
    throw new RemoteError(`${request.method} ${new URL(request.url).pathname} did not answer with JSON`);
  }
}

/** `undefined` when `limit` milliseconds, or the signal, ended before `check` knew. */
export async function askUntil<T>(
  clock: Clock,
  { every, limit }: { readonly every: number; readonly limit: number },
  check: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const end = clock.monotonic() + limit;
  try {
    for (;;) {
      const answer = await check();
      if (answer !== undefined) return answer;
      if (clock.monotonic() + every > end) return undefined;
      await sleep(clock, every, signal);
    }
  } catch (error) {
    // Also a call that the signal broke off: the caller has to clean up all the same.
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** Turns what a remote task throws into how it ended. */
export async function asResult(run: () => Promise<string>): Promise<CommandResult> {
  try {
    return { ok: true, output: await run() };
  } catch (error) {
    if (error instanceof RemoteError || error instanceof HttpError)
      return { ok: false, output: '', reason: error.message };
    throw error;
  }
}
