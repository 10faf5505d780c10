/** From the templates that a Rollout names to the spec of a run: metrics, and arguments with their values. */
import { parseAnalysisTemplate, type AnalysisTemplate } from '#api/analysis-template.ts';
import type { AnalysisRunSpec } from '#api/analysis-run.ts';
import type { AnalysisArgument, RolloutAnalysis } from '#api/rollout.ts';
import { collectTemplates, newRunSpec } from '#engine/analysis/flatten.ts';
import { PassFailed } from '../effects.ts';
import { fieldOf } from './field-reference.ts';
import { hashOf } from '../replica-sets/replica-set.ts';
import { newSetOf, stableSetOf, type Pass } from '../snapshot.ts';

/** Throws `PassFailed` when a template is missing or the templates do not go together. */
export function runSpecOf(pass: Pass, analysis: RolloutAnalysis): AnalysisRunSpec {
  const collected = collectTemplates(analysis.templates ?? [], (name, clusterScope) =>
    findTemplate(pass, name, clusterScope),
  );
  if (!collected.ok) throw new PassFailed(collected.message);
  const { dryRun, measurementRetention } = analysis;
  const made = newRunSpec(collected.templates, {
    args: resolvedArguments(pass, analysis.args ?? []),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(measurementRetention === undefined ? {} : { measurementRetention }),
  });
  if (!made.ok) throw new PassFailed(made.message);
  return made.spec;
}

function findTemplate({ seen }: Pass, name: string, clusterScope: boolean): AnalysisTemplate | undefined {
  const { references } = seen;
  const object = clusterScope ? references.clusterAnalysisTemplate(name) : references.analysisTemplate(name);
  if (object === undefined) return undefined;
  const parsed = parseAnalysisTemplate(object);
  return parsed.ok ? parsed.template : undefined;
}

export interface ResolvedArgument {
  readonly name: string;
  readonly value: string;
}

/** Hashes of the versions and fields of the Rollout become values. One without any value is passed as an empty text. */
export function resolvedArguments(pass: Pass, args: readonly AnalysisArgument[]): readonly ResolvedArgument[] {
  return args.map(({ name, value = '', valueFrom }) => {
    const { podTemplateHashValue, fieldRef } = valueFrom ?? {};
    if (podTemplateHashValue === 'Latest') return { name, value: hashOf(newSetOf(pass)) };
    if (podTemplateHashValue === 'Stable') return { name, value: hashOf(stableSetOf(pass)) };
    return { name, value: fieldRef === undefined ? value : fieldOf(pass.rollout, fieldRef.fieldPath) };
  });
}
