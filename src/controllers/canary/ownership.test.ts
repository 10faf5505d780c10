/** Which shard a Canary belongs to. */
import { describe, expect, it } from 'vitest';
import { shardOf } from './ownership.ts';

describe('the shard of a Canary', () => {
  it('never changes', () => {
    // Pinned: two versions of Serin that share the work have to agree.
    expect(['shop/web', 'shop/api', 'test/podinfo'].map((key) => shardOf(key, 4))).toEqual([2, 2, 1]);
  });

  it('is any of them equally often', () => {
    const counts = [0, 0, 0, 0, 0];
    for (let index = 0; index < 5_000; index++) {
      const shard = shardOf(`team-${index % 50}/service-${index}`, 5);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });
});
