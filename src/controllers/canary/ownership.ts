/** Which Canaries this process works on, and what it may write about them with: all of them, or those of the shards that it holds. */
import type { Cluster } from '#cluster/cluster.ts';
import type { Shards } from '#cluster/sharding.ts';
import { fingerprint } from '#engine/fingerprint.ts';

/** Whether a key belongs to the shard in question. */
type Belongs = (key: string) => boolean;

export interface Ownership {
  /** The cluster for passes over the Canary, which writes only while its shard is ours; `undefined` when another process works on it. */
  clusterFor(key: string): Cluster | undefined;
  /** Begins to take shards. `given` resolves when no pass over a Canary of the shard runs any more. */
  begin(worker: { taken(belongs: Belongs): void; given(belongs: Belongs): Promise<void> }): void;
}

/** Without `shards` everything is ours at once and for ever. */
export function ownership(cluster: Cluster, shards: Shards | undefined): Ownership {
  if (shards === undefined) return { clusterFor: () => cluster, begin: () => {} };
  const parts = Array.from({ length: shards.count }, (_, shard) => cluster.share(() => shards.canWrite(shard)));
  const held = new Set<number>();
  const belongsTo =
    (shard: number): Belongs =>
    (key) =>
      shardOf(key, shards.count) === shard;
  return {
    clusterFor(key) {
      const shard = shardOf(key, shards.count);
      return held.has(shard) ? parts[shard] : undefined;
    },
    begin: (worker) =>
      shards.begin({
        taken(shard) {
          held.add(shard);
          worker.taken(belongsTo(shard));
        },
        async given(shard) {
          held.delete(shard);
          await worker.given(belongsTo(shard));
          await parts[shard]?.events.idle();
        },
      }),
  };
}

/** The same for every process, whatever its version: replicas of two versions share the work during an update. */
export function shardOf(key: string, count: number): number {
  return Number.parseInt(fingerprint(key).slice(0, 8), 16) % count;
}
