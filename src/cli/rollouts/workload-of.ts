/** Where the pod template of a Rollout stands: in itself, or in the workload that it refers to. */
import type { Resource } from '#api/kubernetes.ts';
import { deployments, podTemplates, replicaSets, rollouts } from '#cluster/resource.ts';
import type { Rollout } from './rollout-objects.ts';

export interface TemplateHolder {
  readonly resource: Resource;
  readonly name: string;
  /** From the holder to its template. */
  readonly path: readonly string[];
}

const kinds: Readonly<Record<string, Resource>> = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  PodTemplate: podTemplates,
};

/** Throws for a kind that cannot be referred to. Without a kind it is a Deployment. */
export function templateHolder(rollout: Rollout): TemplateHolder {
  const { workloadRef } = rollout.spec;
  const inSpec = ['spec', 'template'];
  if (workloadRef === undefined) return { resource: rollouts, name: rollout.metadata.name, path: inSpec };
  const { kind = 'Deployment', name = '' } = workloadRef;
  const resource = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (resource === undefined) throw new Error(`workload of type ${kind} is not supported`);
  return { resource, name, path: resource === podTemplates ? ['template'] : inSpec };
}
