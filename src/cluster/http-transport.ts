/** The transport to a real API server: keep-alive connections of undici, raw JSON, everything bounded. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import {
  type ApiRequest,
  type ApiResponse,
  ConnectionError,
  type Query,
  type Transport,
  type WatchResponse,
} from './transport.ts';
import { watchLines } from './watch-lines.ts';

/** What proves who we are, as of now. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

export interface HttpTransportOptions {
  /** URL of the API server; a path in it is put before every request's. */
  readonly server: string;
  readonly clock: Clock;
  /** Asked for every request; `rejected`: the server has just answered 401 to what was given last. */
  readonly credentials: (rejected: boolean) => Promise<Credentials>;
  readonly userAgent?: string;
  /** Through an HTTP proxy. */
  readonly proxyUrl?: string | undefined;
  /** Connections for calls; watches have their own pool, one connection each. Default 16. */
  readonly connections?: number;
  /** Limit of a whole call, and of the answer to a watch's request, in milliseconds. Default 30 s. */
  readonly timeout?: number;
  /** Largest answer, and largest line of a watch, in bytes. Default 64 MiB: a page of 500 objects of the largest size is smaller in practice. */
  readonly maxBytes?: number;
}

interface Pools {
  readonly tls: string;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** Asks for credentials a second time on 401; retries nothing else. */
export function httpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options);
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #closed = new AbortController();
  #pools: Pools | undefined;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#timeout = options.timeout ?? 30_000;
    this.#maxBytes = options.maxBytes ?? 64 * 2 ** 20;
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const limit = this.#limit(request, 'whole');
    try {
      const response = await this.#request('calls', request, limit.signal);
      const body = await this.#read(response.body);
      return answerOf(response, body);
    } catch (error) {
      throw this.#failure(request, error, limit);
    } finally {
      limit.end();
    }
  }

  async watch(request: Pick<ApiRequest, 'path' | 'query' | 'accept' | 'signal'>): Promise<WatchResponse> {
    const limit = this.#limit(request, 'start');
    const asked: ApiRequest = { ...request, method: 'GET', query: { ...request.query, watch: 'true' } };
    try {
      const response = await this.#request('watches', asked, limit.signal);
      if (response.statusCode === 200) {
        limit.begun();
        return { ...answerOf(response, ''), body: undefined, lines: this.#lines(asked, response.body, limit) };
      }
      const body = await this.#read(response.body);
      limit.end();
      return { ...answerOf(response, body), lines: noLines() };
    } catch (error) {
      limit.end();
      throw this.#failure(asked, error, limit);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort(new ConnectionError('The connection to the API server is closed'));
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.calls.destroy(), pools?.watches.destroy()]);
  }

  async *#lines(request: ApiRequest, body: Dispatcher.ResponseData['body'], limit: Limit): WatchResponse['lines'] {
    try {
      yield* watchLines(body, this.#maxBytes);
    } catch (error) {
      throw error instanceof ConnectionError ? error : connectionError(request, error);
    } finally {
      body.destroy();
      limit.end();
    }
  }

  async #request(
    pool: 'calls' | 'watches',
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    for (let rejected = false; ; rejected = true) {
      const credentials = await unlessAborted(this.#options.credentials(rejected), signal);
      const url = new URL(this.#options.server);
      const dispatcher = this.#poolsFor(credentials.tls)[pool];
      const { allowed } = request;
      const response = await (allowed === undefined ? dispatcher : dispatcher.compose(lastWord(allowed))).request({
        origin: url.origin,
        path: `${url.pathname.replace(/\/$/, '')}${request.path}${queryOf(request.query)}`,
        method: request.method,
        headers: { ...credentials.headers, ...this.#headersOf(request) },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
        // Time is measured by our own limit; a quiet watch is the watcher's business.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      if (response.statusCode !== 401 || rejected) return response;
      await response.body.dump();
    }
  }

  #headersOf(request: ApiRequest): Record<string, string> {
    return {
      accept: request.accept ?? 'application/json',
      'user-agent': this.#options.userAgent ?? 'serin',
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    };
  }

  /** Certificates are part of a connection: when they change, the next request opens new ones and the old ones end by themselves. */
  #poolsFor(tls: TlsOptions): Pools {
    this.#closed.signal.throwIfAborted();
    const key = JSON.stringify(tls);
    if (this.#pools?.tls === key) return this.#pools;
    const old = this.#pools;
    // Errors of connections that end are seen by the requests on them.
    void Promise.all([old?.calls.close(), old?.watches.close()]).catch(() => {});
    const pools = {
      tls: key,
      calls: this.#pool(tls, this.#options.connections ?? 16),
      watches: this.#pool(tls, undefined),
    };
    this.#pools = pools;
    return pools;
  }

  #pool(tls: TlsOptions, connections: number | undefined): Dispatcher {
    const { proxyUrl } = this.#options;
    const common = {
      // HTTP/2 would put all watches and calls on one connection, where one lost packet stops them all.
      allowH2: false,
      // Shorter than the idle limits of load balancers, longer than the interval of a canary in a hurry.
      keepAliveTimeout: 30_000,
      ...(connections === undefined ? {} : { connections }),
    };
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    if (proxyUrl !== undefined) return new ProxyAgent({ ...common, uri: proxyUrl, requestTls: given });
    return new Agent({ ...common, connect: { ...given, timeout: this.#timeout } });
  }

  async #read(body: Dispatcher.ResponseData['body']): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      // The body of undici is a stream of buffers that is typed as a stream of anything.
      const bytes: Uint8Array = chunk;
      size += bytes.length;
      if (size > this.#maxBytes) throw new ConnectionError(`The answer is longer than ${this.#maxBytes} bytes`);
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** One signal for everything that can end a request; it takes its listeners back at the end. */
  #limit(request: Pick<ApiRequest, 'signal'>, bounds: 'whole' | 'start'): Limit {
    const abort = new AbortController();
    const what = bounds === 'whole' ? 'the call' : 'the start of the watch';
    const cancel = this.#options.clock.after(this.#timeout, () =>
      abort.abort(new ConnectionError(`${what} took longer than ${this.#timeout / 1_000} s`)),
    );
    const sources = [request.signal, this.#closed.signal].filter((signal) => signal !== undefined);
    const ends = sources.map((source) => {
      const stop = (): void => abort.abort(source.reason);
      if (source.aborted) stop();
      source.addEventListener('abort', stop, { once: true });
      return () => source.removeEventListener('abort', stop);
    });
    const end = (): void => {
      cancel();
      for (const one of ends) one();
    };
    return { signal: abort.signal, begun: cancel, end };
  }

  #failure(request: ApiRequest | Pick<ApiRequest, 'path' | 'signal'>, error: unknown, limit: Limit): unknown {
    if (error instanceof KeptBack) return error.reason;
    if (request.signal?.aborted === true) return request.signal.reason;
    return connectionError(request, limit.signal.aborted ? limit.signal.reason : error);
  }
}

interface Limit {
  readonly signal: AbortSignal;
  /** The timed part is over. */
  readonly begun: () => void;
  readonly end: () => void;
}

/** A plugin that gives credentials may hang as anything else may. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A request may have waited long for its connection: `allowed` is asked when there is one, right before the first byte. */
function lastWord(allowed: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        try {
          allowed();
        } catch (error) {
          controller.abort(new KeptBack(error));
          return;
        }
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...parts) => handler.onResponseStart?.(...parts),
      onResponseData: (...parts) => handler.onResponseData?.(...parts),
      onResponseEnd: (...parts) => handler.onResponseEnd?.(...parts),
      onResponseError: (...parts) => handler.onResponseError?.(...parts),
    });
}

/** Carries what `allowed` has thrown through undici. */
class KeptBack extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super('The request was kept back');
    this.reason = reason;
  }
}

/** Says what was tried and the code or message of the cause; never its headers. */
function connectionError(request: Pick<ApiRequest, 'path'> & { method?: string }, error: unknown): ConnectionError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  const message = errorText(error);
  return new ConnectionError(
    `Cannot reach the API server for ${request.method ?? 'GET'} ${request.path}: ${code}${message}`,
  );
}

async function* noLines(): WatchResponse['lines'] {}

function queryOf(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) parameters.append(key, one);
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function answerOf(response: Dispatcher.ResponseData, text: string): ApiResponse {
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  return {
    status: response.statusCode,
    body: parsed(text),
    ...(Number.isFinite(seconds) && seconds >= 0 ? { retryAfter: seconds } : {}),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
