/** The AnalysisTemplates that a Rollout names: they are there, fit together, and come to an end where a step waits for them. */
import type { Argument } from '#api/analysis-metric.ts';
import { parseAnalysisTemplate, type AnalysisTemplate } from '#api/analysis-template.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { AnalysisArgument, Rollout, RolloutAnalysis } from '#api/rollout.ts';
import { resolveMetrics, withoutSecrets } from '#engine/analysis/arguments.ts';
import { collectTemplates, newRunSpec, type FindTemplate } from '#engine/analysis/flatten.ts';
import { isEndless } from '#engine/analysis/validation.ts';
import { blueGreenOf, canaryOf, stepsOf } from '../defaults.ts';
import { invalid, type FieldProblems } from './field-problem.ts';
import type { References } from './references.ts';

interface Use {
  readonly field: string;
  readonly analysis: RolloutAnalysis;
  /** Nothing waits for it: it may go on without end. */
  readonly isBackground: boolean;
}

function usesOf(rollout: Rollout): readonly Use[] {
  const blueGreen = blueGreenOf(rollout);
  const inCanary = 'spec.strategy.canary';
  const uses: readonly (readonly [string, RolloutAnalysis | undefined])[] = [
    ['spec.strategy.blueGreen.prePromotionAnalysis', blueGreen?.prePromotionAnalysis],
    ['spec.strategy.blueGreen.postPromotionAnalysis', blueGreen?.postPromotionAnalysis],
    ...stepsOf(rollout).map(({ analysis }, at) => [`${inCanary}.steps[${at}].analysis`, analysis] as const),
    [`${inCanary}.analysis`, canaryOf(rollout)?.analysis],
  ];
  return uses.flatMap(([path, analysis]) =>
    analysis === undefined
      ? []
      : [{ field: `${path}.templates`, analysis, isBackground: path === `${inCanary}.analysis` }],
  );
}

export function* missingTemplateProblems(rollout: Rollout, references: References): FieldProblems {
  for (const { field, analysis } of usesOf(rollout)) {
    const collected = collectTemplates(analysis.templates ?? [], finder(references));
    if (!collected.ok) yield invalid(collected.nested ? 'spec.templates' : field, collected.name, collected.message);
  }
}

export function* templateProblems(rollout: Rollout, references: References): FieldProblems {
  for (const use of usesOf(rollout)) {
    const collected = collectTemplates(use.analysis.templates ?? [], finder(references));
    if (collected.ok && collected.templates.length > 0) yield* useProblems(use, collected.templates);
  }
}

/** Templates are not changed once they are in a cache, so that each is read once. */
const read = new WeakMap<KubeObject, AnalysisTemplate | undefined>();

function finder(references: References): FindTemplate {
  return (name, clusterScope) => {
    const object = clusterScope ? references.clusterAnalysisTemplate(name) : references.analysisTemplate(name);
    if (object === undefined) return undefined;
    if (!read.has(object)) {
      const parsed = parseAnalysisTemplate(object);
      read.set(object, parsed.ok ? parsed.template : undefined);
    }
    return read.get(object);
  };
}

function* useProblems({ field, analysis, isBackground }: Use, templates: readonly AnalysisTemplate[]): FieldProblems {
  const { dryRun = [], measurementRetention = [] } = analysis;
  const made = newRunSpec(templates, { args: (analysis.args ?? []).map(known), dryRun, measurementRetention });
  const names = templates.map(({ metadata }) => metadata.name);
  if (!made.ok) yield invalid(field, `templateNames: [${names.join(' ')}]`, made.message);
  else if (!isBackground)
    for (const template of templates) yield* inlineProblems(template, made.spec.args ?? [], field);
}

/** What is not known before the run is made stands for itself: it will be something, and not nothing. */
function known({ name, value, valueFrom }: AnalysisArgument): Argument {
  if (valueFrom?.podTemplateHashValue === 'Stable') return { name, value: 'dummy-stable-hash' };
  if (valueFrom?.podTemplateHashValue !== undefined) return { name, value: 'dummy-new-hash' };
  return { name, value: valueFrom?.fieldRef === undefined ? (value ?? '') : '1' };
}

function* inlineProblems(template: AnalysisTemplate, args: readonly Argument[], field: string): FieldProblems {
  const { name } = template.metadata;
  for (const argument of template.spec.args ?? []) {
    if (argument.value !== undefined && argument.valueFrom !== undefined)
      yield invalid(
        field,
        name,
        `AnalysisTemplate ${name}: arg '${argument.name}' has both Value and ValueFrom fields`,
      );
  }
  const resolved = resolveMetrics(template.spec.metrics ?? [], args, withoutSecrets);
  if (!resolved.ok) {
    yield invalid(field, name, `AnalysisTemplate ${name}: ${resolved.message}`);
    return;
  }
  for (const metric of resolved.metrics) {
    if (!isEndless(metric)) continue;
    const what = `AnalysisTemplate ${name} has metric ${metric.name} which runs indefinitely`;
    yield invalid(field, name, `${what}. Invalid value for count: ${metric.count ?? '<nil>'}`);
  }
}
