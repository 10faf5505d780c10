/** Tells routers what a pass wants of them, and writes what they answer. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { endpointSlices, keyOf, services, targetGroupBindings } from '#cluster/resource.ts';
import { PassFailed, type Effect, type RouteAnswer } from '#engine/rollout/effects.ts';
import { errorText } from '#runtime/error-text.ts';
import { RouteError } from '#traffic/router.ts';
import type { NamedRouter } from '#traffic/rollout/routers.ts';
import { verifyTargets } from '#traffic/rollout/target-group-verification.ts';
import {
  ToldRouteError,
  type LiveRoutes,
  type OutsideVerification,
  type RolloutRouteWrite,
  type RolloutTraffic,
  type RouteChanges,
} from '#traffic/rollout/router.ts';
import { accepted, change, missing, OutdatedPass, reaching, remove } from '../conditional-writes.ts';
import { namespaceOf, type Performer } from './performer.ts';

type RouteEffect = Extract<Effect, { do: 'route' }>;

export async function route(performer: Performer, effect: RouteEffect): Promise<RouteAnswer> {
  const { caches, signal } = performer;
  const found = performer.routers.find(({ name }) => name === effect.router);
  if (found === undefined) throw new PassFailed(`Cannot route traffic: there is no router "${effect.router}"`);
  const { router } = found;
  try {
    await caches.need(router.resources(performer.rollout), signal);
    const traffic: RolloutTraffic = { rollout: performer.rollout, ...effect.context };
    const live = liveRoutes(performer);
    if (effect.call === 'verify-weight') return await verifyWeight(performer, router, traffic, live, effect.weight);
    return await inItsTime(performer, effect, async () => {
      const changes = changesOf(router, traffic, live, effect);
      await applyRoutes(performer, changes);
      return changes.wakeIn;
    });
  } catch (error) {
    if (error instanceof ToldRouteError) performer.record(error.event);
    if (error instanceof RouteError) throw new PassFailed(error.message);
    throw error;
  }
}

/** A router that wants time for its data plane is not told the same again before that has passed. */
async function inItsTime(
  performer: Performer,
  effect: RouteEffect,
  tell: () => Promise<number | undefined>,
): Promise<RouteAnswer> {
  const { rests } = performer;
  const { canaryHash, stableHash } = effect.context;
  const place = `${effect.router} ${effect.call}`;
  const told = [effect.call === 'set-weight' ? effect.weight : '', canaryHash, stableHash].join(' ');
  const rest = rests.get(place);
  const left = rest?.told === told ? rest.until - performer.now() : 0;
  if (left > 0) return { wakeIn: left };
  rests.delete(place);
  const wakeIn = await tell();
  if (wakeIn === undefined) return {};
  rests.set(place, { told, until: performer.now() + wakeIn });
  return { wakeIn };
}

async function verifyWeight(
  performer: Performer,
  router: NamedRouter['router'],
  traffic: RolloutTraffic,
  live: LiveRoutes,
  weight: number,
): Promise<RouteAnswer> {
  if (router.verifyOutside === undefined) {
    const verified = router.verifyWeight(traffic, live, weight);
    return verified === undefined ? {} : { verified };
  }
  let answer: OutsideVerification | undefined;
  try {
    answer = await router.verifyOutside(traffic, live, weight, performer.signal);
  } catch (error) {
    throw error instanceof RouteError ? error : unanswered(performer, error);
  }
  if (answer === undefined) return {};
  for (const event of answer.events) performer.record(event);
  return { verified: answer.verified, albs: answer.albs };
}

/** Those who run the load balancer have to know why nothing goes on. */
function unanswered(performer: Performer, error: unknown): PassFailed {
  const message = errorText(error);
  performer.record({ type: 'Warning', reason: 'TargetGroupVerifyError', message });
  return new PassFailed(message);
}

/** Whether the load balancer knows every pod of the Service. */
export async function areTargetsKnown(performer: Performer, name: string): Promise<boolean> {
  const { caches, settings, signal } = performer;
  const { albVerifier } = settings.routers;
  if (albVerifier === undefined) return true;
  const bindings = targetGroupBindings(settings.targetGroupBindingApiVersion);
  await caches.need([bindings, endpointSlices], signal);
  const live = liveRoutes(performer);
  const { namespace } = namespaceOf(performer);
  const service = live.get(services, name, namespace);
  if (service === undefined) throw missing(services, name);
  const bound = { service, bindings: live.list(bindings, namespace), slices: live.list(endpointSlices, namespace) };
  try {
    const { verified, events } = await verifyTargets(bound, albVerifier.balancers, signal);
    for (const event of events) performer.record(event);
    return verified;
  } catch (error) {
    throw unanswered(performer, error);
  }
}

function changesOf(
  router: NamedRouter['router'],
  traffic: RolloutTraffic,
  live: LiveRoutes,
  effect: Exclude<RouteEffect, { call: 'verify-weight' }>,
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
  for (const write of writes) {
    performer.hasChanged = true;
    await applyRoute(performer, write);
  }
  for (const event of events) performer.record(event);
}

async function applyRoute(performer: Performer, write: RolloutRouteWrite): Promise<void> {
  try {
    if (write.do === 'create') await createRoute(performer, write.resource, write.object);
    else await changeRoute(performer, write);
  } catch (error) {
    if (error instanceof PassFailed && write.do !== 'delete' && write.refused !== undefined)
      performer.record({ ...write.refused, message: `${write.refused.message}${error.message}` });
    throw error;
  }
}

async function createRoute({ cluster, signal }: Performer, resource: Resource, object: KubeObject): Promise<void> {
  accepted(await reaching(() => cluster.client.create(resource, object, { signal })));
}

async function changeRoute(performer: Performer, write: Exclude<RolloutRouteWrite, { do: 'create' }>): Promise<void> {
  const { cluster, caches, signal } = performer;
  const { resource, name, namespace = namespaceOf(performer).namespace } = write;
  const live = caches.get(resource, { namespace, name });
  if (write.do === 'delete') {
    if (live !== undefined) await remove(cluster.client, resource, live, signal);
    return;
  }
  if (live === undefined) throw missing(resource, keyOf({ namespace, name }));
  const { resourceVersion } = write;
  // List indexes of the changes hold for the version that they were reckoned from alone.
  if (resourceVersion !== undefined && live.metadata.resourceVersion !== resourceVersion)
    throw new OutdatedPass(`${keyOf({ namespace, name })} was changed while its routes were reckoned`);
  await change(cluster.client, resource, live, write.changes, signal);
}
