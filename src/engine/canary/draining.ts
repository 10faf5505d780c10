/** The wait between moving traffic away from a workload and stopping its pods: requests under way still end there. */
import { formatDuration } from '#api/duration.ts';
import { parseTime, rfc3339 } from '#api/time.ts';
import type { CanaryPhase } from '#api/canary-status.ts';
import type { Steps } from './effects.ts';
import type { Pass } from './snapshot.ts';
import { setStatus, withFields } from './status.ts';

/** How often the route's acceptance is looked at while it is missing, in milliseconds. */
export const acceptancePoll = 1_000;
/** A data plane that has not accepted a route after this time (ms) blocks no longer: it may never do so. */
const acceptanceLimit = 30_000;

/** Notes in the status that the wait begins; the write that follows takes it along. `next` is the phase after it. */
export function startDraining(pass: Pass, next?: CanaryPhase): void {
  const { trafficDrain } = pass.seen.settings;
  if (trafficDrain === 0) return;
  pass.status = withFields(pass.status, {
    draining: {
      since: rfc3339(pass.seen.now),
      for: formatDuration(trafficDrain),
      ...(next === undefined ? {} : { next }),
    },
  });
}

/** Whether pods must not be stopped yet. The first time that the route is seen accepted is written down; the end of the wait is forgotten by the write that follows it. */
export function* stillDraining(pass: Pass): Steps<boolean> {
  const { draining } = pass.status;
  if (draining === undefined) return false;
  if (waitLeft(pass) > 0) {
    const { now, routeAccepted } = pass.seen;
    if (draining.accepted === undefined && routeAccepted) {
      yield* setStatus(pass, { draining: { ...draining, accepted: rfc3339(now) } });
    }
    return true;
  }
  pass.status = withFields(pass.status, { draining: undefined });
  return false;
}

/** Milliseconds until the pods may be stopped, at least as long as the route is not accepted; 0 when they may be now. */
function waitLeft({ status, seen }: Pass): number {
  const { draining } = status;
  if (draining === undefined) return 0;
  const { trafficDrain } = seen.settings;
  // Times in the status have whole seconds: rounding down must not shorten the wait.
  const since = parseTime(draining.since) + 1_000;
  const from = draining.accepted === undefined ? since + acceptanceLimit : parseTime(draining.accepted) + 1_000;
  return Math.max(0, Math.min(from, since + acceptanceLimit) + trafficDrain - seen.now);
}

/** When to look again while draining, in milliseconds; `undefined` when nothing drains, or when something else holds the Canary: then its ticks do. */
export function drainWake(pass: Pass): number | undefined {
  const { draining } = pass.status;
  const left = waitLeft(pass);
  if (draining === undefined || left === 0 || pass.canary.spec.suspend === true) return undefined;
  return draining.accepted === undefined ? Math.min(acceptancePoll, left) : left;
}
