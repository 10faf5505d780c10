/** Performs what a pass over a Rollout yields: the one place where its decisions become calls. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { ApiError } from '#cluster/api-error.ts';
import {
  analysisRuns,
  deployments,
  experiments,
  pods,
  refOf,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import { selectorText } from '#cluster/label-selector.ts';
import type { Answers, ChildKind, CreatedChild, CreatedSet, Effect } from '#engine/rollout/effects.ts';
import { PassFailed } from '#engine/rollout/effects.ts';
import { madeForAnnotation } from '#engine/rollout/owner.ts';
import { objectOf } from '#engine/rollout/raw-json.ts';
import type { ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import { accepted, change, missing, reaching, remove } from '../conditional-writes.ts';
import { readRollout, repairsOf } from './observing.ts';
import { namespaceOf, type Performer } from './performer.ts';
import { areTargetsKnown, route } from './routing.ts';
import { flushStatus, flushVisible, keepStatus } from './status-keeping.ts';

/** What nobody else sees as a change of the cluster. */
const silentEffects: ReadonlySet<Effect['do']> = new Set([
  'event',
  'list-pods',
  'read-rollout',
  'verify-targets',
  'write-status',
] as const);

/** Those that change nothing, or say by themselves whether they have. */
const quietEffects: ReadonlySet<Effect['do']> = new Set([
  ...silentEffects,
  'evict-pod',
  'route',
  'scale-deployment',
] as const);

const childResources: Readonly<Record<ChildKind, Resource>> = { AnalysisRun: analysisRuns, Experiment: experiments };

export async function perform(performer: Performer, effect: Effect): Promise<Answers[Effect['do']]> {
  const { cluster, caches, signal } = performer;
  const { client } = cluster;
  if (!quietEffects.has(effect.do)) performer.hasChanged = true;
  if (!silentEffects.has(effect.do)) await flushVisible(performer);
  switch (effect.do) {
    case 'event':
      performer.record(effect);
      return;
    case 'create-set':
      return createSet(performer, effect.object);
    case 'change-set':
      return change(client, replicaSets, effect.set, effect.changes, signal);
    case 'delete-set':
      return remove(client, replicaSets, effect.set, signal);
    case 'change-rollout': {
      const { object } = performer;
      // A spec that is written anyway is left as every client can read it.
      const repairs = effect.changes.some(({ path: [field] }) => field === 'spec') ? repairsOf(object) : [];
      performer.object = await change(client, rollouts, object, [...effect.changes, ...repairs], signal);
      return withStatusOf(performer, readRollout(performer.object));
    }
    case 'write-status':
      return keepStatus(performer, effect.status);
    case 'change-service': {
      const ref = { ...namespaceOf(performer), name: effect.name };
      const service = caches.services.get(ref);
      if (service === undefined) throw missing(services, effect.name);
      await change(client, services, service, effect.changes, signal);
      return;
    }
    case 'scale-deployment':
      return scaleDeployment(performer, effect.name, effect.replicas);
    case 'list-pods':
      return reaching(() =>
        client.list(pods, {
          ...namespaceOf(performer),
          labelSelector: selectorText(performer.rollout.spec.selector ?? {}),
          signal,
        }),
      );
    case 'evict-pod':
      return evict(performer, effect.pod);
    case 'change-pod':
      await change(client, pods, effect.pod, effect.changes, signal);
      return;
    case 'create-child':
      // A pass that is cut short here must not have its child made again: what it was made for has to be written before.
      await flushStatus(performer);
      return createChild(performer, childResources[effect.kind], madeFor(performer.object, effect.object));
    case 'terminate-child':
      return terminateChild(performer, childResources[effect.kind], effect.child);
    case 'delete-child':
      return remove(client, childResources[effect.kind], effect.child, signal);
    case 'read-rollout':
      return reaching(() => client.get(rollouts, refOf(performer.object), signal));
    case 'verify-targets':
      return areTargetsKnown(performer, effect.service);
    case 'route':
      return route(performer, effect);
  }
}

function withStatusOf({ pending }: Performer, rollout: Rollout): Rollout {
  return pending === undefined ? rollout : { ...rollout, status: pending };
}

async function createSet({ cluster, signal }: Performer, object: ReplicaSet): Promise<CreatedSet> {
  const answer = await reaching(() => cluster.client.create(replicaSets, object, { signal }));
  // The API server answers with the kind that it was sent.
  if (answer.ok) return { how: 'created', set: answer.object as ReplicaSet };
  if (answer.why !== 'exists') return { how: 'refused', message: answer.message };
  const found = await reaching(() => cluster.client.get(replicaSets, refOf(object), signal));
  return { how: 'exists', set: found as ReplicaSet | undefined, message: answer.message };
}

function madeFor({ metadata: { resourceVersion = '' } }: KubeObject, child: KubeObject): KubeObject {
  const { metadata } = child;
  const annotations = { ...metadata.annotations, [madeForAnnotation]: resourceVersion };
  return { ...child, metadata: { ...metadata, annotations } };
}

async function createChild(
  { caches, cluster, signal }: Performer,
  resource: Resource,
  object: KubeObject,
): Promise<CreatedChild> {
  // Made by a pass that could not note it any more: nobody has to be asked.
  const known = caches.get(resource, refOf(object));
  if (known !== undefined) return { how: 'exists', object: known };
  const answer = await reaching(() => cluster.client.create(resource, object, { signal }));
  if (answer.ok) return { how: 'created', object: answer.object };
  if (answer.why !== 'exists') throw new PassFailed(answer.message);
  return { how: 'exists', object: await reaching(() => cluster.client.get(resource, refOf(object), signal)) };
}

/** Whatever the child's own controller writes at the same time. */
async function terminateChild({ cluster, signal }: Performer, resource: Resource, child: KubeObject): Promise<void> {
  const patch = { type: 'merge', body: { spec: { terminate: true } } } as const;
  accepted(await reaching(() => cluster.client.patch(resource, refOf(child), patch, { signal })));
}

async function scaleDeployment(performer: Performer, name: string, replicas: number): Promise<void> {
  const { caches, cluster, signal } = performer;
  const ref = { ...namespaceOf(performer), name };
  await caches.need([deployments], signal);
  const deployment = caches.get(deployments, ref);
  if (deployment === undefined) throw missing(deployments, name);
  const { replicas: before } = objectOf(deployment['spec']);
  // It is asked for as long as the first revision is the current one.
  if (before === replicas) return;
  performer.hasChanged = true;
  await change(cluster.client, deployments, deployment, [{ path: ['spec', 'replicas'], value: replicas }], signal);
}

/** The Eviction API: a PodDisruptionBudget may say no for now. */
async function evict(performer: Performer, pod: KubeObject): Promise<'evicted' | 'blocked'> {
  const { cluster, signal } = performer;
  try {
    const { name, namespace } = pod.metadata;
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    const answer = await reaching(() => cluster.client.create(pods, eviction, { subresource: 'eviction', signal }));
    if (!answer.ok && answer.why !== 'not-found') accepted(answer);
    performer.hasChanged = true;
    return 'evicted';
  } catch (error) {
    if (error instanceof ApiError && error.status === 429) return 'blocked';
    throw error;
  }
}
