/** Work queues under the names that the original's dashboards know, beside Serin's own metrics of them. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { QueueHooks } from '#cluster/work-queue.ts';

type QueueName = 'Rollouts' | 'Experiments' | 'AnalysisRuns' | 'Services';

const known = new WeakMap<Registry, (name: QueueName) => Required<QueueHooks>>();

/** `own` are called as well. One set of metrics a registry, however many queues there are. */
export function queueMetrics(registry: Registry, name: QueueName, own: QueueHooks): QueueHooks {
  const hooksOf = known.get(registry) ?? makeMetrics(registry);
  known.set(registry, hooksOf);
  const hooks = hooksOf(name);
  return {
    depth(keys) {
      hooks.depth(keys);
      own.depth?.(keys);
    },
    started(lateness) {
      hooks.started(lateness);
      own.started?.(lateness);
    },
    ended(outcome, duration) {
      hooks.ended(outcome, duration);
      own.ended?.(outcome, duration);
    },
    failed(...failure) {
      hooks.failed(...failure);
      own.failed?.(...failure);
    },
  };
}

function makeMetrics(registry: Registry): (name: QueueName) => Required<QueueHooks> {
  const common = { labelNames: ['name'], registers: [registry] };
  // Of client-go: powers of ten from ten nanoseconds to ten seconds.
  const buckets = Array.from({ length: 10 }, (_, index) => 10 ** (index - 8));
  const depth = new Gauge({ ...common, name: 'workqueue_depth', help: 'Keys that wait for a worker' });
  const adds = new Counter({ ...common, name: 'workqueue_adds_total', help: 'Keys that came to their turn' });
  const retries = new Counter({ ...common, name: 'workqueue_retries_total', help: 'Keys that are tried again' });
  const waited = new Histogram({
    ...common,
    name: 'workqueue_queue_duration_seconds',
    help: 'How long a key waited for its turn',
    buckets,
  });
  const worked = new Histogram({
    ...common,
    name: 'workqueue_work_duration_seconds',
    help: 'How long the work on a key took',
    buckets,
  });
  return (name) => ({
    depth: (keys) => depth.set({ name }, keys),
    started(lateness) {
      adds.inc({ name });
      waited.observe({ name }, lateness / 1_000);
    },
    ended: (_outcome, duration) => worked.observe({ name }, duration / 1_000),
    failed: () => retries.inc({ name }),
  });
}
