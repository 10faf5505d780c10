/** The controller's own HTTP server: metrics and health, nothing that changes anything. */
import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';
import { errorText } from '#runtime/error-text.ts';
import { listenFailure } from '#runtime/listen-failure.ts';
import type { Log } from '#runtime/log.ts';

export interface StatusServer {
  readonly port: number;
  close(): Promise<void>;
}

export interface StatusServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly log: Log;
  /** What `/healthz` answers; default `OK`. */
  readonly healthText?: string;
  /** How long a client may take to send a request, in milliseconds. Default 5 s, as in the original. */
  readonly requestTimeout?: number;
}

/** How long a connection may rest between requests, as in the original, in milliseconds. */
const idleTimeout = 15_000;
const shutdownGrace = 3_000;

/** Listens on every interface. Rejects when it cannot; what goes wrong later is logged. */
export function serveStatus({
  port,
  registry,
  log,
  healthText = 'OK',
  requestTimeout = 5_000,
}: StatusServerOptions): Promise<StatusServer> {
  const app = new Hono();
  app.get('/healthz', (context) => context.text(healthText));
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
  // A client that dawdles must not hold a connection for ever; Node would look for such clients every 30 s only.
  const serverOptions = {
    requestTimeout,
    headersTimeout: requestTimeout,
    keepAliveTimeout: idleTimeout,
    connectionsCheckingInterval: requestTimeout / 5,
  };
  return new Promise((resolve, reject) => {
    let listening = false;
    // Without TLS or HTTP/2 options it is always this kind of server.
    const server = serve({ fetch: app.fetch, port, overrideGlobalObjects: false, serverOptions }, (info) => {
      listening = true;
      resolve({ port: info.port, close: () => closed(server) });
    }) as Server;
    server.on('error', (error) => {
      if (listening) log.error(`The server of metrics and health failed: ${errorText(error)}`);
      else reject(listenFailure(port, error));
    });
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
