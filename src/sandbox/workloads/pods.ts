/** What controllers want to know of a Pod. */
import { conditionOf } from './conditions.ts';
import type { Pod } from './shapes.ts';

/** Neither on its way out nor finished: counts as a replica. */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return pod.metadata.deletionTimestamp === undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Milliseconds until the Pod has been Ready for `minReadySeconds`: 0 when it is available, undefined when it is not Ready. */
export function availableIn(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds <= 0) return 0;
  return Math.max(0, Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000 - now);
}

/** How many of the Pods are Ready and available, and when the next one becomes so. */
export function countReady(
  pods: readonly Pod[],
  minReadySeconds: number,
  now: number,
): { readonly ready: number; readonly available: number; readonly nextIn: number | undefined } {
  const waits = pods.map((pod) => availableIn(pod, minReadySeconds, now)).filter((wait) => wait !== undefined);
  const pending = waits.filter((wait) => wait > 0);
  return {
    ready: waits.length,
    available: waits.length - pending.length,
    nextIn: pending.length > 0 ? Math.min(...pending) : undefined,
  };
}

/** Those to delete first in front: not scheduled, not Ready, then the youngest. */
export function byDeletionPreference(a: Pod, b: Pod): number {
  return (
    rank(a) - rank(b) ||
    compare(b.metadata.creationTimestamp ?? '', a.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.name, b.metadata.name)
  );
}

function rank(pod: Pod): number {
  if (pod.spec.nodeName === undefined) return 0;
  return isReady(pod) ? 2 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
