/** Whether the numbers of a Canary's analysis can lead a run to its end. */
import type { CanarySpec } from '#api/canary.ts';
import { foundText, type Problem } from '#api/problem.ts';

/** A field with the least and the greatest value that mean something. */
type Range = readonly [field: string, value: number | undefined, least: number, most: number];

export function numberProblems(spec: CanarySpec): Problem[] {
  const { analysis } = spec;
  const ranges: readonly Range[] = [
    ['spec.analysis.threshold', analysis.threshold, 0, Infinity],
    ['spec.analysis.iterations', analysis.iterations, 0, Infinity],
    ['spec.analysis.stepWeight', analysis.stepWeight, 0, Infinity],
    ['spec.analysis.stepWeightPromotion', analysis.stepWeightPromotion, 0, Infinity],
    ['spec.analysis.maxWeight', analysis.maxWeight, 0, 100],
    ['spec.analysis.mirrorWeight', analysis.mirrorWeight, 0, 100],
    ['spec.analysis.primaryReadyThreshold', analysis.primaryReadyThreshold, 0, 100],
    ['spec.analysis.canaryReadyThreshold', analysis.canaryReadyThreshold, 0, 100],
    ['spec.analysis.sessionAffinity.maxAge', analysis.sessionAffinity?.maxAge, 0, Infinity],
    ['spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 0, Infinity],
  ];
  return ranges.flatMap(([field, value, least, most]) => {
    if (value === undefined || (value >= least && value <= most)) return [];
    return [
      { field, found: foundText(value), want: `it must be at ${value < least ? `least ${least}` : `most ${most}`}` },
    ];
  });
}

/** A route of the Gateway API does not tell that it mirrors, so that a run by weights would begin its mirror stage for ever. */
export function mirrorProblems({ analysis }: CanarySpec, provider: string): Problem[] {
  if (analysis.mirror !== true || (analysis.iterations ?? 0) > 0 || !provider.startsWith('gatewayapi')) return [];
  const want = `the provider ${foundText(provider)} mirrors only with iterations: give those instead of weights, or leave mirror out`;
  return [{ field: 'spec.analysis.mirror', found: 'true', want }];
}
