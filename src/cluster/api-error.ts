/** Answers of the API server that are not what was asked for, as errors that are safe to log. */
import type { Resource } from '#api/kubernetes.ts';
import type { ApiResponse } from './transport.ts';

/** Longer messages are cut: a Status may quote the whole object that it refuses. */
const longestMessage = 1_000;

/** The API server answered, but not with what was asked for. The message holds neither headers nor bodies of the request. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The machine-readable reason of the `Status`, such as `Forbidden`; empty when there was none. */
  readonly reason: string;
  /** Milliseconds that the server asked to wait. */
  readonly retryAfter: number | undefined;

  constructor(attempt: string, response: ApiResponse, options: { hideMessage?: boolean } = {}) {
    const { reason, message } = statusOf(response);
    const detail = options.hideMessage === true ? '' : `: ${message}`;
    super(`${attempt}: ${[response.status, reason].filter((part) => part !== '').join(' ')}${detail}`);
    this.status = response.status;
    this.reason = reason;
    this.retryAfter = retryAfterOf(response);
  }
}

/** A write was asked for while this process may not write, because another one holds the lease. */
export class WritesStopped extends Error {
  override readonly name = 'WritesStopped';
}

/** Reason and message of the `Status` in a response or in the `ERROR` line of a watch. */
export function statusOf(response: { readonly body: unknown }): { reason: string; message: string; code?: number } {
  const { body } = response;
  if (typeof body !== 'object' || body === null) {
    return { reason: '', message: cut(typeof body === 'string' && body !== '' ? body.trim() : 'no message') };
  }
  const reason = 'reason' in body && typeof body.reason === 'string' ? body.reason : '';
  const message = 'message' in body && typeof body.message === 'string' ? body.message : 'no message';
  const code = 'code' in body && typeof body.code === 'number' ? { code: body.code } : {};
  return { reason, message: cut(message), ...code };
}

/** Milliseconds of the `Retry-After` header or, where a proxy drops headers, of the Status' details. */
export function retryAfterOf(response: ApiResponse): number | undefined {
  if (response.retryAfter !== undefined) return response.retryAfter * 1_000;
  const { body } = response;
  if (typeof body !== 'object' || body === null || !('details' in body)) return undefined;
  const { details } = body;
  if (typeof details !== 'object' || details === null || !('retryAfterSeconds' in details)) return undefined;
  const seconds = details.retryAfterSeconds;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : undefined;
}

/** Values of Secrets can be quoted in refusals: their messages stay out of errors. */
export function holdsSecrets(resource: Resource): boolean {
  return resource.group === '' && resource.plural === 'secrets';
}

function cut(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
}
