/** Serves one of the sandbox's handlers (scripted metrics, webhook receiver) to real clients, on an address inside the bed. */
import { createServer } from 'node:http';
import type { Handler, HandlerRequest } from '#sandbox/http-handler.ts';

export interface HandlerServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens on `address`, by default at a free port. */
export async function serveHandler(handler: Handler, address: string, port = 0): Promise<HandlerServer> {
  // Idle connections live as long as Prometheus lets them, not 5 s as Node would: less than an interval.
  const server = createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(Buffer.concat(chunks).toString());
    });
    const answer = async (body: string): Promise<void> => {
      const url = new URL(request.url ?? '/', 'http://handler');
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const asked: HandlerRequest = {
        method: request.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers,
        body,
      };
      const given = await handler(asked);
      response.writeHead(given.status, given.headers);
      response.end(given.body);
    };
  });
  await new Promise<void>((resolve) => {
    server.listen(port, address, resolve);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server has no port');
  return {
    url: `http://${address}:${bound.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
