/** Which key is worked on when. */
import { describe, expect, it } from 'vitest';
import { handClock } from './hand-clock.ts';
import { type QueueHooks, type Work, WorkQueue } from './work-queue.ts';

/** A queue whose passes are written down with the time at which they began. */
function start(work: Work = async () => {}, options: { concurrency?: number; hooks?: QueueHooks } = {}) {
  const time = handClock();
  const passes: string[] = [];
  const queue = new WorkQueue({
    clock: time.clock,
    random: () => 0.5,
    work: (key, signal) => {
      passes.push(`${key}@${time.clock.monotonic()}`);
      return work(key, signal);
    },
    ...options,
  });
  return { ...time, queue, passes };
}

/** Work that ends when the test says so. */
function heldWork() {
  const ends: (() => void)[] = [];
  const work: Work = () => new Promise<void>((resolve) => void ends.push(resolve));
  return { work, finish: () => ends.shift()?.() };
}

describe('a key', () => {
  it('is worked on once however often it is added', async () => {
    const { queue, pass, passes } = start();
    for (let times = 0; times < 5; times++) queue.add('a');
    await pass(0);
    expect(passes).toEqual(['a@0']);
  });

  it('is worked on at the earliest of its times', async () => {
    const { queue, pass, passes } = start();
    queue.add('a', { after: 5_000 });
    queue.add('a', { after: 1_000 });
    queue.add('a', { after: 9_000 });
    await pass(20_000);
    expect(passes).toEqual(['a@1000']);
  });

  it('comes again when its work says so', async () => {
    const { queue, pass, passes } = start(async () => ({ wakeIn: 10_000 }));
    queue.add('a');
    await pass(25_000);
    expect(passes).toEqual(['a@0', 'a@10000', 'a@20000']);
  });

  it('added while it is worked on is worked on once more afterwards, never twice at a time', async () => {
    const { work, finish } = heldWork();
    const { queue, pass, passes } = start(work);
    queue.add('a');
    await pass(100);
    queue.add('a');
    queue.add('a');
    await pass(100);
    expect(passes).toEqual(['a@0']);
    finish();
    await pass(100);
    expect(passes).toEqual(['a@0', 'a@200']);
    finish();
    await pass(100);
    expect(passes).toHaveLength(2);
  });

  it('that fails comes again with a back-off of its own, which success ends', async () => {
    let failures = 3;
    const { queue, pass, passes } = start(async (key) => {
      if (key === 'bad' && failures-- > 0) throw new Error('no');
    });
    queue.add('bad');
    queue.add('good');
    await pass(60_000);
    expect(passes).toEqual(['bad@0', 'good@0', 'bad@500', 'bad@1500', 'bad@3500']);
    failures = 1;
    queue.add('bad');
    await pass(60_000);
    expect(passes.slice(5)).toEqual(['bad@60000', 'bad@60500']);
  });

  it('that is forgotten does not come', async () => {
    const { queue, pass, passes } = start();
    queue.add('a', { after: 1_000 });
    queue.forget('a');
    await pass(5_000);
    expect(passes).toEqual([]);
  });
});

describe('a queue', () => {
  it('works on as many keys at a time as it may, and on the others in the order of their times', async () => {
    const { work, finish } = heldWork();
    const depths: number[] = [];
    const { queue, pass, passes } = start(work, { concurrency: 2, hooks: { depth: (keys) => depths.push(keys) } });
    for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
    await pass(0);
    expect(passes).toEqual(['a@0', 'b@0']);
    expect(depths.at(-1)).toBe(2);
    finish();
    await pass(0);
    expect(passes).toEqual(['a@0', 'b@0', 'c@0']);
  });

  it('tells how late passes began', async () => {
    const { work, finish } = heldWork();
    const lateness: number[] = [];
    const { queue, pass } = start(work, { concurrency: 1, hooks: { started: (late) => lateness.push(late) } });
    queue.add('a');
    queue.add('b', { after: 1_000 });
    await pass(4_000);
    finish();
    await pass(0);
    expect(lateness).toEqual([0, 3_000]);
  });

  it('waits for running passes when it stops, and takes no more keys', async () => {
    const { work, finish } = heldWork();
    const { queue, pass, passes } = start(work);
    queue.add('a');
    await pass(0);
    let stopped = false;
    const stop = queue.stop().then(() => {
      stopped = true;
    });
    queue.add('b');
    await pass(1_000);
    expect([stopped, passes]).toEqual([false, ['a@0']]);
    finish();
    await stop;
  });

  it('aborts running passes when their grace is over', async () => {
    const { queue, pass } = start(
      (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    queue.add('a');
    await pass(0);
    const stop = queue.stop({ grace: 5_000 });
    await pass(4_999);
    expect(queue.busy).toBe(1);
    await pass(1);
    await stop;
    expect(queue.busy).toBe(0);
  });
});
