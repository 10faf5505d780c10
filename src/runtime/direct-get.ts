/** GET without a proxy, over connections of undici that are kept: metric servers are asked at each tick, and got costs more. */
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { Agent } from 'undici';
import { HttpError, type HttpResponse } from './http.ts';
import type { RequestLimit } from './request-limit.ts';
import { exchange, type WholeAnswer } from './whole-exchange.ts';

export interface DirectRequest {
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly maxBytes: number;
  readonly insecureSkipVerify: boolean;
  readonly limit: RequestLimit;
}

export type DirectGet = (request: DirectRequest) => Promise<HttpResponse>;

/** Throws `HttpError` for an answer that is too long, and errors of undici and the system as they are. `lookup`: default the system's. */
export function directGet(lookup?: LookupFunction): DirectGet {
  const agentWith = (rejectUnauthorized: boolean): Agent =>
    // HTTP/2 is no gain for one short answer at a time. Longer than the interval of a canary in a hurry.
    new Agent({
      allowH2: false,
      keepAliveTimeout: 30_000,
      connect: { rejectUnauthorized, ...(lookup === undefined ? {} : { lookup }) },
    });
  const [strict, lenient] = [agentWith(true), agentWith(false)];

  const ask = ({ url, headers, maxBytes, insecureSkipVerify, limit }: DirectRequest): Promise<WholeAnswer> => {
    const request = { method: 'GET', origin: url.origin, path: `${url.pathname}${url.search}`, headers } as const;
    const bounds = { maxBytes, tooLong: () => tooLarge(url, maxBytes) };
    const running = exchange(insecureSkipVerify ? lenient : strict, request, bounds);
    limit.guard((reason) => running.abort(reason));
    return running.answer;
  };

  return async (request) => {
    const answer = await ask(request).catch((error: unknown) => {
      if (!isBroken(error)) throw error;
      return ask(request);
    });
    const { status, statusText, headers } = answer;
    const body = await decoded(answer, request);
    return { status, statusText, headers: joined(headers), body: body.toString('utf8') };
  };
}

/** A peer may close an idle connection at the moment it is used again. A read may be sent once more. */
function isBroken(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET';
}

const decoders = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** No encoding was asked for; some servers do not mind. */
async function decoded({ headers, body }: WholeAnswer, { url, maxBytes }: DirectRequest): Promise<Buffer> {
  const decode = decoders.get(String(headers['content-encoding'] ?? ''));
  if (decode === undefined) return body;
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isLarge ? tooLarge(url, maxBytes) : error;
  }
}

/** The error for an answer above the limit. */
export function tooLarge({ host }: URL, maxBytes: number): HttpError {
  return new HttpError('too-large', `Cannot read the answer of ${host}: it is longer than ${maxBytes} bytes`);
}

/** Headers as `HttpResponse` has them. */
export function joined(headers: WholeAnswer['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}
