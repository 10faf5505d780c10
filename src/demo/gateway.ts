/** The gateway of the demo: a real proxy on loopback that obeys the HTTPRoutes of its cluster and counts what each pod answers. */
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Cluster } from '#cluster/cluster.ts';
import type { Clock } from '#runtime/clock.ts';
import { serveOnLoopback } from '#sandbox/loopback-server.ts';
import { requestMetrics, type RequestMetrics } from './request-metrics.ts';
import { reportToCluster } from './gateway-reports.ts';
import { routeTable, type RouteTable } from './route-table.ts';

export interface Gateway {
  /** `http://127.0.0.1:PORT`: requests say by their Host header where they want to go. */
  readonly url: string;
  /** What a Prometheus would scrape. */
  readonly metricsUrl: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** The port on 127.0.0.1 of the Pod `NAMESPACE/NAME`. */
  readonly portOf: (pod: string) => number | undefined;
}

/** What its parts share. */
interface Plane {
  readonly table: RouteTable;
  readonly metrics: RequestMetrics;
  readonly agent: Agent;
  readonly portOf: GatewayOptions['portOf'];
}

export async function startGateway({ cluster, clock, portOf }: GatewayOptions): Promise<Gateway> {
  const plane = {
    table: routeTable(cluster),
    metrics: requestMetrics(),
    agent: new Agent({ keepAlive: true }),
    portOf,
  };
  await plane.table.ready;
  const server = createServer((incoming, outgoing) => forward(plane, incoming, outgoing));
  // Clients decide when a connection is no longer needed, so that none closes just as it is used again.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const scraped = await serveOnLoopback(async () => {
    plane.metrics.know(plane.table.readyPods());
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: await plane.metrics.text() };
  });
  const stopReporting = reportToCluster(cluster, clock);
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    metricsUrl: `${scraped.address}/metrics`,
    async close() {
      stopReporting();
      await scraped.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      plane.agent.destroy();
    },
  };
}

function forward(plane: Plane, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const [host = ''] = (incoming.headers.host ?? '').split(':');
  const pod = plane.table.podFor(host);
  const port = pod === undefined ? undefined : plane.portOf(pod);
  if (pod === undefined || port === undefined) {
    refuse(outgoing, 503, `nobody answers for ${host}`);
    return;
  }
  const startedAt = performance.now();
  const answered = (status: number): void => plane.metrics.observe(pod, status, (performance.now() - startedAt) / 1000);
  const { method = 'GET', url: path = '/' } = incoming;
  const headers = endToEnd(incoming.headers);
  const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent: plane.agent });
  upstream.once('response', (response) => {
    outgoing.writeHead(response.statusCode ?? 502, endToEnd(response.headers));
    response.once('end', () => answered(response.statusCode ?? 502));
    response.once('error', () => outgoing.destroy());
    response.pipe(outgoing);
  });
  upstream.once('error', (error) => {
    if (outgoing.destroyed) return;
    answered(502);
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(outgoing, 502, error.message);
  });
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) upstream.destroy();
  });
  incoming.pipe(upstream);
}

function refuse(outgoing: ServerResponse, status: number, reason: string): void {
  outgoing.writeHead(status, { 'content-type': 'text/plain' }).end(`${reason}\n`);
}

/** What concerns one connection alone is not passed on. */
function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = headers;
  return rest;
}
