/** How a pass speaks: events, alerts and gauges. */
import type { CanaryPhase } from '#api/canary-status.ts';
import type { Severity, Steps } from './effects.ts';
import { ask } from './effects.ts';
import { strategyOf } from './policy.ts';
import type { Pass } from './snapshot.ts';

/** A Normal event. `phase` is what event webhooks are told; default the phase of the status. */
export function* tell(pass: Pass, message: string, phase: CanaryPhase = pass.status.phase): Steps {
  yield* ask({ do: 'event', type: 'Normal', message, phase });
}

/** A Warning event. */
export function* warn(pass: Pass, message: string, phase: CanaryPhase = pass.status.phase): Steps {
  yield* ask({ do: 'event', type: 'Warning', message, phase });
}

/** A Warning event that is logged as an error: something is broken, not merely waiting. */
export function* complain(pass: Pass, message: string): Steps {
  yield* ask({ do: 'event', type: 'Warning', message, phase: pass.status.phase, isError: true });
}

/** An alert. With `withPolicy` it carries target, threshold, deadline and routing as fields. */
export function* alert(severity: Severity, message: string, withPolicy = false): Steps {
  yield* ask({ do: 'alert', severity, message, withPolicy });
}

export function* showWeight(primary: number, canary: number): Steps {
  yield* ask({ do: 'observe', observation: { what: 'weight', primary, canary } });
}

export function* countFinished(
  pass: Pass,
  outcome: 'success' | 'failure',
  analysis: 'completed' | 'skipped' = 'completed',
): Steps {
  yield* ask({
    do: 'observe',
    observation: { what: 'finished', outcome, strategy: strategyOf(pass.canary.spec.analysis), analysis },
  });
}
