import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { experimentMetrics } from '../experiment/metrics.ts';
import { analysisMetrics } from './metrics.ts';

const object = (kind: string, parts: object): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind,
  metadata: { name: 'a', namespace: 'ns' },
  ...parts,
});

const metrics = [
  { name: 'errors', provider: { prometheus: { query: 'q' } } },
  { name: 'mine', provider: { plugin: { 'me/mine': {} } } },
];

async function lines(registry: Registry, start: string): Promise<readonly string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(start));
}

it('tells AnalysisRuns, their metrics and their templates', async () => {
  const registry = new Registry();
  const metricResults = [{ name: 'errors', phase: 'Failed', dryRun: true }];
  const run = object('AnalysisRun', { spec: { metrics }, status: { phase: 'Running', metricResults } });
  const fresh = { ...object('AnalysisRun', { spec: { metrics: [] } }), metadata: { name: 'b', namespace: 'ns' } };
  const template = object('AnalysisTemplate', { spec: { metrics } });
  analysisMetrics(registry, { runs: () => [run, fresh], templates: () => [template] }, () => 0);
  expect(await lines(registry, 'analysis_run_info')).toEqual([
    'analysis_run_info{namespace="ns",name="a",phase="Running"} 1',
    'analysis_run_info{namespace="ns",name="b",phase="Pending"} 1',
  ]);
  expect(await lines(registry, 'analysis_run_phase')).toHaveLength(12);
  expect(await lines(registry, 'analysis_run_metric_type')).toEqual([
    'analysis_run_metric_type{namespace="ns",name="a",metric="errors",type="Prometheus"} 1',
    'analysis_run_metric_type{namespace="ns",name="a",metric="mine",type="RPCPlugin"} 1',
  ]);
  expect((await lines(registry, 'analysis_run_metric_phase')).filter((line) => line.endsWith(' 1'))).toEqual([
    'analysis_run_metric_phase{namespace="ns",name="a",metric="errors",type="Prometheus",dry_run="true",phase="Failed"} 1',
    'analysis_run_metric_phase{namespace="ns",name="a",metric="mine",type="RPCPlugin",dry_run="false",phase="Pending"} 1',
  ]);
  expect(await lines(registry, 'analysis_template_info')).toEqual([
    'analysis_template_info{namespace="ns",name="a"} 1',
  ]);
  expect(await lines(registry, 'analysis_template_metric_info')).toHaveLength(2);
});

it('tells Experiments, with the phases that the original knows', async () => {
  const registry = new Registry();
  const experiment = object('Experiment', { spec: { templates: [] }, status: { phase: 'Running' } });
  const passes = experimentMetrics(
    registry,
    () => [experiment],
    () => 0,
  );
  await passes.measure('ns/a', async () => {});
  expect(await lines(registry, 'experiment_info')).toEqual([
    'experiment_info{namespace="ns",name="a",phase="Running"} 1',
  ]);
  expect(await lines(registry, 'experiment_phase')).toHaveLength(5);
  expect(await lines(registry, 'experiment_reconcile_count')).toEqual([
    'experiment_reconcile_count{namespace="ns",name="a"} 1',
  ]);
});
