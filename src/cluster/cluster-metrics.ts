/** What the cluster library counts: requests, watches, queues, events, leases. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Clock } from '#runtime/clock.ts';
import type { EventSpec } from './event-folder.ts';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';
import type { QueueHooks } from './work-queue.ts';

export interface ClusterMetrics {
  /** A watcher had to start anew. */
  watchRestarted(kind: string, reason: string): void;
  /** How many objects the stores of a kind hold, and for how long their watches have been silent, asked at each scrape until the result is called. */
  observeStores(read: () => Iterable<{ kind: string; objects: number; silence: number }>): () => void;
  /** Metrics of one work queue under its name. */
  queue(name: string): QueueHooks;
  eventRecorded(object: KubeObject, spec: EventSpec): void;
  eventDropped(reason: string): void;
  leaseHeld(lease: string, held: boolean): void;
  /** Calls `listener` for every request that has ended, for APIs that count requests under names of their own. */
  observeRequests(listener: (request: EndedRequest) => void): void;
  /** Calls `listener` for every Event that is handed over to be written. */
  observeEvents(listener: (object: KubeObject, spec: EventSpec) => void): void;
  /** The same transport, with every request counted. */
  metered(transport: Transport, clock: Clock): Transport;
}

export interface EndedRequest {
  readonly verb: ReturnType<typeof verbOf> | 'watch';
  readonly path: string;
  /** Of what is created. */
  readonly body?: unknown;
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
}

const known = new WeakMap<Registry, ClusterMetrics>();

/** One set of metrics a registry, however many clusters share it. */
export function clusterMetrics(registry: Registry): ClusterMetrics {
  const metrics = known.get(registry) ?? createMetrics(registry);
  known.set(registry, metrics);
  return metrics;
}

function createMetrics(registry: Registry): ClusterMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'serin_kubernetes_requests_total',
    help: 'Requests to the API server by verb, kind and status; status is "none" when there was no answer',
    labelNames: ['verb', 'kind', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'serin_kubernetes_request_duration_seconds',
    help: 'Time from asking for a request, the wait for a connection included, to the end of its answer; for watches to the start of the stream',
    labelNames: ['verb'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  });
  const restarts = new Counter({
    name: 'serin_kubernetes_watch_restarts_total',
    help: 'Watches and lists that failed and were started anew, by kind and reason',
    labelNames: ['kind', 'reason'],
    registers,
  });
  const dropped = new Counter({
    name: 'serin_kubernetes_events_dropped_total',
    help: 'Kubernetes Events that could not be written',
    labelNames: ['reason'],
    registers,
  });
  const lease = new Gauge({
    name: 'serin_lease_held',
    help: '1 while this process holds the lease',
    labelNames: ['lease'],
    registers,
  });
  const listeners: ((request: EndedRequest) => void)[] = [];
  const eventListeners: ((object: KubeObject, spec: EventSpec) => void)[] = [];
  return {
    observeRequests: (listener) => void listeners.push(listener),
    observeEvents: (listener) => void eventListeners.push(listener),
    eventRecorded: (object, spec) => eventListeners.forEach((listener) => listener(object, spec)),
    watchRestarted: (kind, reason) => restarts.inc({ kind, reason }),
    observeStores: storeMetrics(registers),
    queue: queueMetrics(registers),
    eventDropped: (reason) => dropped.inc({ reason }),
    leaseHeld: (name, held) => lease.set({ lease: name }, held ? 1 : 0),
    metered: (transport, clock) => metered(transport, clock, { requests, durations, listeners }),
  };
}

