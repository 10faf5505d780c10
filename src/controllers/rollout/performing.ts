/** Performs what a pass over a Rollout yields: the one place where its decisions become calls. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout, RolloutStatus } from '#api/rollout.ts';
import { ApiError } from '#cluster/api-error.ts';
import type { Cluster } from '#cluster/cluster.ts';
import {
  analysisRuns,
  deployments,
  experiments,
  keyOf,
  pods,
  refOf,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import { selectorText } from '#cluster/label-selector.ts';
import type { Answers, ChildKind, CreatedChild, CreatedSet, Effect } from '#engine/rollout/effects.ts';
import { PassFailed } from '#engine/rollout/effects.ts';
import type { ReplicaSet } from '#engine/rollout/replica-set.ts';
import { RouteError } from '#traffic/router.ts';
import { type NamedRouter } from '#traffic/rollout/routers.ts';
import { ToldRouteError, type LiveRoutes, type RolloutTraffic, type RouteChanges } from '#traffic/rollout/router.ts';
import type { RolloutCaches } from './caches.ts';
import type { Dependencies } from './dependencies.ts';
import { readRollout } from './observing.ts';
import { accepted, change, missing, reaching, remove, writeStatus } from '../conditional-writes.ts';

export interface Performer {
  readonly cluster: Cluster;
  readonly caches: RolloutCaches;
  readonly dependencies: Dependencies;
  readonly key: string;
  readonly routers: readonly NamedRouter[];
  readonly signal: AbortSignal;
  /** The Rollout as the API server has it by now. */
  object: KubeObject;
  /** The Rollout as the pass sees it: with the template of the workload that it refers to. */
  rollout: Rollout;
  /** What the status will be; written when somebody could see a difference, or when the passes end. */
  pending: RolloutStatus | undefined;
  /** Something was written or decided: another pass may find more to do. */
  hasChanged: boolean;
}

const childResources: Readonly<Record<ChildKind, Resource>> = { AnalysisRun: analysisRuns, Experiment: experiments };

export async function perform(performer: Performer, effect: Effect): Promise<Answers[Effect['do']]> {
  const { cluster, caches, signal } = performer;
  const { client } = cluster;
  if (effect.do !== 'event' && effect.do !== 'list-pods' && effect.do !== 'write-status' && effect.do !== 'route')
    performer.hasChanged = true;
  switch (effect.do) {
    case 'event':
      cluster.events.record(performer.object, effect);
      return;
    case 'create-set':
      return createSet(performer, effect.object);
    case 'change-set':
      // The API server answers with the kind that it was asked for.
      return (await change(client, replicaSets, effect.set, effect.changes, signal)) as ReplicaSet;
    case 'delete-set':
      return remove(client, replicaSets, effect.set, signal);
    case 'change-rollout': {
      performer.object = await change(client, rollouts, performer.object, effect.changes, signal);
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
      return createChild(performer, childResources[effect.kind], effect.object);
    case 'change-child':
      await change(client, childResources[effect.kind], effect.child, effect.changes, signal);
      return;
    case 'delete-child':
      return remove(client, childResources[effect.kind], effect.child, signal);
    case 'route':
      return route(performer, effect);
  }
}

function namespaceOf({ object }: Performer): { readonly namespace: string } {
  return { namespace: object.metadata.namespace ?? '' };
}

function withStatusOf({ pending }: Performer, rollout: Rollout): Rollout {
  return pending === undefined ? rollout : { ...rollout, status: pending };
}

/**
 * Key fields are what users, scripts and `wait` conditions look at: each of their states is written before anything else happens.
 * What changes beside them, such as a condition that follows, waits until they change or the passes end.
 */
async function keepStatus(performer: Performer, status: RolloutStatus): Promise<void> {
  const before = performer.pending ?? performer.rollout.status ?? {};
  if (JSON.stringify(before) === JSON.stringify(status)) return;
  performer.hasChanged = true;
  if (performer.pending !== undefined && keyOfStatus(before) !== keyOfStatus(status)) await flushStatus(performer);
  performer.pending = status;
  const stored = readRollout(performer.object).status ?? {};
  if (stored.phase === undefined || keyOfStatus(stored) !== keyOfStatus(status)) await flushStatus(performer);
}

function keyOfStatus({ phase, currentStepIndex, abort, stableRS, blueGreen, pauseConditions }: RolloutStatus): string {
  const { activeSelector, previewSelector } = blueGreen ?? {};
  const reasons = (pauseConditions ?? []).map(({ reason }) => reason);
  return JSON.stringify([phase, currentStepIndex, abort, stableRS, activeSelector, previewSelector, reasons]);
}

/** Writes what was kept. */
export async function flushStatus(performer: Performer): Promise<void> {
  const { pending, cluster, signal, object } = performer;
  if (pending === undefined) return;
  performer.pending = undefined;
  performer.object =
    (await writeStatus(cluster.client, { resource: rollouts, live: object }, pending, signal)) ?? object;
}

async function createSet({ cluster, signal }: Performer, object: ReplicaSet): Promise<CreatedSet> {
  const answer = await reaching(() => cluster.client.create(replicaSets, object, { signal }));
  // The API server answers with the kind that it was sent.
  if (answer.ok) return { how: 'created', set: answer.object as ReplicaSet };
  if (answer.why !== 'exists') return { how: 'refused', message: answer.message };
  const found = await reaching(() => cluster.client.get(replicaSets, refOf(object), signal));
  return { how: 'exists', set: found as ReplicaSet | undefined, message: answer.message };
}

async function createChild(
  { cluster, signal }: Performer,
  resource: Resource,
  object: KubeObject,
): Promise<CreatedChild> {
  const answer = await reaching(() => cluster.client.create(resource, object, { signal }));
  if (answer.ok) return { how: 'created', object: answer.object };
  if (answer.why !== 'exists') throw new PassFailed(answer.message);
  return { how: 'exists', object: await reaching(() => cluster.client.get(resource, refOf(object), signal)) };
}

async function scaleDeployment(performer: Performer, name: string, replicas: number): Promise<void> {
  const { caches, cluster, signal } = performer;
  const ref = { ...namespaceOf(performer), name };
  await caches.need([deployments], signal);
  const deployment = caches.get(deployments, ref);
  if (deployment === undefined) throw missing(deployments, name);
  await change(cluster.client, deployments, deployment, [{ path: ['spec', 'replicas'], value: replicas }], signal);
}

/** The Eviction API: a PodDisruptionBudget may say no for now. */
async function evict({ cluster, signal }: Performer, pod: KubeObject): Promise<'evicted' | 'blocked'> {
  try {
    const { name, namespace } = pod.metadata;
    const eviction = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    };
    const answer = await reaching(() => cluster.client.create(pods, eviction, { subresource: 'eviction', signal }));
    if (!answer.ok && answer.why !== 'not-found') accepted(answer);
    return 'evicted';
  } catch (error) {
    if (error instanceof ApiError && error.status === 429) return 'blocked';
    throw error;
  }
}

