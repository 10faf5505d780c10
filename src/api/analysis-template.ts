/** AnalysisTemplate and ClusterAnalysisTemplate (`argoproj.io/v1alpha1`): metrics that many runs can share. */
import * as z from 'zod';
import { argument, metric } from './analysis-metric.ts';
import type { KubeObject } from './kubernetes.ts';
import { parseLeniently } from './lenient.ts';
import type { Problem } from './problem.ts';
import { dryRun, measurementRetention, templateRef } from './rollout-analysis.ts';
import type { Readable } from './schema.ts';

const analysisTemplateSpec = z.object({
  metrics: z.array(metric).exactOptional(),
  args: z.array(argument).exactOptional().describe('What may be set from outside, as `{{args.NAME}}`.'),
  dryRun: z.array(dryRun).exactOptional().describe('Metrics that are measured, and decide nothing.'),
  measurementRetention: z.array(measurementRetention).exactOptional(),
  templates: z.array(templateRef).exactOptional().describe('Other templates, whose metrics are measured as well.'),
});

export const analysisTemplateSchema = z.object({ spec: analysisTemplateSpec });

export type AnalysisTemplateSpec = Readable<z.output<typeof analysisTemplateSpec>>;

/** A template of either kind: they differ in who may use them. */
export interface AnalysisTemplate extends KubeObject {
  readonly spec: AnalysisTemplateSpec;
}

export type ClusterAnalysisTemplate = AnalysisTemplate;

export type ParsedAnalysisTemplate =
  | { readonly ok: true; readonly template: AnalysisTemplate; readonly dropped: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a template of either kind as the API server returns it. */
export function parseAnalysisTemplate(object: KubeObject): ParsedAnalysisTemplate {
  const parsed = parseLeniently(analysisTemplateSchema, { spec: object['spec'] });
  if (!parsed.ok) return parsed;
  return { ok: true, template: { ...object, ...parsed.value }, dropped: parsed.dropped };
}
