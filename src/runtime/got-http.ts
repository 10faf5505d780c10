/** Outbound HTTP: redirects, proxies and errors; on got, the only file that knows it, but for GET without a proxy. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import got from 'got';
import { systemClock } from './clock.ts';
import { directGet, joined, tooLarge, type DirectGet } from './direct-get.ts';
import { HttpError, type Http, type HttpFailure, type HttpRequest, type HttpResponse } from './http.ts';
import { localAddressCode, localAddressError, lookupElsewhere, refusal, refuseLocalHost } from './local-addresses.ts';
import { RequestLimit } from './request-limit.ts';

const defaultMaxBytes = 10 * 1024 * 1024;
/** The longest delay a timer can hold. */
const longestTimeout = 2 ** 31 - 1;

/** As in Go, which the originals are written in: this machine is never asked for through a proxy. */
const neverProxied = 'localhost,127.0.0.1,::1';

/** The agents of one way to look at certificates. */
interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/**
 * `Http` over the machine's network. Proxies are taken from `environment` (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`).
 *
 * Only GET reuses connections: a peer may close an idle connection at the moment it is used again, which is harmless for a read (it is
 * sent once more) but would make one webhook call in many fail, or arrive twice.
 */
export function gotHttp(environment: Readonly<Record<string, string | undefined>> = process.env): Http {
  const proxies = new Set(proxyNames.map((name) => environment[name] ?? '').filter((proxy) => proxy !== ''));
  const isDirect = proxies.size === 0;
  // Whoever runs this process has chosen the proxies, wherever they are.
  const elsewhere = lookupElsewhere(new Set([...proxies].map((proxy) => URL.parse(proxy)?.hostname ?? '')));
  const anywhere: Ways = { agentsFor: agentCatalogue(environment), get: directGet() };
  // Connections of their own: one to a local address is never used again for a user's URL.
  const guarded: Ways = { agentsFor: agentCatalogue(environment, elsewhere), get: directGet(elsewhere) };
  return {
    async send(request) {
      const limit = new RequestLimit({
        clock: systemClock,
        timeout: Math.min(Math.max(1, Math.ceil(request.timeout)), longestTimeout),
        tooLate: () => new Error('The time is over'),
        signal: request.signal,
      });
      const { maxBytes = defaultMaxBytes, insecureSkipVerify = false, refuseLocal = false } = request;
      const { agentsFor, get } = refuseLocal ? guarded : anywhere;
      try {
        return await followRedirects(firstHop(request), request, async (hop) => {
          const goesDirect = isDirect && request.proxy === undefined;
          if (refuseLocal) refuseLocalHost(hop.url);
          if (refuseLocal && !goesDirect) await refuseLocalName(hop.url, limit);
          return goesDirect && hop.method === 'GET'
            ? get({ url: hop.url, headers: headersOf(hop), maxBytes, insecureSkipVerify, limit })
            : exchange(hop, request, agentsFor(hop, request), limit);
        });
      } catch (error) {
        throw asHttpError(error, request, limit);
      } finally {
        limit.end();
      }
    },
  };
}

/** How requests get to their servers. */
interface Ways {
  readonly agentsFor: (hop: Hop, request: HttpRequest) => Agents;
  readonly get: DirectGet;
}

/** A proxy resolves the name by itself. What is known of it here may say no; what is not known is left to the proxy. */
function refuseLocalName({ host, hostname }: URL, limit: RequestLimit): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  limit.guard(reject);
  lookupElsewhere(new Set())(hostname, { all: true }, (error) => {
    if (error !== null && error.code === localAddressCode) reject(localAddressError(host));
    else resolve();
  });
  return promise;
}

const proxyNames = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'];

function agentCatalogue(
  environment: Readonly<Record<string, string | undefined>>,
  lookup?: LookupFunction,
): Ways['agentsFor'] {
  const noProxy = [environment['NO_PROXY'] ?? environment['no_proxy'], neverProxied].filter(Boolean).join(',');
  const proxyEnv = { ...environment, NO_PROXY: noProxy, no_proxy: noProxy };
  const make = (keepAlive: boolean, rejectUnauthorized: boolean): Agents =>
    agentsWith(proxyEnv, keepAlive, rejectUnauthorized, lookup);
  const strict = { kept: make(true, true), fresh: make(false, true) };
  const lenient = { kept: make(true, false), fresh: make(false, false) };
  return (hop, request) => {
    if (request.proxy !== undefined) {
      // Few calls have a proxy of their own: their agents are not worth keeping.
      const own = { HTTP_PROXY: request.proxy, HTTPS_PROXY: request.proxy };
      return agentsWith(own, false, request.insecureSkipVerify !== true);
    }
    const agents = request.insecureSkipVerify === true ? lenient : strict;
    return hop.method === 'GET' ? agents.kept : agents.fresh;
  };
}

