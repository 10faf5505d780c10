/** How Rollouts and Experiments ask for an analysis: templates, arguments, what is only looked at, and what is kept. */
import * as z from 'zod';
import { int32, text, textMap, type Readable } from './schema.ts';

export const ephemeralMetadata = z.object({
  labels: textMap.exactOptional(),
  annotations: textMap.exactOptional(),
});

export const templateRef = z.object({
  templateName: text.exactOptional().describe('Name of an AnalysisTemplate of the namespace.'),
  clusterScope: z.boolean().exactOptional().describe('It is the name of a ClusterAnalysisTemplate.'),
});

export const analysisArgument = z.object({
  name: text,
  value: text.exactOptional(),
  valueFrom: z
    .object({
      podTemplateHashValue: text.exactOptional().describe('`Stable` or `Latest`: hash of those pods.'),
      fieldRef: z
        .object({ fieldPath: text })
        .exactOptional()
        .describe('A field of the Rollout, such as `metadata.name`.'),
    })
    .exactOptional(),
});

export const dryRun = z.object({ metricName: text.describe('Name of the metric, or a regular expression for it.') });

export const measurementRetention = z.object({
  metricName: text.describe('Name of the metric, or a regular expression for it.'),
  limit: int32.describe('Measurements that are kept.'),
});

const rolloutAnalysisFields = {
  templates: z.array(templateRef).exactOptional(),
  args: z.array(analysisArgument).exactOptional(),
  dryRun: z.array(dryRun).exactOptional().describe('Metrics that are measured, and decide nothing.'),
  measurementRetention: z.array(measurementRetention).exactOptional(),
  analysisRunMetadata: ephemeralMetadata.exactOptional().describe('Labels and annotations of the AnalysisRun.'),
};

export const rolloutAnalysis = z.object(rolloutAnalysisFields);

export const backgroundAnalysis = z.object({
  ...rolloutAnalysisFields,
  startingStep: int32.exactOptional().describe('Index of the step from which on it runs.'),
});

export type EphemeralMetadata = Readable<z.output<typeof ephemeralMetadata>>;
export type AnalysisTemplateRef = Readable<z.output<typeof templateRef>>;
export type AnalysisArgument = Readable<z.output<typeof analysisArgument>>;
export type DryRun = Readable<z.output<typeof dryRun>>;
export type MeasurementRetention = Readable<z.output<typeof measurementRetention>>;
export type RolloutAnalysis = Readable<z.output<typeof rolloutAnalysis>>;
export type BackgroundAnalysis = Readable<z.output<typeof backgroundAnalysis>>;
