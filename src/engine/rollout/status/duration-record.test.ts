import { describe, expect, it } from 'vitest';
import type { RolloutDuration } from '#api/rollout.ts';
import { nextDuration, type DurationFacts, type DurationStep } from './duration-record.ts';

const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;

const facts = (minute: number, more: Partial<DurationFacts> = {}): DurationFacts => ({
  now: at(minute),
  isInvalid: false,
  isChanged: false,
  isRetried: false,
  isPausedByHand: false,
  isAtRest: false,
  isAborted: false,
  ...more,
});

const step = (before: RolloutDuration | undefined, minute: number, more?: Partial<DurationFacts>): DurationStep =>
  nextDuration(before, facts(minute, more));

const running: RolloutDuration = { rolloutStartedAt: at(0) };
const done: RolloutDuration = { rolloutStartedAt: at(0), finishedAt: at(5), completionStatus: 'Promoted' };

describe('the record of how long an update takes', () => {
  it('begins with the first look at a Rollout', () => {
    expect(step(undefined, 0, { isChanged: true })).toEqual({ record: { rolloutStartedAt: at(0) } });
  });

  it('begins with a change when nothing is going on', () => {
    expect(step(done, 9, { isChanged: true })).toEqual({ record: { rolloutStartedAt: at(9) } });
  });

  it('does not begin when everything is as wanted already', () => {
    expect(step(done, 9, { isChanged: true, isAtRest: true })).toEqual({ record: done });
  });

  it('is not touched while the specification is invalid', () => {
    expect(step(running, 9, { isInvalid: true, isChanged: true, isAborted: true })).toEqual({ record: running });
  });

  it('goes on while the update does', () => {
    expect(step(running, 9)).toEqual({ record: running });
  });

  it('ends with a promotion, once all replicas are available', () => {
    const { record } = step(running, 8, { promotion: 'Promoted' });
    expect(record).toEqual({ ...running, completionStatus: 'Promoted' });
    expect(step(record, 9, { isAtRest: true })).toEqual({
      record: { ...running, completionStatus: 'Promoted', finishedAt: at(9) },
      finished: { status: 'Promoted', seconds: 540, pausedSeconds: 0 },
    });
  });

  it('tells a promotion in one go from one by steps', () => {
    const { finished } = step(running, 9, { promotion: 'FastPromoted', isAtRest: true });
    expect(finished?.status).toBe('FastPromoted');
  });

  it('ends with an abort', () => {
    expect(step(running, 2, { isAborted: true })).toEqual({
      record: { ...running, completionStatus: 'Aborted', finishedAt: at(2) },
      finished: { status: 'Aborted', seconds: 120, pausedSeconds: 0 },
    });
  });

  it('ends once only', () => {
    expect(step(done, 9, { isAborted: true })).toEqual({ record: done });
    expect(step(done, 9, { isAtRest: true, promotion: 'Promoted' })).toEqual({ record: done });
  });

  it('begins again with a retry', () => {
    const aborted = { ...done, completionStatus: 'Aborted' };
    expect(step(aborted, 9, { isRetried: true })).toEqual({ record: { rolloutStartedAt: at(9) } });
  });

  it('makes place for that of the next version', () => {
    const waiting = { ...running, manualPauseStartedAt: at(1), totalManualPauseDurationSeconds: 5 };
    expect(step(waiting, 3, { isChanged: true })).toEqual({
      record: { rolloutStartedAt: at(3) },
      finished: { status: 'Superseded', seconds: 180, pausedSeconds: 125 },
    });
  });

  it.each(['RolledBack', 'FastRolledBack'] as const)('goes on, but as %s, when the update turns back', (rollback) => {
    const { record } = step(running, 3, { isChanged: true, rollback });
    expect(record).toEqual({ ...running, completionStatus: rollback });
    const { finished } = step(record, 4, { promotion: 'Promoted', isAtRest: true });
    expect(finished).toEqual({ status: rollback, seconds: 240, pausedSeconds: 0 });
  });

  it('ends at once when the update turns back to what is still there', () => {
    const { finished } = step(running, 3, { isChanged: true, rollback: 'FastRolledBack', isAtRest: true });
    expect(finished).toEqual({ status: 'FastRolledBack', seconds: 180, pausedSeconds: 0 });
  });

  it('adds up how long it waited for a person', () => {
    const first = step(running, 1, { isPausedByHand: true }).record;
    expect(first).toEqual({ ...running, manualPauseStartedAt: at(1) });
    expect(step(first, 2, { isPausedByHand: true }).record).toEqual(first);
    const resumed = step(first, 3).record;
    expect(resumed).toEqual({ ...running, totalManualPauseDurationSeconds: 120 });
    const again = step(resumed, 4, { isPausedByHand: true }).record;
    expect(step(again, 9, { isAborted: true, isPausedByHand: true })).toEqual({
      record: { ...running, totalManualPauseDurationSeconds: 420, finishedAt: at(9), completionStatus: 'Aborted' },
      finished: { status: 'Aborted', seconds: 540, pausedSeconds: 420 },
    });
  });

  it('does not count pauses of what is finished', () => {
    expect(step(done, 9, { isPausedByHand: true })).toEqual({ record: done });
  });

  it('survives times that are none, and clocks that are set back', () => {
    const { finished } = step({ rolloutStartedAt: 'yesterday' }, 1, { isAborted: true });
    expect(finished?.seconds).toBe(0);
    expect(step({ rolloutStartedAt: at(9) }, 1, { isAborted: true }).finished?.seconds).toBe(0);
  });
});
