/** `undo`: wants the pod template of an earlier revision again. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { PodTemplate } from '#api/workload.ts';
import { deployments, podTemplates, replicaSets, rollouts } from '#cluster/resource.ts';
import { selectorText } from '#cluster/label-selector.ts';
import { annotationKeys, hashLabel, type ReplicaSet } from '#engine/rollout/replica-set.ts';
import { errorText } from '#runtime/error-text.ts';
import { asRollout } from '../collect.ts';
import { type ClusterAccess, command } from '../command.ts';
import { intFlag } from '../flags.ts';
import type { Rollout } from '../rollout-objects.ts';

const flags = {
  'to-revision': intFlag(0, 'The revision to go back to. Zero: the one before the current'),
};

export const undoCommand = command({
  use: 'undo ROLLOUT_NAME',
  summary: 'Go back to an earlier revision',
  example: `
  # Go back to the revision before
  kubectl argo rollouts undo guestbook

  # Go back to revision 3
  kubectl argo rollouts undo guestbook --to-revision=3`,
  args: { exactly: 1 },
  completes: 'rollouts',
  flags,
  async run(call) {
    const [name = ''] = call.args;
    const wanted = call.flags['to-revision'];
    const access = await call.cluster();
    const rollout = asRollout(await access.api.get(rollouts, { namespace: access.namespace, name }));
    const template = withoutHash(templateOf(await findRevision(access, rollout, wanted)));
    const { template: current } = rollout.spec;
    if (current !== undefined && isDerivative(withoutHash(current), template)) {
      call.io.stdout(`skipped rollback (current template already matches revision ${wanted})`);
      return;
    }
    await restore(access, rollout, template, wanted);
    call.io.stdout(`rollout '${rollout.metadata.name}' undo\n`);
  },
});

async function findRevision(access: ClusterAccess, rollout: Rollout, wanted: number): Promise<ReplicaSet> {
  const { name, uid } = rollout.metadata;
  const labelSelector = selectorText(rollout.spec.selector ?? {});
  const found = await access.api
    .list(replicaSets, { namespace: access.namespace, labelSelector })
    .catch((error: unknown) => {
      throw new Error(`failed to retrieve replica sets from rollout ${name}: ${errorText(error)}`, { cause: error });
    });
  const own = found.objects
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid))
    .flatMap((set) => {
      const revision = revisionOf(set);
      // The API server answers with the kind that it was asked for.
      return revision === undefined ? [] : [{ revision, set: set as ReplicaSet }];
    })
    .toSorted((one, other) => other.revision - one.revision);
  if (wanted > 0) {
    const match = own.find(({ revision }) => revision === wanted);
    if (match === undefined) throw new Error(`unable to find specified revision ${wanted} in history`);
    return match.set;
  }
  const before = wanted === 0 ? own[1] : undefined;
  if (before === undefined) throw new Error(`no revision found for rollout ${JSON.stringify(name)}`);
  return before.set;
}

/** 0 without a revision, `undefined` for one that is no number. */
function revisionOf({ metadata }: KubeObject): number | undefined {
  const text = metadata.annotations?.[annotationKeys.revision] ?? '0';
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

const templateOf = ({ spec }: ReplicaSet): PodTemplate => spec.template;

function withoutHash(template: PodTemplate): PodTemplate {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** Whether every field that `one` has is the same in `other`. */
function isDerivative(one: unknown, other: unknown): boolean {
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isDerivative(item, other[index]))
    );
  if (typeof one !== 'object' || one === null) return one === other || one === undefined || one === null;
  if (typeof other !== 'object' || other === null) return Object.keys(one).length === 0;
  const fields = new Map(Object.entries(other));
  return Object.entries(one).every(([key, value]) => isDerivative(value, fields.get(key)));
}

const workloads: Readonly<Record<string, Resource>> = {
  Deployment: deployments,
  ReplicaSet: replicaSets,
  PodTemplate: podTemplates,
};

async function restore(
  { api, namespace }: ClusterAccess,
  rollout: Rollout,
  template: PodTemplate,
  wanted: number,
): Promise<void> {
  const { workloadRef } = rollout.spec;
  const kind = workloadRef?.kind ?? '';
  const target = workloadRef === undefined ? rollouts : workloads[kind];
  const failure = `failed restoring revision ${wanted}`;
  if (target === undefined) throw new Error(`${failure}: workload of type ${kind} is not supported`);
  const path = kind === 'PodTemplate' ? '/template' : '/spec/template';
  const name = workloadRef?.name ?? rollout.metadata.name;
  try {
    await api.jsonPatch(target, { namespace, name }, [{ op: 'replace', path, value: template }]);
  } catch (error) {
    throw new Error(`${failure}: ${errorText(error)}`, { cause: error });
  }
}
