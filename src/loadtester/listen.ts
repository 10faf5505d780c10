/** The load tester as a process: a real port, real programs, and an end that lets running requests finish. */
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { delimiter, join } from 'node:path';
import { serve } from '@hono/node-server';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { sleep, systemClock } from '#runtime/clock.ts';
import { gotHttp } from '#runtime/got-http.ts';
import { errorText } from '#runtime/error-text.ts';
import { listenFailure } from '#runtime/listen-failure.ts';
import type { Log } from '#runtime/log.ts';
import { loadGenerator } from './http-load.ts';
import { runCommand } from './run-command.ts';
import { createLoadtester } from './server.ts';

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Empty or absent: every interface. */
  readonly host?: string;
  /** Of one task, in milliseconds. */
  readonly timeout: number;
  readonly namespacePattern?: RegExp;
  readonly token?: () => Promise<string>;
  readonly log: Log;
}

export interface ListeningLoadtester {
  readonly port: number;
  /** Stops accepting, waits up to a minute for requests that run, then abandons every task. */
  close(): Promise<void>;
}

/** How long requests that run may go on after the process was asked to end. */
const grace = 60_000;

/** Rejects when the port cannot be had. */
export async function listenLoadtester(options: ListenOptions): Promise<ListeningLoadtester> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const tester = createLoadtester({
    ...options,
    run: runCommand,
    load: loadGenerator(systemClock),
    has: isInstalled,
    clock: systemClock,
    http: gotHttp(),
    readFile: (path) => readFile(path, 'utf8'),
    metrics: () => registry.metrics(),
  });
  const { server, port } = await listening(tester.fetch, options);
  return {
    port,
    async close() {
      await closed(server);
      tester.close();
      registry.clear();
    },
  };
}

async function closed(server: Server): Promise<void> {
  const over = new AbortController();
  const finished = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const sweep = async (): Promise<void> => {
    // A connection whose last request has just been answered would otherwise stay until its client lets go.
    for (;;) {
      server.closeIdleConnections();
      await sleep(systemClock, 50, over.signal);
    }
  };
  await Promise.race([finished, sweep().catch(() => {}), sleep(systemClock, grace, over.signal).catch(() => {})]);
  over.abort();
}

type Fetch = (request: Request) => Response | Promise<Response>;

function listening(
  fetch: Fetch,
  { port, host, log }: ListenOptions,
): Promise<{ readonly server: Server; readonly port: number }> {
  return new Promise((resolve, reject) => {
    const address = host === undefined || host === '' ? {} : { hostname: host };
    const server = serve({ fetch, port, ...address, overrideGlobalObjects: false }, (info) => {
      resolve({ server: httpServer, port: info.port });
    });
    // Without TLS or HTTP/2 options it is always this one.
    const httpServer = server as Server;
    server.on('error', (error) => {
      if (httpServer.listening) log.error(`The server failed: ${errorText(error)}`);
      else reject(listenFailure(port, error));
    });
  });
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