function agentsWith(
  proxyEnv: Readonly<Record<string, string | undefined>>,
  keepAlive: boolean,
  rejectUnauthorized: boolean,
  lookup?: LookupFunction,
): Agents {
  const options = { keepAlive, proxyEnv, ...(lookup === undefined ? {} : { lookup }) };
  return { http: new HttpAgent(options), https: new HttpsAgent({ ...options, rejectUnauthorized }) };
}

/** One request on the wire: the first, or what a redirect made of it. */
interface Hop {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | undefined;
}

function firstHop(request: HttpRequest): Hop {
  const hop = {
    method: request.method,
    url: checkedUrl(request.url),
    headers: request.headers ?? {},
    body: request.body,
  };
  return withUserinfoAsHeader(hop);
}

function checkedUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base);
  if (url === null) throw new HttpError('bad-request', 'Cannot send the request: the URL is not valid');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new HttpError(
      'bad-request',
      `Cannot send the request: unsupported protocol scheme "${url.protocol.slice(0, -1)}"`,
    );
  }
  return url;
}

/** Moves `user:password@` from the URL into an Authorization header, which an explicit one beats. */
function withUserinfoAsHeader(hop: Hop): Hop {
  const { username, password } = hop.url;
  if (username === '' && password === '') return hop;
  const url = new URL(hop.url);
  url.username = '';
  url.password = '';
  if (Object.keys(hop.headers).some((name) => name.toLowerCase() === 'authorization')) return { ...hop, url };
  const basic = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
  return { ...hop, url, headers: { ...hop.headers, authorization: `Basic ${basic}` } };
}

/** Userinfo with a stray percent sign is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function followRedirects(
  first: Hop,
  request: HttpRequest,
  send: (hop: Hop) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const limit = request.redirects ?? 0;
  let hop = first;
  for (let followed = 0; ; followed++) {
    const response = await send(hop);
    const location = response.headers['location'];
    if (limit === 0 || location === undefined || !redirectStatuses.has(response.status)) return response;
    if (followed === limit)
      throw new HttpError('too-many-redirects', `Cannot call ${hop.url.host}: stopped after ${limit} redirects`);
    hop = nextHop(hop, response.status, location);
  }
}

const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Statuses after which clients in practice ask again with GET and without a body. */
const turnsIntoGet = new Set([301, 302, 303]);
/** What may travel to another origin; everything else that a caller sets may be a credential. */
const harmlessHeaders = new Set(['accept', 'content-type']);

function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = checkedUrl(location, hop.url);
  const kept = Object.entries(hop.headers).filter(
    ([name]) => url.origin === hop.url.origin || harmlessHeaders.has(name.toLowerCase()),
  );
  const next = turnsIntoGet.has(status)
    ? {
        method: 'GET' as const,
        body: undefined,
        headers: kept.filter(([name]) => name.toLowerCase() !== 'content-type'),
      }
    : { method: hop.method, body: hop.body, headers: kept };
  return withUserinfoAsHeader({ ...next, url, headers: Object.fromEntries(next.headers) });
}

async function exchange(hop: Hop, request: HttpRequest, agents: Agents, limit: RequestLimit): Promise<HttpResponse> {
  const abort = new AbortController();
  limit.guard((reason) => abort.abort(reason));
  try {
    return await transfer(hop, request, agents, abort.signal);
  } catch (error) {
    if (hop.method !== 'GET' || !isStaleConnection(error) || abort.signal.aborted) throw error;
    return await transfer(hop, request, agents, abort.signal);
  }
}