async function route(performer: Performer, effect: Extract<Effect, { do: 'route' }>): Promise<boolean | undefined> {
  const { caches, cluster, signal } = performer;
  const found = performer.routers.find(({ name }) => name === effect.router);
  if (found === undefined) throw new PassFailed(`Cannot route traffic: there is no router "${effect.router}"`);
  const { router } = found;
  await caches.need(router.resources(performer.rollout), signal);
  const traffic: RolloutTraffic = { rollout: performer.rollout, ...effect.context };
  const live = liveRoutes(performer);
  try {
    if (effect.call === 'verify-weight') return router.verifyWeight(traffic, live, effect.weight);
    await applyRoutes(performer, changesOf(router, traffic, live, effect));
  } catch (error) {
    if (error instanceof ToldRouteError) cluster.events.record(performer.object, error.event);
    if (error instanceof RouteError) throw new PassFailed(error.message);
    throw error;
  }
  return undefined;
}

function changesOf(
  router: NamedRouter['router'],
  traffic: RolloutTraffic,
  live: LiveRoutes,
  effect: Exclude<Extract<Effect, { do: 'route' }>, { call: 'verify-weight' }>,
): RouteChanges {
  switch (effect.call) {
    case 'update-hash':
      return router.updateHash(traffic, live);
    case 'set-weight':
      return router.setWeight(traffic, live, effect.weight);
    case 'set-header-route':
      return router.setHeaderRoute(traffic, live, effect.step);
    case 'set-mirror-route':
      return router.setMirrorRoute(traffic, live, effect.step);
    case 'remove-managed-routes':
      return router.removeManagedRoutes(traffic, live);
  }
}

function liveRoutes({ caches, dependencies, key }: Performer): LiveRoutes {
  return {
    get(resource, name, namespace) {
      dependencies.note(key, resource, { namespace, name });
      return caches.get(resource, { namespace, name });
    },
    list(resource, namespace) {
      dependencies.note(key, resource, { namespace });
      return [...caches.of(resource).list(namespace)];
    },
  };
}

async function applyRoutes(performer: Performer, { writes, events }: RouteChanges): Promise<void> {
  const { cluster, caches, signal } = performer;
  for (const event of events) cluster.events.record(performer.object, event);
  for (const write of writes) {
    performer.hasChanged = true;
    if (write.do === 'create') {
      accepted(await reaching(() => cluster.client.create(write.resource, write.object, { signal })));
      continue;
    }
    const ref = {
      ...namespaceOf(performer),
      ...(write.namespace === undefined ? {} : { namespace: write.namespace }),
      name: write.name,
    };
    const live = caches.get(write.resource, ref);
    if (write.do === 'delete') {
      if (live !== undefined) await remove(cluster.client, write.resource, live, signal);
    } else if (live === undefined) throw missing(write.resource, keyOf(ref));
    else await change(cluster.client, write.resource, live, write.changes, signal);
  }
}
