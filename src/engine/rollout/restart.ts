/** `restartAt`: evicts pods that are older than a moment, no more at once than may be unavailable. */
import { parseTime } from '#api/time.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { RolloutStatus } from '#api/rollout.ts';
import { blueGreenOf, canaryOf, minReadySecondsOf } from './defaults.ts';
import { ask, type Steps } from './effects.ts';
import { blueGreenUnavailable, rolloutLimits } from './limits.ts';
import { isSameMoment } from './status/phase.ts';
import { byAge, sizeOf, total } from './replica-sets/replica-set.ts';
import {
  newSetOf,
  nowOf,
  otherSetsOf,
  replicasWanted,
  stableSetOf,
  wakeIn,
  type Draft,
  type Pass,
} from './snapshot.ts';

/** How long to wait before pods that could not go yet are tried again, in milliseconds. */
const retryIn = 30_000;

/** Answers whether pods were evicted. The restart is noted as done in `status` once no older pod is left. */
export function* restartPods(pass: Pass, done: (restartedAt: string) => void): Steps<boolean> {
  const { restartAt } = pass.rollout.spec;
  if (restartAt === undefined || isSameMoment(restartAt, pass.rollout.status?.restartedAt)) return false;
  const moment = parseTime(restartAt);
  if (moment > nowOf(pass)) {
    wakeIn(pass, moment - nowOf(pass));
    return false;
  }
  const pods = inOrder(pass, yield* ask({ do: 'list-pods' }));
  const old = pods.filter((pod) => parseTime(pod.metadata.creationTimestamp ?? '') < moment);
  if (old.length === 0) {
    done(restartAt);
    return false;
  }
  const evicted = yield* evict(old, budgetOf(pass, pods));
  wakeIn(pass, retryIn);
  return evicted > 0;
}

function* evict(pods: readonly KubeObject[], budget: number): Steps<number> {
  let evicted = 0;
  for (const pod of pods) {
    if (evicted >= budget) break;
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const answer = yield* ask({ do: 'evict-pod', pod });
    if (answer === 'evicted') evicted += 1;
  }
  return evicted;
}

/** The stable version's pods first, then the new one's, then the others' by age. */
function inOrder(pass: Pass, pods: readonly KubeObject[]): readonly KubeObject[] {
  const sets = [stableSetOf(pass), newSetOf(pass), ...otherSetsOf(pass).toSorted(byAge)];
  const ranks = new Map<string | undefined, number>();
  for (const [rank, set] of sets.entries())
    if (set !== undefined && !ranks.has(set.metadata.uid)) ranks.set(set.metadata.uid, rank);
  const rankOf = ({ metadata }: KubeObject): number | undefined =>
    ranks.get(metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid);
  return pods
    .filter((pod) => rankOf(pod) !== undefined)
    .toSorted((one, other) => (rankOf(one) ?? 0) - (rankOf(other) ?? 0));
}

/** How many pods may go now without leaving fewer than may be missed. */
function budgetOf(pass: Pass, pods: readonly KubeObject[]): number {
  const { rollout, sets } = pass;
  const replicas = replicasWanted(pass);
  const blueGreen = blueGreenOf(rollout);
  const unavailable =
    blueGreen === undefined
      ? rolloutLimits({ replicas, ...limitFields(canaryOf(rollout)) }).unavailable
      : blueGreenUnavailable({ replicas, ...limitFields(blueGreen) });
  const available = pods.filter((pod) => isAvailable(pod, minReadySecondsOf(rollout), nowOf(pass))).length;
  return available - (Math.max(replicas, total(sets, sizeOf)) - Math.max(unavailable, 1));
}

function limitFields(
  strategy: {
    readonly maxSurge?: number | string;
    readonly maxUnavailable?: number | string;
  } = {},
): { maxSurge?: number | string; maxUnavailable?: number | string } {
  const { maxSurge, maxUnavailable } = strategy;
  return {
    ...(maxSurge === undefined ? {} : { maxSurge }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  };
}

function isAvailable(pod: KubeObject, minReadySeconds: number, now: number): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  // The status of a Pod, as every API server writes it.
  const { conditions = [] } = (pod['status'] ?? {}) as {
    conditions?: readonly { type: string; status: string; lastTransitionTime?: string }[];
  };
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status !== 'True') return false;
  return minReadySeconds === 0 || parseTime(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 <= now;
}

/** A template change restarts all pods anyway. */
export function satisfyRestart({ rollout }: Pass, status: Draft<RolloutStatus>): void {
  const { restartAt } = rollout.spec;
  if (restartAt === undefined) delete status.restartedAt;
  else status.restartedAt = restartAt;
}