async function transfer(hop: Hop, request: HttpRequest, agents: Agents, signal: AbortSignal): Promise<HttpResponse> {
  const stream = got.stream(hop.url, {
    method: hop.method,
    headers: headersOf(hop),
    // A stream of a method that may carry a body waits for one to be piped in unless it is told that there is none.
    ...(hop.method === 'GET' ? {} : { body: hop.body ?? '' }),
    agent: agents,
    https: { rejectUnauthorized: request.insecureSkipVerify !== true },
    signal,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
  });
  let head: Pick<HttpResponse, 'status' | 'statusText' | 'headers'> | undefined;
  stream.once('response', (response) => {
    head = { status: response.statusCode, statusText: response.statusMessage ?? '', headers: joined(response.headers) };
  });
  const limit = request.maxBytes ?? defaultMaxBytes;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    // Leaving the loop destroys the stream and with it the connection.
    if (size > limit) throw tooLarge(hop.url, limit);
    chunks.push(bytes);
  }
  if (head === undefined) throw new HttpError('network', `Cannot call ${hop.url.host}: no answer`);
  return { ...head, body: Buffer.concat(chunks).toString('utf8') };
}

function headersOf({ headers }: Hop): Record<string, string | string[]> {
  const own = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    typeof value === 'string' ? value : [...value],
  ]);
  return { 'user-agent': 'serin', ...Object.fromEntries(own) };
}

/** An idle connection that the peer closed just when it was used again. */
function isStaleConnection(error: unknown): boolean {
  const reused = field(field(error, 'request'), 'reusedSocket') === true;
  return reused && (field(error, 'code') === 'ECONNRESET' || field(error, 'code') === 'EPIPE');
}

/** Nothing of the library's error travels on but its code: its message and its fields may hold headers. */
function asHttpError(error: unknown, request: HttpRequest, limit: RequestLimit): HttpError {
  if (error instanceof HttpError) return error;
  const target = URL.parse(request.url)?.host ?? 'the server';
  if (request.signal?.aborted === true)
    return new HttpError('aborted', `Cannot call ${target}: the call was cancelled`);
  if (limit.isReached) return new HttpError('timeout', `Cannot call ${target}: no answer within ${request.timeout}ms`);
  const code = errorCode(error);
  const [kind, reason] = failures[code] ?? ['network', code === '' ? 'the connection failed' : code];
  return new HttpError(kind, `Cannot call ${target}: ${reason}`);
}

/** The system's or TLS's code; got gives its own for what it wraps. */
function errorCode(error: unknown): string {
  const inner = field(field(error, 'cause'), 'code');
  const code = typeof inner === 'string' ? inner : field(error, 'code');
  return typeof code === 'string' ? code : '';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

const failures: Readonly<Record<string, readonly [HttpFailure, string]>> = {
  [localAddressCode]: ['refused-address', refusal],
  ECONNREFUSED: ['network', 'connection refused'],
  ECONNRESET: ['network', 'connection reset'],
  EPIPE: ['network', 'connection closed'],
  ENOTFOUND: ['network', 'no such host'],
  EAI_AGAIN: ['network', 'the name server does not answer'],
  EHOSTUNREACH: ['network', 'no route to the host'],
  ENETUNREACH: ['network', 'no route to the network'],
  ETIMEDOUT: ['network', 'connecting took too long'],
  CERT_HAS_EXPIRED: ['certificate', 'the certificate has expired'],
  CERT_NOT_YET_VALID: ['certificate', 'the certificate is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['certificate', 'the certificate is signed by itself'],
  SELF_SIGNED_CERT_IN_CHAIN: ['certificate', 'the certificate is signed by an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT: ['certificate', 'the certificate is signed by an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['certificate', 'the certificate is signed by an unknown authority'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['certificate', 'the certificate is signed by an unknown authority'],
  CERT_SIGNATURE_FAILURE: ['certificate', 'the signature of the certificate is wrong'],
  CERT_UNTRUSTED: ['certificate', 'the certificate is not trusted'],
  CERT_REVOKED: ['certificate', 'the certificate was revoked'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', 'the certificate is for another host'],
  UND_ERR_SOCKET: ['network', 'connection closed'],
  UND_ERR_CONNECT_TIMEOUT: ['network', 'connecting took too long'],
  UND_ERR_INVALID_ARG: ['bad-request', 'a header holds a character that cannot be sent'],
  ERR_INVALID_CHAR: ['bad-request', 'a header holds a character that cannot be sent'],
  ERR_INVALID_HTTP_TOKEN: ['bad-request', 'a header name holds a character that cannot be sent'],
  ERR_HTTP_INVALID_HEADER_VALUE: ['bad-request', 'a header has no value'],
};
