/** Reads what the plugin shows from the cluster, once: the object that was asked for and whatever may belong to it. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { analysisRuns, deployments, experiments, nameOf, pods, replicaSets, rollouts } from '#cluster/resource.ts';
import type { ClusterAccess } from './command.ts';
import { isNotFound } from './kube-error.ts';
import type { AnalysisRun, Belongings, Experiment, Pod, ReplicaSet, Rollout } from './rollout-objects.ts';

/** Kinds that are read beside a Rollout. */
const belongingKinds = [replicaSets, pods, experiments, analysisRuns] as const;

export async function collectRollout(
  access: ClusterAccess,
  name: string,
): Promise<{ readonly rollout: Rollout; readonly belongings: Belongings }> {
  const [rollout, belongings] = await Promise.all([readRollout(access, name), readBelongings(access)]);
  return { rollout, belongings };
}

export async function collectExperiment(
  access: ClusterAccess,
  name: string,
): Promise<{ readonly experiment: Experiment; readonly belongings: Belongings }> {
  const [experiment, belongings] = await Promise.all([getSingular(access, experiments, name), readBelongings(access)]);
  return { experiment: asExperiment(experiment), belongings };
}

/** The Rollout. One that takes its pods from a Deployment which is missing cannot be told about: that is the error then. */
export async function readRollout(access: ClusterAccess, name: string): Promise<Rollout> {
  const rollout = asRollout(await getSingular(access, rollouts, name));
  const { name: workload, kind = deployments.kind } = rollout.spec.workloadRef ?? {};
  if (workload !== undefined && kind === deployments.kind) await getSingular(access, deployments, workload);
  return rollout;
}

/** What is found by `objects`, by kind. */
export function belongingsOf(objects: (resource: Resource) => readonly KubeObject[]): Belongings {
  // The CRDs and the API server have checked them; what is read of them beyond that is read with defaults.
  return {
    replicaSets: objects(replicaSets) as readonly ReplicaSet[],
    pods: objects(pods) as readonly Pod[],
    experiments: objects(experiments) as readonly Experiment[],
    analysisRuns: objects(analysisRuns) as readonly AnalysisRun[],
  };
}

/** The CRD has checked what is there; a Rollout without a spec is one of a cluster without the CRD's schema. */
export const asRollout = (object: KubeObject): Rollout => ({ spec: {}, ...object });

export const asExperiment = (object: KubeObject): Experiment => ({ spec: { templates: [] }, ...object });

/** What commands say that look in a cache in the original: the kind in the singular. */
export const missingText = ({ kind, group }: Resource, name: string): string =>
  `${kind.toLowerCase()}.${group} ${JSON.stringify(name)} not found`;

async function getSingular({ api, namespace }: ClusterAccess, resource: Resource, name: string): Promise<KubeObject> {
  try {
    return await api.get(resource, { namespace, name });
  } catch (error) {
    // A 404 that does not speak of this object is one for the whole kind, and tells more.
    if (isNotFound(error) && error.message.startsWith(nameOf(resource)))
      throw new Error(missingText(resource, name), { cause: error });
    throw error;
  }
}

async function readBelongings({ api, namespace }: ClusterAccess): Promise<Belongings> {
  const lists = await Promise.all(
    belongingKinds.map(async (resource) => [resource, await listIfServed(api, resource, namespace)] as const),
  );
  const found = new Map(lists);
  return belongingsOf((resource) => found.get(resource) ?? []);
}

/** A cluster without the CRD has no such objects. */
async function listIfServed(
  api: ClusterAccess['api'],
  resource: (typeof belongingKinds)[number],
  namespace: string,
): Promise<readonly KubeObject[]> {
  try {
    return (await api.list(resource, { namespace })).objects;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
