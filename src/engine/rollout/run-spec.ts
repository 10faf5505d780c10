/** From the templates that a Rollout names to the spec of a run: metrics, and arguments with their values. */
import type { AnalysisRunSpec } from '#api/analysis-run.ts';
import type { AnalysisArgument, RolloutAnalysis } from '#api/rollout.ts';
import { PassFailed } from './effects.ts';
import type { Pass } from './snapshot.ts';

export function runSpecOf(_pass: Pass, _analysis: RolloutAnalysis): AnalysisRunSpec {
  throw new PassFailed('analysis is not offered yet');
}

export function resolvedArguments(
  _pass: Pass,
  args: readonly AnalysisArgument[],
): readonly { name: string; value: string }[] {
  return args.map(({ name, value = '' }) => ({ name, value }));
}
