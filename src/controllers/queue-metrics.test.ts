import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { queueMetrics } from './queue-metrics.ts';

it('tells of queues under the names of the original, and whoever else wants to know', async () => {
  const registry = new Registry();
  const told: string[] = [];
  const rollouts = queueMetrics(registry, 'Rollouts', {
    started: (lateness) => told.push(`started ${lateness}`),
    failed: (key) => told.push(`failed ${key}`),
  });
  const services = queueMetrics(registry, 'Services', {});
  rollouts.depth?.(2);
  services.depth?.(1);
  rollouts.started?.(1_500);
  rollouts.ended?.('failed', 20);
  rollouts.failed?.('ns/web', new Error('no'), 1, 5);
  const lines = (await registry.metrics())
    .split('\n')
    .filter((line) => /^workqueue_(depth|adds|retr|.*_sum)/.test(line));
  expect(lines).toEqual([
    'workqueue_depth{name="Rollouts"} 2',
    'workqueue_depth{name="Services"} 1',
    'workqueue_adds_total{name="Rollouts"} 1',
    'workqueue_retries_total{name="Rollouts"} 1',
    'workqueue_queue_duration_seconds_sum{name="Rollouts"} 1.5',
    'workqueue_work_duration_seconds_sum{name="Rollouts"} 0.02',
  ]);
  expect(told).toEqual(['started 1500', 'failed ns/web']);
});
