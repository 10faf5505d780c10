/**
 * The wire for a command that asks a few things and ends: Node's own HTTP client, which is there at once, where that of
 * `src/cluster/http-transport.ts` takes 50 ms to load and pays that back with thousands of requests.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { Agent } from 'node:https';
import type { Credentials } from '#cluster/http-transport.ts';
import {
  type ApiRequest,
  type ApiResponse,
  ConnectionError,
  type Transport,
  type WatchResponse,
} from '#cluster/transport.ts';
import { apiResponse, queryText } from '#cluster/wire-format.ts';
import { watchLines } from '#cluster/watch-lines.ts';
import { errorText } from '#runtime/error-text.ts';

export interface LightTransportOptions {
  readonly server: string;
  readonly userAgent: string;
  /** Limit of a whole call, and of the answer to a watch's request, in milliseconds. */
  readonly timeout: number;
  readonly credentials: () => Promise<Credentials>;
}

/** Longer lines of a watch are an error: 64 MiB. */
const longestLine = 64 * 2 ** 20;

export function lightTransport(options: LightTransportOptions): Transport {
  const server = new URL(options.server);
  // By `import` Node would first look at everything that the module exports, and load what is behind it.
  const http = process.getBuiltinModule(server.protocol === 'https:' ? 'node:https' : 'node:http');
  let agent: Agent | undefined;
  const closed = new AbortController();

  const open = async (request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const { headers, tls } = await options.credentials();
    // One agent serves both protocols, and both have it in their modules.
    agent ??= new (http.Agent as typeof Agent)({ keepAlive: true, ...defined(tls) });
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const wish: RequestOptions = {
      agent,
      method: request.method,
      signal,
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: `${server.pathname.replace(/\/$/, '')}${request.path}${queryText(request.query)}`,
      headers: {
        ...headers,
        accept: request.accept ?? 'application/json',
        'user-agent': options.userAgent,
        ...(body === undefined
          ? {}
          : {
              'content-type': request.contentType ?? 'application/json',
              'content-length': Buffer.byteLength(body),
            }),
      },
    };
    return new Promise((resolve, reject) => {
      http.request(wish, resolve).once('error', reject).end(body);
    });
  };

  /** Ends with the request's own signal, the time limit, or the transport. */
  const bounded = async <T>(request: ApiRequest, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeout);
    const own = request.signal === undefined ? [] : [request.signal];
    try {
      return await work(AbortSignal.any([limit.signal, closed.signal, ...own]));
    } catch (error) {
      if (request.signal?.aborted === true) throw request.signal.reason;
      const why = limit.signal.aborted ? `there was no answer within ${options.timeout / 1_000} s` : errorText(error);
      throw new ConnectionError(`Cannot reach the API server for ${request.method} ${request.path}: ${why}`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    send: (request) =>
      bounded(request, async (signal) => {
        request.allowed?.();
        const response = await open(request, signal);
        return answerOf(response, await textOf(response));
      }),
    async watch({ path, query, accept, signal }): Promise<WatchResponse> {
      const request: ApiRequest = {
        method: 'GET',
        path,
        query: { ...query, watch: 'true' },
        ...(accept === undefined ? {} : { accept }),
        ...(signal === undefined ? {} : { signal }),
      };
      // The time limit is that of the answer: what follows may be silent for long.
      const end = new AbortController();
      const stop = (): void => end.abort();
      signal?.addEventListener('abort', stop, { once: true });
      const response = await bounded(request, async (limit) => {
        limit.addEventListener('abort', stop, { once: true });
        const opened = await open(request, end.signal);
        limit.removeEventListener('abort', stop);
        return opened;
      });
      if (response.statusCode !== 200) return { ...answerOf(response, await textOf(response)), lines: noLines() };
      closed.signal.addEventListener('abort', stop, { once: true });
      return { ...answerOf(response, ''), body: undefined, lines: linesOf(response) };
    },
    async close() {
      closed.abort(new ConnectionError('The connection to the API server is closed'));
      agent?.destroy();
    },
  };
}

async function* linesOf(response: IncomingMessage): WatchResponse['lines'] {
  try {
    yield* watchLines(response, longestLine);
  } catch (error) {
    throw error instanceof ConnectionError ? error : new ConnectionError(`The watch broke: ${errorText(error)}`);
  } finally {
    response.destroy();
  }
}

async function* noLines(): WatchResponse['lines'] {}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  // The stream has no encoding, so that it yields buffers.
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string): ApiResponse {
  return apiResponse(statusCode, headers['retry-after'], text);
}

function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
