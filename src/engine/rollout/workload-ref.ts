/** `workloadRef`: the pod template, and the selector, of another workload in the place of the Rollout's own. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import type { LabelSelector, PodTemplate } from '#api/workload.ts';

export const workloadKinds = ['Deployment', 'ReplicaSet', 'PodTemplate'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

export interface Resolved {
  readonly rollout: Rollout;
  /** `metadata.generation` of the workload. */
  readonly generation?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Fills the template in, in memory alone. `find` looks in the Rollout's namespace. */
export function resolveWorkload(
  rollout: Rollout,
  find: (kind: WorkloadKind, name: string) => KubeObject | undefined,
): Resolved {
  const { workloadRef, template } = rollout.spec;
  if (workloadRef === undefined) return { rollout };
  if (template?.metadata?.labels !== undefined || template?.metadata?.annotations !== undefined)
    return { rollout, problem: 'template must be empty for workload reference rollout' };
  const { apiVersion = '', kind = '', name = '' } = workloadRef;
  const [, group = ''] = apiVersion.split('/').toReversed();
  const known = workloadKinds.find((one) => one === kind && group === (one === 'PodTemplate' ? '' : 'apps'));
  if (known === undefined) return { rollout, problem: `workload of type ${group}/${kind} is not supported` };
  const workload = find(known, name);
  if (workload === undefined) return { rollout, problem: notFound(known, `${rollout.metadata.namespace}/${name}`) };
  // The forms of these kinds in every version of the API.
  const spec = (known === 'PodTemplate' ? workload : workload['spec']) as {
    readonly template: PodTemplate;
    readonly selector?: LabelSelector;
  };
  const selector = rollout.spec.selector ?? (known === 'PodTemplate' ? undefined : spec.selector);
  const resolved = { ...rollout.spec, template: spec.template, ...(selector === undefined ? {} : { selector }) };
  return { rollout: { ...rollout, spec: resolved }, generation: String(workload.metadata.generation ?? 0) };
}

function notFound(kind: WorkloadKind, key: string): string {
  const plural = { Deployment: 'deployments.apps', ReplicaSet: 'replicasets.apps', PodTemplate: 'podtemplates' }[kind];
  return `${plural} "${key}" not found`;
}
