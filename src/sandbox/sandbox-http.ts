/** The network of the sandbox: host names lead to handlers in this process, so that a virtual clock can stand still meanwhile. */
import { STATUS_CODES } from 'node:http';
import type { Clock } from '#runtime/clock.ts';
import { HttpError } from '#runtime/http.ts';
import type { Http, HttpRequest, HttpResponse } from '#runtime/http.ts';
import type { Handler, HandlerResponse } from './http-handler.ts';

export interface SandboxHttp extends Http {
  /** `host` is a name, for every port, or `name:port`, which goes first. Returns the function that takes the host off the network. */
  register(host: string, handler: Handler): () => void;
}

/** What the real client reads at most when the caller says nothing. */
const defaultMaxBytes = 10 * 1024 * 1024;

/** Headers that must not travel to another origin. */
const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** Answers by microtasks only; the one timer is the request's own timeout. */
export function sandboxHttp(clock: Clock): SandboxHttp {
  const handlers = new Map<string, Handler>();
  return {
    register(host, handler) {
      handlers.set(host, handler);
      return () => {
        if (handlers.get(host) === handler) handlers.delete(host);
      };
    },
    send: (request) =>
      withinLimits(
        clock,
        request,
        followRedirects(request, (hop) => answer(handlers, hop, request.maxBytes)),
      ),
  };
}

/** One request to one origin. */
interface Hop {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function followRedirects(request: HttpRequest, send: (hop: Hop) => Promise<HttpResponse>): Promise<HttpResponse> {
  const allowed = request.redirects ?? 0;
  let hop = firstHop(request);
  for (let followed = 0; ; followed++) {
    const response = await send(hop);
    const location = response.headers['location'];
    if (allowed === 0 || location === undefined || !isRedirect(response.status)) return response;
    if (followed === allowed) {
      throw new HttpError('too-many-redirects', `Cannot call ${hop.url.host}: more than ${allowed} redirects`);
    }
    hop = nextHop(hop, response.status, parseUrl(location, hop.url));
  }
}

function firstHop(request: HttpRequest): Hop {
  const url = parseUrl(request.url);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    headers[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  if (url.username !== '' || url.password !== '') {
    const userInfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] ??= `Basic ${Buffer.from(userInfo).toString('base64')}`;
  }
  return { method: request.method, url, headers, body: request.body ?? '' };
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** As browsers and Go do: 307 and 308 repeat the request, the others ask with GET. */
function nextHop(hop: Hop, status: number, url: URL): Hop {
  const kept = Object.entries(hop.headers).filter(
    ([name]) => url.origin === hop.url.origin || !credentialHeaders.has(name),
  );
  const headers = Object.fromEntries(kept);
  return status === 307 || status === 308 ? { ...hop, url, headers } : { method: 'GET', url, headers, body: '' };
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new HttpError('bad-request', 'Cannot call a URL: it must be absolute and begin with http:// or https://');
  }
  return url;
}

async function answer(
  handlers: ReadonlyMap<string, Handler>,
  hop: Hop,
  maxBytes: number = defaultMaxBytes,
): Promise<HttpResponse> {
  const port = hop.url.port || (hop.url.protocol === 'https:' ? '443' : '80');
  const handler = handlers.get(`${hop.url.hostname}:${port}`) ?? handlers.get(hop.url.hostname);
  if (handler === undefined) {
    throw new HttpError('network', `Cannot reach ${hop.url.host}: no such host in the sandbox`);
  }
  const { method, headers, body } = hop;
  const response = await handler({ method, path: hop.url.pathname, query: hop.url.searchParams, headers, body });
  return received(response, hop.url.host, maxBytes);
}

function received(response: HandlerResponse, host: string, maxBytes: number): HttpResponse {
  const body = response.body ?? '';
  if (Buffer.byteLength(body) > maxBytes) {
    throw new HttpError('too-large', `Cannot read the answer of ${host}: it is longer than ${maxBytes} bytes`);
  }
  const named = Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const statusText = STATUS_CODES[response.status] ?? '';
  return { status: response.status, statusText, headers: Object.fromEntries(named), body };
}

/** Gives up at the request's timeout or when its signal says so; a late answer is dropped. */
function withinLimits(clock: Clock, request: HttpRequest, response: Promise<HttpResponse>): Promise<HttpResponse> {
  const { signal, timeout } = request;
  return new Promise((resolve, reject) => {
    const stop = (): void => fail(new HttpError('aborted', 'The call was aborted'));
    const cancel = clock.after(timeout, () =>
      fail(new HttpError('timeout', `No answer from ${hostOf(request.url)} within ${timeout} ms`)),
    );
    const release = (): void => {
      cancel();
      signal?.removeEventListener('abort', stop);
    };
    const fail = (error: unknown): void => {
      release();
      reject(error);
    };
    response.then((value) => {
      release();
      resolve(value);
    }, fail);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'the server';
}
