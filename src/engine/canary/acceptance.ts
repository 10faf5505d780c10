/** Whether a Canary can work at all: what is wrong with it is said in a condition and an event, once. */
import { describeProblem } from '#api/problem.ts';
import { rfc3339 } from '#api/time.ts';
import type { CanaryCondition } from '#api/canary-status.ts';
import type { Steps } from './effects.ts';
import { complain } from './reporting.ts';
import type { Pass } from './snapshot.ts';
import { setStatus } from './status.ts';
import { isBlocking } from './validation.ts';

/** Longest text of the condition: more problems than this shows are named when the first ones are solved. */
const longestMessage = 1_024;

/** Keeps the `Accepted` condition, and tells the user when it turns False. Answers whether the Canary may go on. */
export function* accept(pass: Pass): Steps<boolean> {
  const { problems } = pass.seen;
  const before = pass.status.conditions?.find((condition) => condition.type === 'Accepted');
  const message = problems.map(describeProblem).join('; ').slice(0, longestMessage);
  if (problems.length > 0 && before?.message !== message) {
    yield* complain(pass, message);
    yield* setAccepted(pass, before, 'False', 'Invalid', message);
  }
  if (problems.length === 0 && before?.status === 'False') {
    yield* setAccepted(pass, before, 'True', 'Valid', 'The Canary can work.');
  }
  return !problems.some(isBlocking);
}

function* setAccepted(
  pass: Pass,
  before: CanaryCondition | undefined,
  status: 'True' | 'False',
  reason: string,
  message: string,
): Steps {
  const now = rfc3339(pass.seen.now);
  const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
  const accepted: CanaryCondition = {
    type: 'Accepted',
    status,
    reason,
    message,
    lastUpdateTime: now,
    lastTransitionTime,
  };
  const others = (pass.status.conditions ?? []).filter((condition) => condition.type !== 'Accepted');
  yield* setStatus(pass, { conditions: [...others, accepted] });
}
