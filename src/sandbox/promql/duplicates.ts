/** Results with the same labels twice: one of them would be lost, so there is no result. */
import { EvaluationError } from './evaluation-error.ts';
import { labelKey, showLabels } from './series.ts';
import type { Sample } from './series.ts';

export function refuseDuplicates(samples: readonly Sample[]): void {
  const seen = new Set<string>();
  for (const { labels } of samples) {
    const key = labelKey(labels);
    if (seen.has(key)) {
      throw new EvaluationError(`vector cannot contain metrics with the same labelset: ${showLabels(labels)}`);
    }
    seen.add(key);
  }
}
