/** Which kinds of workloads can be released. */
import type { Canary } from '#api/canary.ts';
import { daemonSet } from './daemon-set.ts';
import { deployment } from './deployment.ts';
import type { TargetKind } from './target-kind.ts';

export const targetKinds = { Deployment: deployment, DaemonSet: daemonSet } satisfies Record<string, TargetKind>;

/** The kind of the Canary's target; one that cannot be released was refused before. */
export function targetKindOf(canary: Canary): TargetKind {
  const { kind } = canary.spec.targetRef;
  return kind === 'Service' ? deployment : targetKinds[kind];
}
