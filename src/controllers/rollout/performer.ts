/** What the performing of a pass over a Rollout works with, and what it leaves behind. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout, RolloutStatus } from '#api/rollout.ts';
import type { Cluster } from '#cluster/cluster.ts';
import type { FinishedUpdate } from '#engine/rollout/status/duration-record.ts';
import type { RouteEvent } from '#traffic/rollout/router.ts';
import type { NamedRouter } from '#traffic/rollout/routers.ts';
import type { RolloutCaches } from './caches.ts';
import type { Dependencies } from './dependencies.ts';
import type { RolloutSettings } from './settings.ts';

/** By router and call: what it was told last, and until when, in milliseconds since the epoch, it wants to be left alone with that. */
export type Rests = Map<string, { readonly told: string; readonly until: number }>;

export interface Performer {
  readonly cluster: Cluster;
  readonly caches: RolloutCaches;
  readonly dependencies: Dependencies;
  readonly settings: RolloutSettings;
  readonly key: string;
  readonly routers: readonly NamedRouter[];
  readonly signal: AbortSignal;
  /** Kept from pass to pass. */
  readonly rests: Rests;
  /** By key: since when counts of pods wait to be written, in milliseconds since the epoch. */
  readonly counting: Map<string, number>;
  now(): number;
  /** An Event about the Rollout. */
  record(event: RouteEvent): void;
  /** An update is over, and on record. */
  measure(update: FinishedUpdate): void;
  /** The Rollout as the API server has it by now. */
  object: KubeObject;
  /** The Rollout as the pass sees it: with the template of the workload that it refers to. */
  rollout: Rollout;
  /** What the status will be; written when somebody could see a difference, or when the passes end. */
  pending: RolloutStatus | undefined;
  /** Updates that are over once that status is written. */
  readonly finished: FinishedUpdate[];
  /** Something was written or decided: another pass may find more to do. */
  hasChanged: boolean;
}

export function namespaceOf({ object }: Performer): { readonly namespace: string } {
  return { namespace: object.metadata.namespace ?? '' };
}
