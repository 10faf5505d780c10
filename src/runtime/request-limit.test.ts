import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { RequestLimit } from './request-limit.ts';

const late = new Error('too late');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function limited(signal?: AbortSignal) {
  const stopped: unknown[] = [];
  const limit = new RequestLimit({ clock: systemClock, timeout: 100, tooLate: () => late, signal });
  limit.guard((reason) => stopped.push(reason));
  return { limit, stopped };
}

describe('RequestLimit', () => {
  it('stops what is guarded when the time is over, once', () => {
    const { limit, stopped } = limited();
    vi.advanceTimersByTime(100);
    limit.reach(new Error('again'));
    expect(stopped).toEqual([late]);
    expect(limit.isReached).toBe(true);
  });

  it('stops with the reason of whoever asked, also one that had given up before', () => {
    const asked = new AbortController();
    const { stopped } = limited(asked.signal);
    asked.abort('enough');
    expect([...stopped, ...limited(asked.signal).stopped]).toEqual(['enough', 'enough']);
  });

  it('stops the present stage alone, and one that begins too late at once', () => {
    const { limit, stopped } = limited();
    const second: unknown[] = [];
    limit.guard((reason) => second.push(reason));
    limit.reach(late);
    expect([stopped, second]).toEqual([[], [late]]);
    limit.guard((reason) => stopped.push(reason));
    expect(stopped).toEqual([late]);
  });

  it('does nothing once it has ended, and only its time ends when the timed part has begun', () => {
    const asked = new AbortController();
    const ended = limited(asked.signal);
    ended.limit.end();
    const begun = limited(asked.signal);
    begun.limit.begun();
    vi.advanceTimersByTime(200);
    expect([...ended.stopped, ...begun.stopped]).toEqual([]);
    asked.abort('enough');
    expect([ended.stopped, begun.stopped]).toEqual([[], ['enough']]);
  });
});
