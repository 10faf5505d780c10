/** kube-proxy in one file: a TCP proxy on `clusterIP:port` of every Service to its ready endpoints, in turn. */
import { type Server, type Socket, connect, createServer } from 'node:net';

import type { KubeObject } from '#api/kubernetes.ts';
import { endpointSlices, keyOf, services } from '#cluster/resource.ts';
import * as z from 'zod';

import type { BedApi } from './bed-api.ts';

const Service = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({
    clusterIP: z.string().optional(),
    ports: z
      .array(z.looseObject({ name: z.string().default(''), port: z.int(), protocol: z.string().default('TCP') }))
      .default([]),
  }),
});
type Service = z.infer<typeof Service>;

const EndpointSlice = z.looseObject({
  metadata: z.looseObject({ namespace: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(z.string()),
        conditions: z.looseObject({ ready: z.boolean().nullish() }).default({}),
      }),
    )
    .nullish(),
  ports: z.array(z.looseObject({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
});
type EndpointSlice = z.infer<typeof EndpointSlice>;

export interface ServiceProxy {
  /** What DNS answers for a Service: its cluster IP, or the ready endpoints of a headless one; `undefined` for none. */
  addressesOf(namespace: string, name: string): string[] | undefined;
  stop(): void;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

export function startServiceProxy(api: BedApi): ServiceProxy {
  const known = new Map<string, Service>();
  const slices = new Map<string, EndpointSlice>();
  const servers = new Map<string, Server[]>();
  const sockets = new Set<Socket>();
  const stopped = new AbortController();
  let turn = 0;

  api.watch(services, ({ type, object }) => onService(type === 'DELETED', object), stopped.signal);
  api.watch(
    endpointSlices,
    ({ type, object }) => {
      if (type === 'DELETED') slices.delete(keyOf(object.metadata));
      else slices.set(keyOf(object.metadata), EndpointSlice.parse(object));
    },
    stopped.signal,
  );

  function onService(isGone: boolean, object: KubeObject): void {
    const service = Service.parse(object);
    const key = keyOf(service.metadata);
    const before = known.get(key);
    if (!isGone) known.set(key, service);
    else known.delete(key);
    // A changed selector changes nothing here. To listen anew would refuse the connections that wait to be accepted.
    if (!isGone && before && doorsOf(before) === doorsOf(service)) return;
    servers.get(key)?.forEach((server) => server.close());
    servers.set(key, isGone ? [] : listen(service));
  }

  function listen({ metadata, spec }: Service): Server[] {
    const { clusterIP } = spec;
    // The API server's own Service is reached at its address.
    if (!clusterIP || clusterIP === 'None' || keyOf(metadata) === 'default/kubernetes') return [];
    return spec.ports
      .filter(({ protocol }) => protocol === 'TCP')
      .map(({ name, port }) =>
        createServer({ allowHalfOpen: true }, (client) =>
          forward(client, targets(metadata.namespace, metadata.name, name)),
        )
          .on('error', (error) => process.emitWarning(`Service ${keyOf(metadata)}: ${error.message}`))
          .listen(port, clusterIP),
      );
  }

  function forward(client: Socket, candidates: readonly Target[]): void {
    turn += 1;
    const target = candidates[turn % candidates.length];
    if (!target) return void client.resetAndDestroy(); // no endpoint: refused, as kube-proxy does
    const server = connect({ ...target, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket
        .setNoDelay()
        .once('error', () => other.destroy())
        .once('close', () => sockets.delete(socket));
    }
    client.pipe(server).pipe(client);
  }

  function slicesOf(namespace: string, name: string): EndpointSlice[] {
    return [...slices.values()].filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels['kubernetes.io/service-name'] === name,
    );
  }

  function targets(namespace: string, name: string, portName: string): Target[] {
    return slicesOf(namespace, name).flatMap((slice) => {
      const port = slice.ports?.find((candidate) => (candidate.name ?? '') === portName)?.port;
      return port ? readyAddresses(slice).map((host) => ({ host, port })) : [];
    });
  }

  return {
    addressesOf(namespace, name) {
      const service = known.get(`${namespace}/${name}`);
      if (!service) return undefined;
      const { clusterIP } = service.spec;
      return clusterIP && clusterIP !== 'None' ? [clusterIP] : slicesOf(namespace, name).flatMap(readyAddresses);
    },
    stop() {
      stopped.abort();
      for (const server of [...servers.values()].flat()) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Where a Service is reached. */
function doorsOf({ spec: { clusterIP, ports } }: Service): string {
  return JSON.stringify([clusterIP, ports.map(({ name, port, protocol }) => [name, port, protocol])]);
}

function readyAddresses({ endpoints }: EndpointSlice): string[] {
  return (endpoints ?? []).filter(({ conditions }) => conditions.ready !== false).flatMap(({ addresses }) => addresses);
}
