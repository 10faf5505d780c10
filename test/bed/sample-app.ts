/**
 * A version of an application as a Pod's process, with faults as exact as a test needs them (podinfo's are random, and hit its probes too):
 * `node sample-app.ts --host ADDRESS --port PORT --version V [--fail PERCENT] [--delay MILLISECONDS] [--linger MILLISECONDS]`.
 * Every answer, failed ones too, names its version in the body and in the header `x-version`.
 */
import { createServer, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

import { Histogram, Registry } from 'prom-client';

import type { ImageProgram } from './pod-process.ts';

const defaultPort = 9898;

/** `--fail` and `--delay` are read from the container's args; the image tag is the version. */
export const sampleApp: ImageProgram = ({ ip, tag, container, pod }) => ({
  command: process.execPath,
  args: [
    import.meta.filename,
    `--host=${ip}`,
    `--port=${container.ports[0]?.containerPort ?? defaultPort}`,
    `--version=${tag}`,
    ...container.args,
  ],
  env: { HOSTNAME: pod.metadata.name },
});

if (import.meta.main) {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const;
  const options = {
    host: text('127.0.0.1'),
    port: text(String(defaultPort)),
    version: text('1'),
    fail: text('0'),
    delay: text('0'),
    linger: text('0'),
  };
  const { values } = parseArgs({ options });
  serve({
    ...values,
    port: Number(values.port),
    failPercent: Number(values.fail),
    delay: Number(values.delay),
    linger: Number(values.linger),
  });
}

interface AppOptions {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly failPercent: number;
  readonly delay: number;
  /** How long it still serves after SIGTERM. */
  readonly linger: number;
}

function serve({ host, port, version, failPercent, delay, linger }: AppOptions): void {
  const registry = new Registry();
  // Name, labels and buckets are podinfo's, so that one query serves both.
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds spent serving HTTP requests',
    labelNames: ['method', 'path', 'status'],
    registers: [registry],
  });
  let due = 0;

  const answer = (response: ServerResponse): void => {
    // Exact, not random: of any hundred requests in a row, `failPercent` fail.
    due += failPercent;
    const status = due >= 100 ? 500 : 200;
    if (due >= 100) due -= 100;
    response.writeHead(status, { 'content-type': 'application/json', 'x-version': version });
    response.end(JSON.stringify({ message: version, hostname: process.env['HOSTNAME'] ?? hostname() }));
  };

  const server = createServer((request, response) => {
    if (request.url === '/metrics') {
      void registry
        .metrics()
        .then((metrics) => response.writeHead(200, { 'content-type': registry.contentType }).end(metrics));
    } else if (request.url === '/readyz' || request.url === '/healthz') {
      response.writeHead(200).end('OK');
    } else {
      const stop = durations.startTimer({ method: request.method ?? '', path: 'root' });
      response.once('finish', () => stop({ status: String(response.statusCode) }));
      setTimeout(() => answer(response), delay);
    }
  });
  server.listen(port, host);
  // Answers under way are finished; idle connections are closed at once.
  const end = (): void => void server.close(() => process.exit(0));
  process.once('SIGTERM', () => void setTimeout(end, linger));
}
