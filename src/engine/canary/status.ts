/** The writers of a Canary's status: each changes its own fields, and all of them keep the `Promoted` condition. */
import type { CanaryCondition, CanaryPhase, CanaryStatus } from '#api/canary-status.ts';
import { rfc3339 } from '#api/time.ts';
import { trackedConfigs } from './configs.ts';
import { newestDecisions } from './decisions.ts';
import type { Steps } from './effects.ts';
import { ask } from './effects.ts';
import { promotedCondition } from './messages.ts';
import { carriesAll } from './policy.ts';
import { revisionOf } from './revision.ts';
import type { Pass, RunStatus } from './snapshot.ts';

/** The counters of a run. */
export type Counters = Pick<RunStatus, 'canaryWeight' | 'failedChecks' | 'iterations'>;

export const noCounters: Counters = { canaryWeight: 0, failedChecks: 0, iterations: 0 };

/** Phases that keep the weight and the iterations when they are entered. */
const keepsCounters: readonly CanaryPhase[] = ['Progressing', 'Waiting', 'Promoting'];

/** Enters a phase with these counters and records the target as it is now. */
export function* syncStatus(pass: Pass, phase: CanaryPhase, counters: Counters = noCounters): Steps {
  const revision = revisionOf(pass);
  yield* write(pass, {
    ...withoutWaits(pass.status),
    ...counters,
    phase,
    lastAppliedSpec: revision,
    ...trackedFields(pass),
    ...(phase === 'Initialized' ? { lastPromotedSpec: revision } : {}),
  });
}

/**
 * Enters Failed with these counters. The revision that failed stays on record, so that one that came in meanwhile is still seen as a change;
 * only a return to the promoted revision is recorded, so that the failed one can be tried again.
 */
export function* syncFailed(pass: Pass, counters: Counters = noCounters): Steps {
  const revision = revisionOf(pass);
  const recorded = revision === pass.status.lastPromotedSpec ? revision : (pass.status.lastAppliedSpec ?? revision);
  yield* write(pass, { ...withoutWaits(pass.status), ...counters, phase: 'Failed', lastAppliedSpec: recorded });
}

/** What a run has not finished ends with it, and with its restart. */
function withoutWaits({ held: _held, rollback: _rollback, ...status }: RunStatus): RunStatus {
  return status;
}

/** Without a router the weight of 100 is what keeps the apex Service on the canary while it waits to repair the primary. */
function heldByApex({ policy, status }: Pass, phase: CanaryPhase): boolean {
  return phase === 'WaitingPromotion' && policy.provider === 'kubernetes' && carriesAll(status);
}

function trackedFields(pass: Pass): Pick<CanaryStatus, 'trackedConfigs'> {
  const configs = trackedConfigs(pass);
  return configs === undefined ? {} : { trackedConfigs: configs };
}

/** Enters a phase; the counters follow from it. */
export function* setPhase(pass: Pass, phase: CanaryPhase): Steps {
  const status = phase === 'Progressing' || phase === 'WaitingPromotion' ? pass.status : withoutWaits(pass.status);
  const counters: Partial<Counters> = keepsCounters.includes(phase)
    ? {}
    : {
        canaryWeight: heldByApex(pass, phase) ? 100 : 0,
        iterations: phase === 'WaitingPromotion' ? pass.policy.iterations - 1 : 0,
      };
  const promoted =
    (phase === 'Initialized' || phase === 'Succeeded') && status.lastAppliedSpec !== undefined
      ? { lastPromotedSpec: status.lastAppliedSpec }
      : {};
  yield* write(pass, { ...status, ...counters, ...promoted, phase });
}

type StatusFields = { readonly [F in keyof RunStatus]?: RunStatus[F] | undefined };

/** Changes single fields; `undefined` removes one. */
export function* setStatus(pass: Pass, fields: StatusFields): Steps {
  yield* write(pass, withFields(pass.status, fields));
}

/** `status` with `fields` over it, less those that are undefined. */
export function withFields(status: RunStatus, fields: StatusFields): RunStatus {
  const next = Object.fromEntries(Object.entries({ ...status, ...fields }).filter(([, value]) => value !== undefined));
  // Only optional fields are ever given as undefined, so that what is left is a status again.
  return next as RunStatus;
}

/** Writes the status, unless nothing but its time would change. */
function* write(pass: Pass, next: RunStatus): Steps {
  const before = pass.written;
  const status: RunStatus = { ...next, conditions: conditionsOf(next, pass.names.kind, rfc3339(pass.seen.now)) };
  pass.status = status;
  if (sameButForTime(before, status)) return;
  pass.status = {
    ...status,
    lastTransitionTime: rfc3339(pass.seen.now),
    ...(pass.decisions.length > 0 ? { decisions: newestDecisions(next.decisions, pass.decisions) } : {}),
  };
  yield* ask({ do: 'write-status', status: asWritten(pass.status) });
  // A write that was refused is made up for by the next one.
  pass.decisions = [];
  pass.written = pass.status;
}

/** A Canary that was never taken on has no phase and no counters: the original writes nothing to it. */
function asWritten(status: RunStatus): CanaryStatus {
  if (status.phase !== '') return status;
  const { phase: _phase, canaryWeight: _weight, failedChecks: _checks, iterations: _iterations, ...rest } = status;
  return rest;
}

/** Parts that the pass has left alone are shared by both, so that the long ones are hardly ever compared. */
function sameButForTime(before: RunStatus, after: RunStatus): boolean {
  const now = new Map<string, unknown>(Object.entries({ ...after, lastTransitionTime: null }));
  const then = Object.entries({ ...before, lastTransitionTime: null });
  return then.length === now.size && then.every(([key, value]) => sameJson(value, now.get(key)));
}

function sameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The conditions of `status.phase`: `Promoted` is replaced when its status or reason differs, others stay. */
function conditionsOf(status: RunStatus, kind: string, now: string): readonly CanaryCondition[] {
  const before = status.conditions ?? [];
  // A phase that nobody knows says nothing about the promotion.
  if (status.phase === '' || !Object.hasOwn(promotedCondition, status.phase)) return before;
  const promoted = before.find((condition) => condition.type === 'Promoted');
  const text = promotedCondition[status.phase];
  if (promoted?.status === text.status && promoted.reason === status.phase) return before;
  const next: CanaryCondition = {
    type: 'Promoted',
    status: text.status,
    reason: status.phase,
    message: text.message(kind),
    lastUpdateTime: now,
    lastTransitionTime: promoted?.status === text.status ? (promoted.lastTransitionTime ?? now) : now,
  };
  return [next, ...before.filter((condition) => condition.type !== 'Promoted')];
}
