/** Requests to the API server as the original counts them: one series for each object, verb and answer. */
import { Counter, type Registry } from 'prom-client';
import type { ClusterMetrics, EndedRequest } from '#cluster/cluster-metrics.ts';

interface Series {
  readonly labels: Readonly<Record<(typeof labelNames)[number], string>>;
  count: number;
  lastAt: number;
}

const labelNames = ['kind', 'namespace', 'name', 'verb', 'status_code'] as const;

const verbs: Readonly<Record<EndedRequest['verb'], string>> = {
  get: 'Get',
  list: 'List',
  watch: 'Watch',
  create: 'Create',
  update: 'Update',
  patch: 'Patch',
  apply: 'Patch',
  delete: 'Delete',
};

/** Kinds whose objects come and go too fast for series of their own. */
const nameless: ReadonlySet<string> = new Set(['events', 'replicasets']);

/** How long the series of an object stays that nobody asks for, in milliseconds: names come and go with every update. */
const keptFor = 3_600_000;

export function requestMetrics(registry: Registry, metrics: ClusterMetrics, monotonic: () => number): void {
  const known = new Map<string, Series>();
  const counter: Counter = new Counter({
    name: 'controller_clientset_k8s_request_total',
    help: 'Requests to the API server',
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      counter.reset();
      for (const [key, { labels, count, lastAt }] of known) {
        if (monotonic() - lastAt > keptFor) known.delete(key);
        else counter.inc(labels, count);
      }
    },
  });
  metrics.observeRequests((request) => {
    const labels = labelsOf(request);
    const key = Object.values(labels).join(' ');
    const series = known.get(key) ?? { labels, count: 0, lastAt: 0 };
    known.set(key, series);
    series.count += 1;
    series.lastAt = monotonic();
  });
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/KIND/NAME/…`, where all behind the version may be missing. */
export function labelsOf({ verb, path, body, status }: EndedRequest): Series['labels'] {
  const parts = path.split('/').slice(path.startsWith('/apis/') ? 4 : 3);
  const isNamespaced = parts[0] === 'namespaces' && parts.length > 2;
  const namespace = isNamespaced ? (parts[1] ?? '') : '';
  const [kind = '', named] = isNamespaced ? parts.slice(2) : parts;
  const name = named ?? nameIn(body);
  const hasName = verb !== 'list' && verb !== 'watch' && !nameless.has(kind);
  const code = status === undefined ? '0' : String(status);
  return { kind, namespace, name: hasName ? name : 'N/A', verb: verbs[verb], status_code: code };
}

function nameIn(body: unknown): string {
  const { metadata } = (body ?? {}) as { metadata?: { name?: string } }; // of what is created
  return metadata?.name ?? '';
}
