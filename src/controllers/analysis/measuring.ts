/** Carries out the tasks of an AnalysisRun: asks the provider, and holds what it says against the conditions of the metric. */
import type { AnalysisMeasurement, AnalysisRun } from '#api/analysis-run.ts';
import { rfc3339 } from '#api/time.ts';
import { judgeResult } from '#engine/analysis/conditions.ts';
import type { MetricTask } from '#engine/analysis/next-measurements.ts';
import type { Measured } from '#engine/analysis/recording.ts';
import type { AnalysisProviderDeps, MeasurementRequest, ProviderAnswer } from '#metrics/analysis/provider.ts';
import { findAnalysisProvider, pluginOf } from '#metrics/analysis/providers.ts';

/** `task`: with the values of secrets in it. */
export async function carryOut(
  task: MetricTask,
  run: AnalysisRun,
  deps: AnalysisProviderDeps,
  signal: AbortSignal,
): Promise<Measured> {
  const { metric, measurement, taken } = task;
  const startedAt =
    task.do === 'start' ? rfc3339(deps.clock.now()) : (measurement?.startedAt ?? rfc3339(deps.clock.now()));
  const make = findAnalysisProvider(metric);
  if (make === undefined)
    return { task, measurement: ended(deps, startedAt, 'Error', { message: unknownProvider(task) }) };
  const provider = make(deps);
  const request: MeasurementRequest = {
    metric,
    run,
    taken,
    signal,
    ...(measurement === undefined ? {} : { measurement }),
  };
  const answer = await (task.do === 'start' ? provider.start(request) : provider[task.do]?.(request));
  // What cannot be running has nothing to resume.
  if (answer === undefined) return { task, measurement: measurement ?? ended(deps, startedAt, 'Error', {}) };
  const metadata = provider.metadata?.(metric);
  return {
    task,
    measurement: measurementOf(answer, task, deps, startedAt),
    ...(metadata === undefined ? {} : { metadata }),
    ...(answer.kind === 'error' && answer.isOutage === true ? { outage: true } : {}),
  };
}

function unknownProvider({ metric }: MetricTask): string {
  const plugin = pluginOf(metric);
  return plugin === undefined
    ? `no valid provider in metric '${metric.name}'`
    : `failed to create plugin: plugin ${plugin} not configured in configmap`;
}

function measurementOf(
  answer: ProviderAnswer,
  { metric, measurement }: MetricTask,
  deps: AnalysisProviderDeps,
  startedAt: string,
): AnalysisMeasurement {
  const metadata = { ...measurement?.metadata, ...answer.metadata };
  const known = Object.keys(metadata).length === 0 ? {} : { metadata };
  switch (answer.kind) {
    case 'running':
      return { phase: 'Running', startedAt, resumeAt: rfc3339(answer.resumeAt), ...known };
    case 'error':
      return ended(deps, startedAt, 'Error', { message: answer.message, value: answer.text, ...known });
    case 'verdict':
      return ended(deps, startedAt, answer.phase, { message: answer.message, value: answer.text, ...known });
    case 'result': {
      const { phase, message } = judgeResult(metric, answer.result, deps.clock.now(), answer.elements);
      // A value that could not be judged says nothing.
      return ended(deps, startedAt, phase, { message, value: phase === 'Error' ? undefined : answer.text, ...known });
    }
  }
}

interface Details {
  readonly message?: string | undefined;
  readonly value?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

function ended(
  { clock }: AnalysisProviderDeps,
  startedAt: string,
  phase: AnalysisMeasurement['phase'],
  { message, value, metadata }: Details,
): AnalysisMeasurement {
  return {
    phase,
    startedAt,
    finishedAt: rfc3339(clock.now()),
    ...(message === undefined || message === '' ? {} : { message }),
    ...(value === undefined ? {} : { value }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
