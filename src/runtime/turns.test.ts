/** Turns at something scarce. */
import { describe, expect, it } from 'vitest';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('are given in the order of coming, and no more than there are', async () => {
    const turns = new Turns(2);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const start = (name: string): Promise<string> =>
      turns.run(() => {
        begun.push(name);
        return new Promise((resolve) => ends.set(name, () => resolve(name)));
      });
    const all = ['a', 'b', 'c', 'd'].map(start);
    expect(begun).toEqual(['a', 'b']);
    ends.get('b')?.();
    await all[1];
    await turnedTo(begun, 'c');
    ends.get('a')?.();
    await turnedTo(begun, 'd');
    ends.get('c')?.();
    ends.get('d')?.();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('go on after work that fails', async () => {
    const turns = new Turns(1);
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const next = turns.run(() => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('are given again when there are more of them', async () => {
    let atOnce = 1;
    const turns = new Turns(() => atOnce);
    const begun: number[] = [];
    const work = (number: number) => () => {
      begun.push(number);
      return new Promise<void>(() => {});
    };
    for (const number of [1, 2, 3]) void turns.run(work(number));
    expect(begun).toEqual([1]);
    expect(turns.waiting).toBe(2);
    atOnce = 3;
    turns.look();
    await Promise.resolve();
    expect(begun).toEqual([1, 2, 3]);
  });

  it('are not waited for by those who want them no more', async () => {
    const turns = new Turns(1);
    let end = (): void => {};
    const first = turns.run(() => new Promise<void>((resolve) => (end = resolve)));
    const abort = new AbortController();
    const second = turns.run(() => Promise.resolve('second'), abort.signal);
    const third = turns.run(() => Promise.resolve('third'));
    abort.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await expect(turns.run(() => Promise.resolve(), abort.signal)).rejects.toThrow('enough');
    end();
    await first;
    expect(await third).toBe('third');
  });
});

async function turnedTo(begun: readonly string[], name: string): Promise<void> {
  while (!begun.includes(name)) await Promise.resolve();
}
