/** How long an update takes, and how much of that it waited for a person: `status.duration`. */
import type { RolloutDuration } from '#api/rollout.ts';
import { parseTime } from '#api/time.ts';

/** What happened since the record was written last. */
export interface DurationFacts {
  /** As it is written down: RFC 3339, whole seconds. */
  readonly now: string;
  /** The specification cannot be used: nothing is known, and nothing changes. */
  readonly isInvalid: boolean;
  /** The template (or the steps of a canary) has changed, or the Rollout is seen for the first time. */
  readonly isChanged: boolean;
  /** Set where that change goes back to the stable version, or to one that is older. */
  readonly rollback?: 'RolledBack' | 'FastRolledBack' | undefined;
  /** An aborted update starts again. */
  readonly isRetried: boolean;
  /** It waits for a person; a pause of its own length is none. */
  readonly isPausedByHand: boolean;
  /** Set where the stable version has just become another. */
  readonly promotion?: 'Promoted' | 'FastPromoted' | undefined;
  /** The wanted version is the stable one, and all replicas are available. */
  readonly isAtRest: boolean;
  readonly isAborted: boolean;
}

/** One update that is over, for the metrics. */
export interface FinishedUpdate {
  readonly status: string;
  /** From start to finish. */
  readonly seconds: number;
  readonly pausedSeconds: number;
}

export interface DurationStep {
  readonly record: RolloutDuration | undefined;
  readonly finished?: FinishedUpdate;
}

export function nextDuration(before: RolloutDuration | undefined, facts: DurationFacts): DurationStep {
  if (facts.isInvalid) return { record: before };
  if (startsAnew(before, facts)) {
    const record = paused({ rolloutStartedAt: facts.now }, facts);
    if (!isInProgress(before)) return { record };
    return { record, finished: finishedUpdate(finish(before, facts.now, 'Superseded')) };
  }
  if (!isInProgress(before)) return { record: before };
  const record = paused(withStatus(before, facts), facts);
  if (!facts.isAborted && !facts.isAtRest) return { record };
  const { completionStatus = facts.isAborted ? 'Aborted' : 'Promoted' } = record;
  const done = finish(record, facts.now, completionStatus);
  return { record: done, finished: finishedUpdate(done) };
}

/** An update that is going on. */
type Running = RolloutDuration & { readonly rolloutStartedAt: string };

function isInProgress(record: RolloutDuration | undefined): record is Running {
  return record?.rolloutStartedAt !== undefined && record.finishedAt === undefined;
}

function startsAnew(before: RolloutDuration | undefined, facts: DurationFacts): boolean {
  if (facts.isRetried) return true;
  if (!facts.isChanged) return false;
  return isInProgress(before) ? facts.rollback === undefined : !facts.isAtRest;
}

/** A change back decides what the update is called; a promotion only where nothing did before. */
function withStatus(record: Running, { isChanged, rollback, promotion }: DurationFacts): Running {
  const changed = isChanged ? rollback : undefined;
  const completionStatus = changed ?? record.completionStatus ?? promotion;
  return completionStatus === undefined ? record : { ...record, completionStatus };
}

function paused(record: Running, { isPausedByHand, now }: DurationFacts): Running {
  if (!isPausedByHand) return resumed(record, now);
  return record.manualPauseStartedAt === undefined ? { ...record, manualPauseStartedAt: now } : record;
}

function resumed(record: Running, now: string): Running {
  const { manualPauseStartedAt, ...rest } = record;
  if (manualPauseStartedAt === undefined) return record;
  const before = record.totalManualPauseDurationSeconds ?? 0;
  return { ...rest, totalManualPauseDurationSeconds: before + secondsBetween(manualPauseStartedAt, now) };
}

type Finished = Running & { readonly finishedAt: string; readonly completionStatus: string };

function finish(record: Running, now: string, completionStatus: string): Finished {
  return { ...resumed(record, now), finishedAt: now, completionStatus };
}

function finishedUpdate(record: Finished): FinishedUpdate {
  return {
    status: record.completionStatus,
    seconds: secondsBetween(record.rolloutStartedAt, record.finishedAt),
    pausedSeconds: record.totalManualPauseDurationSeconds ?? 0,
  };
}

/** A clock that was set back makes nothing shorter than nothing. */
function secondsBetween(from: string, to: string): number {
  const seconds = Math.floor((parseTime(to) - parseTime(from)) / 1000);
  return seconds > 0 ? seconds : 0;
}
