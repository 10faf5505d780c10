/** The AnalysisRun (`argoproj.io/v1alpha1`): metrics that are measured until they agree on a verdict. */
import * as z from 'zod';
import { argument, metric } from './analysis-metric.ts';
import type { KubeObject } from './kubernetes.ts';
import { parseLeniently } from './lenient.ts';
import type { Problem } from './problem.ts';
import { dryRun, measurementRetention } from './rollout-analysis.ts';
import { instant, int32, oneOfTexts, text, textMap, type Readable } from './schema.ts';

/** Empty: nobody has looked at it yet. */
export const analysisPhases = ['', 'Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;

export const analysisPhase = oneOfTexts(analysisPhases);

const analysisRunSpec = z.object({
  metrics: z.array(metric),
  args: z.array(argument).exactOptional(),
  terminate: z.boolean().exactOptional().describe('Stops the run.'),
  dryRun: z.array(dryRun).exactOptional().describe('Metrics that are measured, and decide nothing.'),
  measurementRetention: z.array(measurementRetention).exactOptional(),
  ttlStrategy: z
    .object({
      secondsAfterCompletion: int32.exactOptional(),
      secondsAfterFailure: int32.exactOptional(),
      secondsAfterSuccess: int32.exactOptional(),
    })
    .exactOptional()
    .describe('When the run is deleted after its end.'),
});

const measurement = z.object({
  phase: analysisPhase,
  message: text.exactOptional(),
  startedAt: instant.exactOptional(),
  finishedAt: instant.exactOptional(),
  value: text.exactOptional(),
  metadata: textMap.exactOptional(),
  resumeAt: instant.exactOptional(),
});

const metricResult = z.object({
  name: text,
  phase: analysisPhase,
  measurements: z.array(measurement).exactOptional().describe('The last ones, newest last.'),
  message: text.exactOptional(),
  count: int32.exactOptional().describe('Measurements so far, without errors.'),
  successful: int32.exactOptional(),
  failed: int32.exactOptional(),
  inconclusive: int32.exactOptional(),
  error: int32.exactOptional(),
  consecutiveError: int32.exactOptional(),
  dryRun: z.boolean().exactOptional(),
  metadata: textMap.exactOptional().describe('Such as the query as it was sent.'),
  consecutiveSuccess: int32.exactOptional(),
});

const runSummary = z.object({
  count: int32.exactOptional(),
  successful: int32.exactOptional(),
  failed: int32.exactOptional(),
  inconclusive: int32.exactOptional(),
  error: int32.exactOptional(),
});

const analysisRunStatus = z.object({
  phase: analysisPhase,
  message: text.exactOptional(),
  evidence: text
    .exactOptional()
    .describe('Serin: how many measurements succeeded when the run was terminated. Dry runs do not count.'),
  metricResults: z.array(metricResult).exactOptional(),
  startedAt: instant.exactOptional(),
  runSummary: runSummary.exactOptional().describe('Metrics by verdict.'),
  dryRunSummary: runSummary.exactOptional().describe('Metrics that decide nothing, by verdict.'),
  completedAt: instant.exactOptional(),
});

export const analysisRunSchema = z.object({ spec: analysisRunSpec, status: analysisRunStatus.exactOptional() });

export type AnalysisPhase = (typeof analysisPhases)[number];
export type AnalysisRunSpec = Readable<z.output<typeof analysisRunSpec>>;
export type AnalysisRunStatus = Readable<z.output<typeof analysisRunStatus>>;
export type MetricResult = Readable<z.output<typeof metricResult>>;
export type AnalysisMeasurement = Readable<z.output<typeof measurement>>;
export type RunSummary = Readable<z.output<typeof runSummary>>;

export interface AnalysisRun extends KubeObject {
  readonly spec: AnalysisRunSpec;
  readonly status?: AnalysisRunStatus;
}

export type ParsedAnalysisRun =
  | { readonly ok: true; readonly run: AnalysisRun; readonly dropped: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads an AnalysisRun as the API server returns it; what cannot be decoded is left out and told in `dropped`. */
export function parseAnalysisRun(object: KubeObject): ParsedAnalysisRun {
  const { spec, status, ...rest } = object;
  const parsed = parseLeniently(analysisRunSchema, status === undefined ? { spec } : { spec, status });
  if (!parsed.ok) return parsed;
  return { ok: true, run: { ...rest, ...parsed.value }, dropped: parsed.dropped };
}
