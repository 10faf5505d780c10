import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { Memories } from './memories.ts';

const canary = (uid: string, generation = 1): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'web', namespace: 'shop', uid, generation },
});
const key = 'shop/web';
const everyTen = (): number => 10_000;

/** Memories of one Canary whose first pass has been. */
function met() {
  const memories = new Memories();
  const { memory } = memories.meet(key, canary('a'), false);
  return { memories, memory, first: memories.take(key, canary('a'), 0) };
}

describe('Memories', () => {
  it('has a sync due for every new spec, then ticks on the grid of its interval', () => {
    const { memories, first } = met();
    expect(first).toBe('sync');
    expect(memories.take(key, canary('a'), 0)).toBeUndefined();
    expect(memories.schedule(everyTen, 500)).toEqual([key]);
    expect(memories.take(key, canary('a'), 500)).toBe('tick');
    expect(memories.wakeIn(key, 1_500)).toBe(9_000);
    expect(memories.take(key, canary('a', 2), 1_500)).toBe('sync');
  });

  it('gives no ticks before the first sync', () => {
    const memories = new Memories();
    memories.meet(key, canary('a'), false);
    expect(memories.schedule(everyTen, 0)).toEqual([]);
  });

  it('has draining looked at between two ticks, and wakes for whichever is sooner', () => {
    const { memories, memory } = met();
    memories.schedule(everyTen, 0);
    memories.take(key, canary('a'), 0);
    memory.wakeAt = 3_000;
    expect(memories.wakeIn(key, 1_000)).toBe(2_000);
    expect(memories.take(key, canary('a'), 3_000)).toBe('drain');
  });

  it('has due again what could not be carried out', () => {
    const { memories } = met();
    memories.again(key, 'sync', 0);
    expect(memories.take(key, canary('a'), 0)).toBe('sync');
    memories.schedule(everyTen, 0);
    memories.take(key, canary('a'), 0);
    memories.again(key, 'tick', 100);
    expect(memories.take(key, canary('a'), 100)).toBe('tick');
  });

  it('knows nothing of another Canary under the same name', () => {
    const { memories, memory } = met();
    expect(memories.meet(key, canary('a'), true)).toEqual({ memory, isNew: false });
    expect(memories.meet(key, canary('b'), true)).toMatchObject({ isNew: true, memory: { isTakenOver: true } });
    expect(memories.take(key, canary('b'), 0)).toBe('sync');
  });
});
