/** `spec.strategy.blueGreen`, without the objects that it names. */
import type { BlueGreenStrategy, Rollout } from '#api/rollout.ts';
import { revisionHistoryLimitOf } from '../defaults.ts';
import { invalid, type FieldProblems } from './field-problem.ts';
import { antiAffinityProblems } from './anti-affinity.ts';

const strategy = 'spec.strategy';

export function* blueGreenProblems(rollout: Rollout, blueGreen: BlueGreenStrategy): FieldProblems {
  const { activeService, previewService, scaleDownDelayRevisionLimit: limit } = blueGreen;
  if (activeService === (previewService ?? ''))
    yield invalid(
      `${strategy}.activeService`,
      activeService,
      'This rollout uses the same service for the active and preview services, but two different services are required.',
    );
  if (limit !== undefined && limit > revisionHistoryLimitOf(rollout))
    yield invalid(
      `${strategy}.scaleDownDelayRevisionLimit`,
      limit,
      "This rollout's revision history limit can not be smaller than the rollout's scale down limit",
    );
  yield* antiAffinityProblems(blueGreen.antiAffinity);
}
