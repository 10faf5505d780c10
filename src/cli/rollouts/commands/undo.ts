/** `undo`: wants the pod template of an earlier revision again. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { PodTemplate } from '#api/workload.ts';
import { replicaSets, rollouts } from '#cluster/resource.ts';
import { selectorText } from '#cluster/label-selector.ts';
import { annotationKeys, hashLabel, type ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import { errorText } from '#runtime/error-text.ts';
import { asRollout } from '../collect.ts';
import { type ClusterAccess, command } from '../command.ts';
import { intFlag } from '../flags.ts';
import type { Rollout } from '../rollout-objects.ts';
import { templateHolder } from '../workload-of.ts';

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
    const found = await findRevision(access, rollout, wanted);
    const { ownTemplate, runsTemplate } = await import('#engine/rollout/replica-sets/new-replica-set.ts');
    const { template: current } = rollout.spec;
    if (rollout.spec.workloadRef === undefined && current !== undefined && runsTemplate(found, withoutHash(current))) {
      call.io.stdout(`skipped rollback (current template already matches revision ${wanted})`);
      return;
    }
    await restore(access, rollout, withoutHash(ownTemplate(found)), wanted);
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
  // A ReplicaSet without a revision is none to go back to.
  const before = wanted === 0 ? own.filter(({ revision }) => revision > 0)[1] : undefined;
  if (before === undefined) throw new Error(`no revision found for rollout ${JSON.stringify(name)}`);
  return before.set;
}

/** 0 without a revision, `undefined` for one that is no number. */
function revisionOf({ metadata }: KubeObject): number | undefined {
  const text = metadata.annotations?.[annotationKeys.revision] ?? '0';
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function withoutHash(template: PodTemplate): PodTemplate {
  if (template.metadata?.labels?.[hashLabel] === undefined) return template;
  const { [hashLabel]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

async function restore(
  { api, namespace }: ClusterAccess,
  rollout: Rollout,
  template: PodTemplate,
  wanted: number,
): Promise<void> {
  try {
    const { resource, name, path } = templateHolder(rollout);
    const replace = { op: 'replace', path: `/${path.join('/')}`, value: template } as const;
    await api.jsonPatch(resource, { namespace, name }, [replace]);
  } catch (error) {
    throw new Error(`failed restoring revision ${wanted}: ${errorText(error)}`, { cause: error });
  }
}
