/** The names that belong to a Canary: its target, its primary, its services. */
import type { Canary } from '#api/canary.ts';

export interface Names {
  /** The Canary's own name. */
  readonly canary: string;
  readonly namespace: string;
  readonly kind: string;
  /** The workload that the user changes; it runs the canary. */
  readonly target: string;
  /** The workload that runs the promoted version. */
  readonly primary: string;
  /** The Service that clients call. */
  readonly apex: string;
  readonly primaryService: string;
  readonly canaryService: string;
}

export function namesOf(canary: Canary): Names {
  const target = canary.spec.targetRef.name;
  const named = canary.spec.service?.name;
  const apex = named === undefined || named === '' ? target : named;
  return {
    canary: canary.metadata.name,
    namespace: canary.metadata.namespace ?? 'default',
    kind: canary.spec.targetRef.kind,
    target,
    primary: `${target}-primary`,
    apex,
    primaryService: `${apex}-primary`,
    canaryService: `${apex}-canary`,
  };
}
