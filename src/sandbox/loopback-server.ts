/** Puts a handler of the sandbox on a real port of this machine, for the demo and for programs outside. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { HttpError } from '#runtime/http.ts';
import type { Handler } from './http-handler.ts';

export interface LoopbackServer {
  /** Such as `http://127.0.0.1:41234`. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on the loopback interface only; port 0 takes any free one. */
export async function serveOnLoopback(handler: Handler, port = 0): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    handle(handler, request, response).catch((error: unknown) => {
      if (error instanceof HttpError) return void response.destroy();
      response.writeHead(500).end(`${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `http://127.0.0.1:${actual}`,
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://loopback');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const { method = 'GET' } = request;
  const body = await text(request);
  const answer = await handler({ method, path: url.pathname, query: url.searchParams, headers, body });
  response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
}
