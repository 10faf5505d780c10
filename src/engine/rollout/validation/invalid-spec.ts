/** A Rollout that cannot be worked with: it says why, and everything stays as it is. */
import { rfc3339 } from '#api/time.ts';
import type { RolloutCondition, RolloutStatus } from '#api/rollout.ts';
import { findCondition } from '../status/conditions.ts';
import { ask, type Steps } from '../effects.ts';
import { type RolloutSnapshot } from '../snapshot.ts';

/** Written once for each text and each version of the spec. */
export function* reportInvalid({ rollout, now }: RolloutSnapshot, problem: string): Steps {
  const { name, generation } = rollout.metadata;
  const { status: before = {} } = rollout;
  const message = `The Rollout "${name}" is invalid: ${problem}`;
  const told = findCondition(before.conditions, 'InvalidSpec');
  const observedGeneration = String(generation ?? 0);
  if (told?.message === message && before.observedGeneration === observedGeneration) return;
  const at = rfc3339(now);
  const condition: RolloutCondition = {
    type: 'InvalidSpec',
    status: 'True',
    reason: 'InvalidSpec',
    message,
    lastUpdateTime: at,
    lastTransitionTime: told?.lastTransitionTime ?? at,
  };
  const others = (before.conditions ?? []).filter(({ type }) => type !== 'InvalidSpec');
  const status: RolloutStatus = {
    ...before,
    conditions: [...others, condition],
    observedGeneration,
    phase: 'Degraded',
    message: `InvalidSpec: ${message}`,
  };
  yield* ask({ do: 'write-status', status });
}
