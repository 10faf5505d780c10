/** Conditions and times as Kubernetes writes them. */
import type { Clock } from '#runtime/clock.ts';

import type { Condition } from './shapes.ts';

type Conditions = readonly Condition[] | undefined;

/** Now, in the whole seconds that the API keeps. */
export function timestamp(clock: Pick<Clock, 'now'>): string {
  return `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
}

export function conditionOf(conditions: Conditions, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The list with `next` in the place of its type; the time of the last transition stays while the status does. */
export function withCondition(conditions: Conditions, next: Condition): readonly Condition[] {
  const current = conditionOf(conditions, next.type);
  if (current === undefined) return [...(conditions ?? []), next];
  const kept = current.status === next.status ? current.lastTransitionTime : undefined;
  const merged = kept === undefined ? next : { ...next, lastTransitionTime: kept };
  return (conditions ?? []).map((condition) => (condition === current ? merged : condition));
}
