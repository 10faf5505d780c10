/** Counts requests under the names and labels that the built-in metrics of Canaries on the Gateway API ask for. */
import { Histogram, Registry } from 'prom-client';

export interface RequestMetrics {
  /** One answer of the Pod `NAMESPACE/NAME`. */
  observe(pod: string, status: number, seconds: number): void;
  /** Series of these Pods are there before their first request, those of all others go. */
  know(pods: Iterable<string>): void;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

/** Of every Pod from the start, so that the first failure is already an increase. */
const expected: readonly string[] = ['200', '500'];

export function requestMetrics(): RequestMetrics {
  const registry = new Registry();
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, as the gateway saw them.',
    labelNames: ['kubernetes_namespace', 'kubernetes_pod_name', 'status'],
    registers: [registry],
  });
  /** Statuses of each Pod that has series. */
  const known = new Map<string, Set<string>>();
  const statusesOf = (pod: string): Set<string> => {
    const before = known.get(pod);
    if (before !== undefined) return before;
    const statuses = new Set(expected);
    known.set(pod, statuses);
    for (const status of statuses) durations.zero(labelsOf(pod, status));
    return statuses;
  };
  return {
    observe(pod, status, seconds) {
      statusesOf(pod).add(String(status));
      durations.observe(labelsOf(pod, String(status)), seconds);
    },
    know(pods) {
      const current = new Set(pods);
      for (const pod of current) statusesOf(pod);
      for (const [pod, statuses] of known) {
        if (current.has(pod)) continue;
        known.delete(pod);
        for (const status of statuses) durations.remove(labelsOf(pod, status));
      }
    },
    text: () => registry.metrics(),
  };
}

function labelsOf(
  pod: string,
  status: string,
): Record<'kubernetes_namespace' | 'kubernetes_pod_name' | 'status', string> {
  const [namespace = '', name = ''] = pod.split('/');
  return { kubernetes_namespace: namespace, kubernetes_pod_name: name, status };
}
