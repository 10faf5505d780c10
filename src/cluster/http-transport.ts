/** The transport to a real API server: keep-alive connections of undici, raw JSON, everything bounded. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Clock } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import { exchange, type Exchange, KeptBack } from '#runtime/whole-exchange.ts';
import { RequestLimit } from '#runtime/request-limit.ts';
import { Turns } from '#runtime/turns.ts';
import { type ApiRequest, type ApiResponse, ConnectionError, type Transport, type WatchResponse } from './transport.ts';
import { watchLines } from './watch-lines.ts';
import { apiResponse, queryText } from './wire-format.ts';

/** What proves who we are, as of now. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string | string[]>>;
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
  /** Through an HTTP or SOCKS5 proxy. */
  readonly proxyUrl?: string | undefined;
  /** Connections for calls; watches have their own pool, one connection each. Default 16. */
  readonly connections?: number;
  /** Limit of a whole call from when it has a connection, and of the answer to a watch's request, in milliseconds. Default 30 s. */
  readonly timeout?: number;
  /** Largest answer, and largest line of a watch, in bytes. Default 64 MiB: a page of 500 objects of the largest size is smaller in practice. */
  readonly maxBytes?: number;
}

interface Pools {
  readonly tls: TlsOptions;
  readonly calls: Dispatcher;
  readonly watches: Dispatcher;
}

