/** The Experiment (`argoproj.io/v1alpha1`): pods of some versions that run side by side for a while, and are measured. */
import * as z from 'zod';
import { argument } from './analysis-metric.ts';
import { analysisPhase } from './analysis-run.ts';
import type { KubeObject } from './kubernetes.ts';
import { labelSelector } from './label-selector.ts';
import { parseLeniently } from './lenient.ts';
import { podTemplate } from './pod-template-schema.ts';
import type { Problem } from './problem.ts';
import { dryRun, ephemeralMetadata, measurementRetention } from './rollout-analysis.ts';
import { instant, int32, oneOfTexts, text, type Readable } from './schema.ts';
import type { PodTemplate } from './workload.ts';

const experimentTemplate = z
  .object({
    name: text,
    replicas: int32.exactOptional().describe('Default 1.'),
    minReadySeconds: int32.exactOptional(),
    selector: labelSelector.exactOptional(),
    template: podTemplate,
    service: z
      .object({ name: text.exactOptional() })
      .exactOptional()
      .describe('Makes a Service for its pods; default name: that of its ReplicaSet.'),
  })
  // The API server wants the selector; what comes without one is told so, and not taken to select all pods.
  .meta({ required: ['name', 'selector', 'template'] });

const experimentAnalysisRef = z.object({
  name: text,
  templateName: text,
  clusterScope: z.boolean().exactOptional(),
  args: z.array(argument).exactOptional(),
  requiredForCompletion: z.boolean().exactOptional().describe('The Experiment ends when this analysis has.'),
});

const experimentSpec = z.object({
  templates: z.array(experimentTemplate),
  duration: text.exactOptional().describe('How long its pods run, such as `10m`; default: until its analyses end.'),
  progressDeadlineSeconds: int32.exactOptional().describe('How long its pods may take to be available; default 600.'),
  terminate: z.boolean().exactOptional().describe('Ends it.'),
  analyses: z.array(experimentAnalysisRef).exactOptional(),
  scaleDownDelaySeconds: int32.exactOptional().describe('How long its pods stay after its end; default 30.'),
  dryRun: z.array(dryRun).exactOptional().describe('Metrics that are measured, and decide nothing.'),
  measurementRetention: z.array(measurementRetention).exactOptional(),
  analysisRunMetadata: ephemeralMetadata.exactOptional().describe('Labels and annotations of its AnalysisRuns.'),
});

/** Empty: nobody has looked at it yet. */
export const templateStatusCodes = ['', 'Progressing', 'Running', 'Successful', 'Failed', 'Error'] as const;

const templateStatus = z.object({
  name: text,
  replicas: int32,
  updatedReplicas: int32,
  readyReplicas: int32,
  availableReplicas: int32,
  collisionCount: int32.exactOptional(),
  status: oneOfTexts(templateStatusCodes).exactOptional(),
  message: text.exactOptional(),
  lastTransitionTime: instant.exactOptional(),
  serviceName: text.exactOptional(),
  podTemplateHash: text.exactOptional(),
});

const analysisRunStatus = z.object({
  name: text.describe('Of the analysis.'),
  analysisRun: text.describe('Name of the AnalysisRun.'),
  phase: analysisPhase,
  message: text.exactOptional(),
});

const condition = z.object({
  type: text,
  status: text,
  lastUpdateTime: instant,
  lastTransitionTime: instant,
  reason: text,
  message: text,
});

const experimentStatus = z.object({
  phase: analysisPhase.exactOptional(),
  message: text.exactOptional(),
  availableAt: instant.exactOptional().describe('Since when all its pods are available.'),
  templateStatuses: z.array(templateStatus).exactOptional(),
  analysisRuns: z.array(analysisRunStatus).exactOptional(),
  conditions: z.array(condition).exactOptional(),
});

export const experimentSchema = z.object({ spec: experimentSpec, status: experimentStatus.exactOptional() });

/** The template is raw JSON, and keeps its own type. */
export type ExperimentTemplate = Omit<Readable<z.output<typeof experimentTemplate>>, 'template'> & {
  readonly template: PodTemplate;
};
export type ExperimentSpec = Omit<Readable<z.output<typeof experimentSpec>>, 'templates'> & {
  readonly templates: readonly ExperimentTemplate[];
};
export type ExperimentAnalysis = Readable<z.output<typeof experimentAnalysisRef>>;
export type TemplateStatusCode = (typeof templateStatusCodes)[number];
export type ExperimentTemplateStatus = Readable<z.output<typeof templateStatus>>;
export type ExperimentAnalysisStatus = Readable<z.output<typeof analysisRunStatus>>;
export type ExperimentCondition = Readable<z.output<typeof condition>>;
export type ExperimentStatus = Readable<z.output<typeof experimentStatus>>;

export interface Experiment extends KubeObject {
  readonly spec: ExperimentSpec;
  readonly status?: ExperimentStatus;
}

export type ParsedExperiment =
  | { readonly ok: true; readonly experiment: Experiment; readonly dropped: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads an Experiment as the API server returns it; what cannot be decoded is left out and told in `dropped`. */
export function parseExperiment(object: KubeObject): ParsedExperiment {
  const { spec, status, ...rest } = object;
  const parsed = parseLeniently(experimentSchema, status === undefined ? { spec } : { spec, status });
  if (!parsed.ok) return parsed;
  return { ok: true, experiment: { ...rest, ...parsed.value }, dropped: parsed.dropped };
}
