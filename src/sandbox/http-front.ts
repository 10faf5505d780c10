/** The sandbox's API server over real HTTP on loopback, so that kubectl works against it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse } from 'yaml';
import { ConnectionError } from '#cluster/transport.ts';
import { errorText } from '#runtime/error-text.ts';
import type { ApiServer } from './api-server.ts';
import type { Answer, ServerRequest } from './api-server/server.ts';
import { refusals, StatusError } from './api-server/status-error.ts';
import { objectInProtobuf } from './kube-protobuf.ts';

export interface HttpFront {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly token: string;
  /** A kubeconfig for this server. */
  readonly kubeconfig: string;
  close(): Promise<void>;
}

export interface HttpFrontOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** What clients must send as `Authorization: Bearer`. */
  readonly token: string;
}

export async function serveHttp(server: ApiServer, { port = 0, token }: HttpFrontOptions): Promise<HttpFront> {
  const front = createServer((request, response) => {
    void serve(server, token, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(port, '127.0.0.1', resolve);
  });
  const address = front.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  return {
    url,
    token,
    kubeconfig: kubeconfigFor(url, token),
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        front.closeAllConnections();
      }),
  };
}

async function serve(
  server: ApiServer,
  token: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const request = await readRequest(incoming, pathBehind(incoming, token));
    send(outgoing, incoming, server.handle(request));
  } catch (error) {
    if (error instanceof ConnectionError) outgoing.destroy();
    else send(outgoing, incoming, { status: codeOf(error), body: statusOf(error) });
  }
}

const codeOf = (error: unknown): number => (error instanceof StatusError ? error.code : 500);

function statusOf(error: unknown): unknown {
  if (error instanceof StatusError) return error.status;
  const message = errorText(error);
  return new StatusError(500, 'InternalError', `Internal error occurred: ${message}`).status;
}

/** The path that is asked for, once the token is found: in the header, or before the path, as kubectl sends no header without TLS. */
function pathBehind(incoming: IncomingMessage, token: string): URL {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const prefix = prefixFor(token);
  if (url.pathname.startsWith(`${prefix}/`)) url.pathname = url.pathname.slice(prefix.length);
  else if (incoming.headers.authorization !== `Bearer ${token}`)
    throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  return url;
}

const prefixFor = (token: string): string => `/token/${encodeURIComponent(token)}`;

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

function isMethod(method: string | undefined): method is ServerRequest['method'] {
  return method !== undefined && methods.has(method);
}

async function readRequest(incoming: IncomingMessage, url: URL): Promise<ServerRequest> {
  const { method } = incoming;
  const { accept } = incoming.headers;
  if (!isMethod(method)) throw refusals.methodNotAllowed();
  const userAgent = incoming.headers['user-agent'];
  const contentType = (incoming.headers['content-type'] ?? 'application/json').split(';')[0] ?? '';
  const body = await readBody(incoming, contentType);
  return {
    method,
    path: url.pathname,
    query: queryOf(url.searchParams),
    body,
    ...(isPatchType(contentType) ? { contentType } : {}),
    ...(accept === undefined ? {} : { accept }),
    ...(userAgent === undefined ? {} : { userAgent }),
  };
}

function queryOf(params: URLSearchParams): Record<string, string | readonly string[]> {
  const names = [...new Set(params.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const [first = '', ...more] = params.getAll(name);
      return [name, more.length === 0 ? first : [first, ...more]];
    }),
  );
}

function isPatchType(type: string): type is NonNullable<ServerRequest['contentType']> {
  return type.endsWith('-patch+json') || type === 'application/apply-patch+yaml';
}

async function readBody(incoming: IncomingMessage, contentType: string): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) return undefined;
  const body = parsed(bytes, contentType);
  // kubectl knows no second way: what cannot be read here has to be applied from a file.
  if (body === unknownFormat)
    throw refusals.unsupportedMediaType(contentType, ['application/json', 'application/yaml']);
  return body;
}

const unknownFormat = Symbol('unknown format');

function parsed(bytes: Buffer, contentType: string): unknown {
  try {
    if (contentType.endsWith('protobuf')) return objectInProtobuf(bytes) ?? unknownFormat;
    return contentType.endsWith('yaml') ? parse(bytes.toString()) : JSON.parse(bytes.toString());
  } catch (error) {
    throw refusals.badRequest(`cannot read the body: ${error instanceof Error ? error.message : 'it is malformed'}`);
  }
}

function send(outgoing: ServerResponse, incoming: IncomingMessage, answer: Answer): void {
  const text = typeof answer.body === 'string';
  const type = text ? 'text/plain' : contentTypeFor(incoming);
  outgoing.writeHead(answer.status, {
    'content-type': type,
    ...(answer.retryAfter === undefined ? {} : { 'retry-after': String(answer.retryAfter) }),
  });
  if (answer.stream !== undefined) void sendLines(outgoing, answer.stream);
  else outgoing.end(text ? answer.body : `${JSON.stringify(answer.body)}\n`);
}

/** Aggregated discovery must be named in the answer, or clients take it for the old form. */
function contentTypeFor(incoming: IncomingMessage): string {
  const accept = incoming.headers.accept ?? '';
  const path = (incoming.url ?? '').split('?')[0] ?? '';
  const discovery = /(^|^\/token\/[^/]+)\/apis?\/?$/.test(path) && accept.includes('as=APIGroupDiscoveryList');
  return discovery ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' : 'application/json';
}

async function sendLines(outgoing: ServerResponse, stream: NonNullable<Answer['stream']>): Promise<void> {
  outgoing.once('close', () => stream.end());
  outgoing.flushHeaders();
  try {
    for await (const line of stream) outgoing.write(`${JSON.stringify(line)}\n`);
    outgoing.end();
  } catch {
    // The stream broke: so must the connection.
    outgoing.destroy();
  }
}

function kubeconfigFor(url: string, token: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: sandbox
    cluster:
      server: ${url}${prefixFor(token)}
users:
  - name: sandbox
    user:
      token: ${token}
contexts:
  - name: sandbox
    context:
      cluster: sandbox
      user: sandbox
current-context: sandbox
`;
}