/** Asks for credentials a second time on 401; retries nothing else. */
export function httpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options);
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #origin: string;
  /** A path in the server's URL goes before every request's. */
  readonly #prefix: string;
  readonly #timeout: number;
  readonly #maxBytes: number;
  readonly #limits = new Set<RequestLimit>();
  readonly #connections: number;
  /** A call that waits for the answers to others has not begun: its time is the server's. */
  readonly #turns: Turns;
  readonly #turnsOfGroups = new Map<string, Turns>();
  readonly #turnsOfPatient = new Turns(() => (this.#isCrowded() ? 1 : Infinity));
  #isClosed = false;
  #pools: Pools | undefined;

  constructor(options: HttpTransportOptions) {
    const { origin, pathname } = new URL(options.server);
    this.#options = options;
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/$/, '');
    this.#timeout = options.timeout ?? 30_000;
    this.#maxBytes = options.maxBytes ?? 64 * 2 ** 20;
    this.#connections = options.connections ?? 16;
    this.#turns = new Turns(this.#connections);
  }

  async send(request: ApiRequest): Promise<ApiResponse> {
    const { signal, patient = false } = request;
    const inTurn = (): Promise<ApiResponse> =>
      this.#turnsOf(request).run(() => this.#turns.run(() => this.#call(request), signal), signal);
    if (patient) return this.#turnsOfPatient.run(inTurn, signal);
    try {
      return await inTurn();
    } finally {
      this.#turnsOfPatient.look();
    }
  }

  #isCrowded(): boolean {
    return [this.#turns, ...this.#turnsOfGroups.values()].some(({ waiting }) => waiting > 0);
  }

  /** No API group has all connections, writes or reads: one whose admission webhook hangs must not keep the others waiting, or its own lists. */
  #turnsOf({ method, path }: ApiRequest): Turns {
    const [, root, group = ''] = path.split('/');
    const lane = `${method === 'GET' ? 'read' : 'write'} ${root === 'apis' ? group : ''}`;
    const turns = this.#turnsOfGroups.get(lane) ?? new Turns(Math.max(1, Math.floor(this.#connections * 0.75)));
    this.#turnsOfGroups.set(lane, turns);
    return turns;
  }

  async #call(request: ApiRequest): Promise<ApiResponse> {
    const limit = this.#limit(request, 'the call');
    try {
      for (let rejected = false; ; rejected = true) {
        const credentials = await this.#credentials(rejected, limit);
        const running = this.#exchange(request, credentials);
        limit.guard((reason) => running.abort(reason));
        const { status, headers, body } = await running.answer;
        if (status !== 401 || rejected) return apiResponse(status, headers['retry-after'], body.toString('utf8'));
      }
    } catch (error) {
      throw failureOf(request, error);
    } finally {
      this.#end(limit);
    }
  }

  async watch(request: Pick<ApiRequest, 'path' | 'query' | 'accept' | 'signal'>): Promise<WatchResponse> {
    const limit = this.#limit(request, 'the start of the watch');
    const asked: ApiRequest = { ...request, method: 'GET', query: { ...request.query, watch: 'true' } };
    try {
      const response = await this.#stream(asked, limit);
      const { statusCode: status, headers, body } = response;
      if (status === 200) {
        limit.begun();
        return { status, body: undefined, lines: this.#lines(asked, body, limit) };
      }
      const text = await this.#read(body);
      this.#end(limit);
      return { ...apiResponse(status, headers['retry-after'], text), lines: noLines() };
    } catch (error) {
      this.#end(limit);
      throw failureOf(asked, error);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const limit of this.#limits) limit.reach(closed());
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.calls.destroy(), pools?.watches.destroy()]);
  }

  async *#lines(
    request: ApiRequest,
    body: Dispatcher.ResponseData['body'],
    limit: RequestLimit,
  ): WatchResponse['lines'] {
    try {
      yield* watchLines(body, this.#maxBytes);
    } catch (error) {
      throw error instanceof ConnectionError ? error : connectionError(request, error);
    } finally {
      body.destroy();
      this.#end(limit);
    }
  }

  async #stream(request: ApiRequest, limit: RequestLimit): Promise<Dispatcher.ResponseData> {
    for (let rejected = false; ; rejected = true) {
      const credentials = await this.#credentials(rejected, limit);
      const abort = new AbortController();
      limit.guard((reason) => abort.abort(reason));
      const { watches } = this.#poolsFor(credentials.tls);
      const response = await watches.request({
        ...this.#requestOf(request, credentials),
        signal: abort.signal,
        // Time is measured by our own limit; a quiet watch is the watcher's business.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      if (response.statusCode !== 401 || rejected) return response;
      await response.body.dump();
    }
  }

  #exchange(request: ApiRequest, credentials: Credentials): Exchange {
    return exchange(this.#poolsFor(credentials.tls).calls, this.#requestOf(request, credentials), {
      maxBytes: this.#maxBytes,
      tooLong: () => new ConnectionError(`The answer is longer than ${this.#maxBytes} bytes`),
      allowed: request.allowed,
    });
  }

  /** A plugin that gives credentials may hang as anything else may. */
  #credentials(rejected: boolean, limit: RequestLimit): Promise<Credentials> {
    return new Promise((resolve, reject) => {
      limit.guard(reject);
      this.#options.credentials(rejected).then(resolve, reject);
    });
  }

  #requestOf(request: ApiRequest, { headers }: Credentials) {
    return {
      origin: this.#origin,
      path: `${this.#prefix}${request.path}${queryText(request.query)}`,
      method: request.method,
      headers: { ...headers, ...this.#headersOf(request) },
      body: request.body === undefined ? null : JSON.stringify(request.body),
    };
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
    if (this.#isClosed) throw closed();
    const old = this.#pools;
    if (old !== undefined && (old.tls === tls || JSON.stringify(old.tls) === JSON.stringify(tls))) return old;
    // Errors of connections that end are seen by the requests on them.
    void Promise.all([old?.calls.close(), old?.watches.close()]).catch(() => {});
    const pools = { tls, calls: this.#pool(tls, this.#connections), watches: this.#pool(tls, undefined) };
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

  #limit({ signal }: Pick<ApiRequest, 'signal'>, what: string): RequestLimit {
    const { clock } = this.#options;
    const tooLate = (): Error => new ConnectionError(`${what} took longer than ${this.#timeout / 1_000} s`);
    const limit = new RequestLimit({ clock, signal, timeout: this.#timeout, tooLate });
    if (this.#isClosed) limit.reach(closed());
    this.#limits.add(limit);
    return limit;
  }

  #end(limit: RequestLimit): void {
    limit.end();
    this.#limits.delete(limit);
  }
}

function closed(): ConnectionError {
  return new ConnectionError('The connection to the API server is closed');
}

/** Two reasons are not ours to tell: the caller's own, and what kept the request back. */
function failureOf(request: ApiRequest, error: unknown): unknown {
  if (error instanceof KeptBack) return error.reason;
  return request.signal?.aborted === true ? request.signal.reason : connectionError(request, error);
}

/** Says what was tried and the code or message of the cause; never its headers. */
function connectionError({ method, path }: ApiRequest, error: unknown): ConnectionError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  return new ConnectionError(`Cannot reach the API server for ${method} ${path}: ${code}${errorText(error)}`);
}

async function* noLines(): WatchResponse['lines'] {}
