/** Stands between one program and the API server: holds writes back, cuts or silences watches, puts lines into them. */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as forward } from 'node:https';
import path from 'node:path';

import type { Bed } from './bed.ts';
import type { User } from './control-plane.ts';

export interface ApiProxyOptions {
  readonly user: User;
  /** Called for each write before it goes on: `drop` ends its connection without having done it. Default: all go on. */
  readonly onWrite?: (path: string) => 'pass' | 'drop';
  /** Called when a write has been done, before its sender is told. */
  readonly onWritten?: (path: string) => void;
}

export interface ApiProxy {
  /** Leads through this proxy. */
  readonly kubeconfig: string;
  /** Breaks the connections of all open watches. */
  cutWatches(): void;
  /** Open watches stay open and bring nothing any more. */
  silenceWatches(): void;
  /** Puts a change into the open watches of a resource such as `deployments`; it seems as old as the last true one. */
  inject(plural: string, objectAt: (resourceVersion: string) => object): void;
  stop(): Promise<void>;
}

interface Watch {
  readonly plural: string;
  readonly response: ServerResponse;
  isSilent: boolean;
  version: string;
}

export async function startApiProxy(bed: Bed, options: ApiProxyOptions): Promise<ApiProxy> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const watches = new Set<Watch>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', bed.url);
    const isWatch = url.searchParams.get('watch') === 'true';
    const isWrite = request.method !== 'GET' && !url.pathname.includes('/leases');
    if (isWrite && options.onWrite?.(url.pathname) === 'drop') return void request.socket.destroy();
    // No token is sent to this server, which speaks no TLS.
    const headers = { ...request.headers, authorization: `Bearer ${bed.tokenOf(options.user)}` };
    const onward = forward(url, { method: request.method, headers, agent }, (answer) => {
      if (isWrite) options.onWritten?.(url.pathname);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (isWatch) carry(answer, { plural: pluralOf(url), response, isSilent: false, version: '0' }, watches);
      else answer.pipe(response);
    });
    onward.on('error', () => request.socket.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  const address = bed.freeAddress();
  await new Promise<void>((resolve) => void server.listen(8001, address, resolve));
  const kubeconfig = path.join(bed.folder, `proxy-${address}.kubeconfig`);
  writeFileSync(kubeconfig, kubeconfigOf(`http://${address}:8001`));
  return {
    kubeconfig,
    cutWatches() {
      for (const { response } of watches) response.destroy();
    },
    silenceWatches() {
      for (const watch of watches) watch.isSilent = true;
    },
    inject(plural, objectAt) {
      for (const watch of watches) {
        if (watch.plural !== plural || watch.isSilent) continue;
        watch.response.write(`${JSON.stringify({ type: 'MODIFIED', object: objectAt(watch.version) })}\n`);
      }
    },
    stop: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Line by line, so that what is put in never lands within a line. */
function carry(answer: IncomingMessage, watch: Watch, watches: Set<Watch>): void {
  watches.add(watch);
  watch.response.flushHeaders();
  let rest = '';
  answer.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      watch.version = /"resourceVersion":"(\d+)"/.exec(line)?.[1] ?? watch.version;
      if (!watch.isSilent) watch.response.write(`${line}\n`);
    }
  });
  answer.on('end', () => watch.isSilent || watch.response.end());
  answer.on('error', () => watch.response.destroy());
  watch.response.on('close', () => watches.delete(watch));
}

function pluralOf({ pathname }: URL): string {
  return pathname.split('/').at(-1) ?? '';
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bed', cluster: { server } }],
    contexts: [{ name: 'bed', context: { cluster: 'bed' } }],
    'current-context': 'bed',
  });
}
