/** Events of a pass: what happened, for those who look at the Rollout. */
import { ask, type Steps } from './effects.ts';

export function* tell(reason: string, message: string): Steps {
  yield* ask({ do: 'event', type: 'Normal', reason, message });
}

export function* warn(reason: string, message: string): Steps {
  yield* ask({ do: 'event', type: 'Warning', reason, message });
}
