/** Makes the ReplicaSet of a template that no ReplicaSet has yet: empty, so that nothing runs before it is sized. */
import type { RolloutStatus } from '#api/rollout.ts';
import { withAntiAffinity } from './anti-affinity.ts';
import { condition, withCondition } from '../status/conditions.ts';
import { blueGreenOf, canaryOf, minReadySecondsOf } from '../defaults.ts';
import { ask, PassFailed, type Steps } from '../effects.ts';
import { ephemeralTemplate } from './ephemeral-metadata.ts';
import { metadataOfNewSet } from './metadata-syncing.ts';
import { runsTemplate } from './new-replica-set.ts';
import { isControlledBy, ownerReference } from '../owner.ts';
import { annotationKeys, hashLabel, revisionOf, type ReplicaSet } from './replica-set.ts';
import { copiedAnnotations, nextRevision, setRevision } from './revision.ts';
import { keepSet, replicasWanted, stableHashOf, type Pass } from '../snapshot.ts';
import { tell, warn } from '../telling.ts';

/** The new ReplicaSet, or the same made by a pass that was cut short. */
export function* createNewSet(pass: Pass): Steps {
  const object = newReplicaSet(pass);
  const { name } = object.metadata;
  const answer = yield* ask({ do: 'create-set', object });
  if (answer.how === 'refused') {
    const message = `Failed to create new replica set "${name}": ${answer.message}`;
    yield* warn('ReplicaSetCreateError', message);
    yield* writeStatus(withProgress(pass, condition(pass, 'Progressing', 'False', 'ReplicaSetCreateError', message)));
    throw new PassFailed(message);
  }
  if (answer.how === 'exists' && !isOwnTwin(pass, answer.set)) {
    const { status = {} } = pass.rollout;
    yield* writeStatus({ ...status, collisionCount: (status.collisionCount ?? 0) + 1 });
    throw new PassFailed(answer.message);
  }
  if (answer.set === undefined) throw new PassFailed(`replicasets.apps "${name}" not found`);
  keepSet(pass, answer.set);
  const revision = revisionOf(answer.set);
  yield* setRevision(pass, revision);
  if (answer.how === 'exists') return;
  yield* tell('NewReplicaSetCreated', `Created ReplicaSet ${name} (revision ${revision})`);
  const message = `Created new replica set "${name}"`;
  yield* writeStatus(withProgress(pass, condition(pass, 'Progressing', 'True', 'NewReplicaSetCreated', message)));
}

/** Made by a pass that was cut short before it could note it. */
function isOwnTwin({ rollout }: Pass, set: ReplicaSet | undefined): boolean {
  const { template } = rollout.spec;
  if (set === undefined || template === undefined) return false;
  return isControlledBy(set, rollout.metadata.uid) && runsTemplate(set, template);
}

function withProgress({ rollout: { status = {} } }: Pass, changed: Parameters<typeof withCondition>[1]): RolloutStatus {
  return { ...status, conditions: withCondition(status.conditions ?? [], changed) };
}

function newReplicaSet(pass: Pass): ReplicaSet {
  const { rollout, hash } = pass;
  const { name, namespace = '' } = rollout.metadata;
  const { template, selector } = rollout.spec;
  if (template === undefined || selector === undefined)
    throw new PassFailed(`Cannot create a ReplicaSet of ${name}: it has no pod template`);
  const labelled = {
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } },
  };
  const spread = withAntiAffinity(
    labelled,
    (blueGreenOf(rollout) ?? canaryOf(rollout))?.antiAffinity,
    stableHashOf(pass),
    namespace,
  );
  const made = ephemeralTemplate(spread, metadataOfNewSet(pass));
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [hashLabel]: hash },
      annotations: {
        ...copiedAnnotations(pass),
        ...(made.record === undefined ? {} : { [annotationKeys.ephemeralMetadata]: made.record }),
        [annotationKeys.revision]: String(nextRevision(pass)),
        [annotationKeys.desiredReplicas]: String(replicasWanted(pass)),
      },
      ownerReferences: [ownerReference(rollout)],
    },
    spec: {
      replicas: 0,
      minReadySeconds: minReadySecondsOf(rollout),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: made.template,
    },
  };
}

function* writeStatus(status: RolloutStatus): Steps {
  yield* ask({ do: 'write-status', status });
}
