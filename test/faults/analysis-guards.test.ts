import { expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { AnalysisMeasurement, MetricResult } from '#api/analysis-run.ts';
import { analysisRuns } from '#cluster/resource.ts';
import { VirtualClock } from '#sandbox/virtual-clock.ts';
import { createWorld } from '#sandbox/world.ts';
import { analysisGuards } from './analysis-guards.ts';

const good = (second: number): AnalysisMeasurement => ({
  phase: 'Successful',
  startedAt: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
});
const results = (measurements: readonly AnalysisMeasurement[], more: Partial<MetricResult> = {}): MetricResult => ({
  name: 'm',
  phase: 'Running',
  count: measurements.length,
  successful: measurements.length,
  measurements: [...measurements],
  ...more,
});

/** Writes one status after the other. */
async function brokenBy(...statuses: readonly object[]): Promise<readonly string[]> {
  const world = createWorld({ clock: new VirtualClock(), crds: customResourceDefinitions });
  const { broken } = analysisGuards(world.objects);
  const metadata = { name: 'run', namespace: 'default' };
  const run = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata, spec: { metrics: [] } };
  world.objects.create(analysisRuns, run);
  for (const status of statuses) {
    const live = world.objects.get(analysisRuns, metadata);
    if (live !== undefined) world.objects.update(analysisRuns, { ...live, status });
  }
  await world.stop();
  return broken;
}

const running = (...metricResults: readonly MetricResult[]): object => ({ phase: 'Running', metricResults });

it('lets a run go on', async () => {
  const steps = [running(results([good(0)])), running(results([good(0), good(10)]))];
  expect(await brokenBy(...steps, { ...steps[1], phase: 'Successful', completedAt: '2026-01-01T00:00:10Z' })).toEqual(
    [],
  );
});

it.each([
  [
    'a measurement that is counted twice',
    [running(results([good(0)])), running(results([good(0), good(10), good(10)]))],
  ],
  ['a count without a measurement', [running(results([good(0)], { count: 5, successful: 5 }))]],
  ['a measurement without a count', [running(results([good(0), good(10)], { count: 1, successful: 1 }))]],
  ['a measurement that is lost', [running(results([good(0), good(10)])), running(results([good(10)]))]],
  [
    'a measurement that is another one afterwards',
    [running(results([good(0)])), running(results([good(1), good(10)]))],
  ],
  ['counters that do not add up', [running(results([good(0)], { successful: 2 }))]],
  ['a metric that is lost', [running(results([good(0)])), running()]],
  ['a verdict that changes', [{ phase: 'Failed', completedAt: '2026-01-01T00:00:10Z' }, { phase: 'Successful' }]],
])('sees %s', async (_name, statuses) => {
  expect(await brokenBy(...statuses)).not.toEqual([]);
});
