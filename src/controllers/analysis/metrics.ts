/** The Prometheus metrics of AnalysisRuns and their templates under the original's names, reckoned at the scrape. */
import type { Registry } from 'prom-client';
import type { Metric } from '#api/analysis-metric.ts';
import { parseAnalysisRun } from '#api/analysis-run.ts';
import { parseAnalysisTemplate } from '#api/analysis-template.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { keyOf } from '#cluster/resource.ts';
import { labelsOf, passMetrics, type PassMetrics } from '../pass-metrics.ts';
import { remembering } from '../remembering.ts';
import { renderedGauge, type Series } from '../rendered-gauge.ts';

const readRun = remembering((object) => {
  const parsed = parseAnalysisRun(object);
  return parsed.ok ? parsed.run : undefined;
});

const readTemplate = remembering((object) => {
  const parsed = parseAnalysisTemplate(object);
  return parsed.ok ? parsed.template : undefined;
});

export interface AnalysisObjects {
  readonly runs: () => Iterable<KubeObject>;
  /** Templates of both kinds. */
  readonly templates: () => Iterable<KubeObject>;
}

const phases = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
const named = ['namespace', 'name'];

export function analysisMetrics(
  registry: Registry,
  { runs, templates }: AnalysisObjects,
  monotonic: () => number,
): PassMetrics {
  runGauges(registry, runs);
  templateGauges(registry, templates);
  return passMetrics(registry, { prefix: 'analysis_run', monotonic });
}

function runGauges(registry: Registry, runs: () => Iterable<KubeObject>): void {
  renderedGauge(
    registry,
    { name: 'analysis_run_info', help: 'AnalysisRuns and their phases', labelNames: [...named, 'phase'] },
    function* () {
      for (const object of runs()) yield [{ ...nameOf(object), phase: phaseOf(readRun(object)?.status) }, 1];
    },
  );
  renderedGauge(
    registry,
    { name: 'analysis_run_phase', help: 'Deprecated: see analysis_run_info', labelNames: [...named, 'phase'] },
    function* () {
      for (const object of runs()) yield* inEachPhase(nameOf(object), phaseOf(readRun(object)?.status));
    },
  );
  renderedGauge(
    registry,
    { name: 'analysis_run_metric_type', help: 'Providers of metrics', labelNames: [...named, 'metric', 'type'] },
    function* () {
      for (const object of runs())
        for (const metric of readRun(object)?.spec.metrics ?? [])
          yield [{ ...nameOf(object), metric: metric.name, type: typeOf(metric) }, 1];
    },
  );
  renderedGauge(
    registry,
    {
      name: 'analysis_run_metric_phase',
      help: 'Phases of metrics',
      labelNames: [...named, 'metric', 'type', 'dry_run', 'phase'],
    },
    function* () {
      for (const object of runs()) yield* metricPhases(object);
    },
  );
}

function* metricPhases(object: KubeObject): Generator<Series> {
  const run = readRun(object);
  for (const metric of run?.spec.metrics ?? []) {
    const result = run?.status?.metricResults?.find(({ name }) => name === metric.name);
    const labels = { metric: metric.name, type: typeOf(metric), dry_run: String(result?.dryRun === true) };
    yield* inEachPhase({ ...nameOf(object), ...labels }, phaseOf(result));
  }
}

function templateGauges(registry: Registry, templates: () => Iterable<KubeObject>): void {
  renderedGauge(
    registry,
    { name: 'analysis_template_info', help: 'AnalysisTemplates', labelNames: named },
    function* () {
      for (const object of templates()) yield [nameOf(object), 1];
    },
  );
  renderedGauge(
    registry,
    {
      name: 'analysis_template_metric_info',
      help: 'Metrics of AnalysisTemplates',
      labelNames: [...named, 'type', 'metric'],
    },
    function* () {
      for (const object of templates())
        for (const metric of readTemplate(object)?.spec.metrics ?? [])
          yield [{ ...nameOf(object), type: typeOf(metric), metric: metric.name }, 1];
    },
  );
}

function nameOf({ metadata }: KubeObject): { readonly namespace: string; readonly name: string } {
  return labelsOf(keyOf(metadata));
}

function phaseOf(status: { readonly phase?: string } | undefined): string {
  return status?.phase || 'Pending';
}

function* inEachPhase(labels: Series[0], current: string): Generator<Series> {
  for (const phase of phases) yield [{ ...labels, phase }, phase === current ? 1 : 0];
}

/** The first that is configured, in the order in which they are looked for. */
const typeNames = [
  ['prometheus', 'Prometheus'],
  ['job', 'Job'],
  ['kayenta', 'Kayenta'],
  ['web', 'Web'],
  ['datadog', 'Datadog'],
  ['wavefront', 'Wavefront'],
  ['newRelic', 'NewRelic'],
  ['cloudWatch', 'CloudWatch'],
  ['graphite', 'Graphite'],
  ['influxdb', 'Influxdb'],
  ['skywalking', 'skywalking'],
  ['plugin', 'RPCPlugin'],
] as const;

function typeOf({ provider }: Metric): string {
  return typeNames.find(([key]) => provider[key] !== undefined)?.[1] ?? 'Unknown Provider';
}