function storeMetrics(registers: Registry[]): ClusterMetrics['observeStores'] {
  const readers = new Set<Parameters<ClusterMetrics['observeStores']>[0]>();
  const objects = new Gauge({
    name: 'serin_kubernetes_store_objects',
    help: 'Objects held in memory by kind',
    labelNames: ['kind'],
    registers,
    collect() {
      objects.reset();
      silence.reset();
      const longest = new Map<string, number>();
      for (const store of [...readers].flatMap((read) => [...read()])) {
        objects.inc({ kind: store.kind }, store.objects);
        longest.set(store.kind, Math.max(longest.get(store.kind) ?? 0, store.silence));
      }
      for (const [kind, milliseconds] of longest) silence.set({ kind }, milliseconds / 1_000);
    },
  });
  const silence = new Gauge({
    name: 'serin_kubernetes_watch_lag_seconds',
    help: 'Time since the last sign of life of the watch by kind; bookmarks come once a minute',
    labelNames: ['kind'],
    registers,
  });
  return (read) => {
    readers.add(read);
    return () => void readers.delete(read);
  };
}

function queueMetrics(registers: Registry[]): ClusterMetrics['queue'] {
  const labelNames = ['queue'];
  const depth = new Gauge({
    name: 'serin_queue_depth',
    help: 'Keys that are due and wait for a worker',
    labelNames,
    registers,
  });
  const lateness = new Histogram({
    name: 'serin_queue_lateness_seconds',
    help: 'How long after its deadline a pass began',
    labelNames,
    buckets: [0.001, 0.01, 0.1, 0.3, 0.5, 1, 5, 30],
    registers,
  });
  const duration = new Histogram({
    name: 'serin_queue_work_duration_seconds',
    help: 'How long a pass took, by outcome',
    labelNames: ['queue', 'outcome'],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  return (queue) => ({
    depth: (keys) => depth.set({ queue }, keys),
    started: (milliseconds) => lateness.observe({ queue }, milliseconds / 1_000),
    ended: (outcome, milliseconds) => duration.observe({ queue, outcome }, milliseconds / 1_000),
  });
}

interface Meters {
  readonly requests: Counter<'verb' | 'kind' | 'status'>;
  readonly durations: Histogram<'verb'>;
  readonly listeners: readonly ((request: EndedRequest) => void)[];
}

function metered(transport: Transport, clock: Clock, { requests, durations, listeners }: Meters): Transport {
  const measure = async <T extends ApiResponse>(
    request: Omit<EndedRequest, 'status'>,
    send: () => Promise<T>,
  ): Promise<T> => {
    const { verb, path } = request;
    const startedAt = clock.monotonic();
    let status: number | undefined;
    try {
      const response = await send();
      status = response.status;
      return response;
    } finally {
      requests.inc({ verb, kind: kindOfPath(path).kind, status: status === undefined ? 'none' : String(status) });
      durations.observe({ verb }, (clock.monotonic() - startedAt) / 1_000);
      for (const listener of listeners) listener({ ...request, status });
    }
  };
  return {
    send: (request) =>
      measure({ verb: verbOf(request), path: request.path, body: request.body }, () => transport.send(request)),
    watch: (request) => measure({ verb: 'watch', path: request.path }, () => transport.watch(request)),
    close: () => transport.close(),
  };
}

/** The plural of the kind that a path is about, and whether the path names one object. */
export function kindOfPath(path: string): { kind: string; named: boolean } {
  const [root, ...rest] = path.split('/').slice(1);
  if (root !== 'api' && root !== 'apis') return { kind: '', named: false };
  const group = root === 'apis' ? rest[0] : undefined;
  const parts = rest.slice(root === 'apis' ? 2 : 1);
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize';
  const [plural = '', name] = inNamespace ? parts.slice(2) : parts;
  return { kind: group === undefined ? plural : `${plural}.${group}`, named: name !== undefined };
}

function verbOf(request: ApiRequest): 'get' | 'list' | 'create' | 'update' | 'delete' | 'apply' | 'patch' {
  switch (request.method) {
    case 'GET':
      return kindOfPath(request.path).named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'DELETE':
      return 'delete';
    case 'PATCH':
      return request.contentType === 'application/apply-patch+yaml' ? 'apply' : 'patch';
    default:
      return request.method satisfies never;
  }
}
