/** The controller's own HTTP server: metrics and health, nothing that changes anything. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

/** As in the original; a client that dawdles must not hold a connection for ever. In milliseconds. */
const requestTimeout = 5_000;
const idleTimeout = 15_000;
const shutdownGrace = 3_000;

/** Listens on every interface; port 0 takes a free one. Rejects when the port is taken. */
export function serveStatus(port: number, registry: Registry): Promise<StatusServer> {
  const app = new Hono();
  app.get('/healthz', (context) => context.text('OK'));
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
  return new Promise((resolve, reject) => {
    // Without TLS or HTTP/2 options it is always this kind of server.
    const server = serve({ fetch: app.fetch, port, overrideGlobalObjects: false }, (info) => {
      resolve({ port: info.port, close: () => closed(server) });
    }) as Server;
    server.requestTimeout = requestTimeout;
    server.keepAliveTimeout = idleTimeout;
    server.once('error', reject);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), shutdownGrace);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
