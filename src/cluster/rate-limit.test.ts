/** How many requests may go, and whose turn it is. */
import { describe, expect, it } from 'vitest';
import { handClock } from './hand-clock.ts';
import { RateLimit } from './rate-limit.ts';

function start(qps: number, burst: number) {
  const time = handClock();
  const limit = new RateLimit({ clock: time.clock, qps, burst });
  const turns: string[] = [];
  const ask = (key: string, signal?: AbortSignal): Promise<void> =>
    limit.take(key, signal).then(() => void turns.push(key));
  return { ...time, ask, turns };
}

describe('a rate limit', () => {
  it('lets a burst through at once and then as many as it may a second', async () => {
    const { ask, pass, turns } = start(10, 5);
    for (let times = 0; times < 100; times++) void ask('a');
    await pass(0);
    expect(turns).toHaveLength(5);
    await pass(1_000);
    expect(turns.length).toBeGreaterThanOrEqual(14);
    expect(turns.length).toBeLessThanOrEqual(15);
  });

  it('is fair: a busy object does not delay the others by more than a round', async () => {
    const { ask, pass, turns } = start(10, 1);
    for (let times = 0; times < 50; times++) void ask('busy');
    await pass(0);
    void ask('b');
    void ask('c');
    await pass(400);
    expect(turns.slice(0, 4)).toEqual(['busy', 'busy', 'b', 'c']);
  });

  it('forgets who does not want any more', async () => {
    const { ask, pass, turns } = start(10, 1);
    const abort = new AbortController();
    void ask('a');
    const gone = ask('gone', abort.signal).catch((error: unknown) => error);
    void ask('b');
    abort.abort(new Error('enough'));
    await pass(200);
    expect([turns, String(await gone)]).toEqual([['a', 'b'], 'Error: enough']);
  });

  it('of a negative number is none, and of zero that of client-go', async () => {
    const free = start(-1, 1);
    const slow = start(0, 1);
    for (let times = 0; times < 100; times++) void free.ask('a');
    for (let times = 0; times < 100; times++) void slow.ask('a');
    await free.pass(0);
    await slow.pass(1_100);
    expect([free.turns.length, slow.turns.length]).toEqual([100, 6]);
  });
});
