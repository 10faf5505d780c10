/** Takes the marks of Rollouts off Services, Ingresses and DestinationRules when the Rollout is gone, or does not name them any more. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject, Ref, Resource } from '#api/kubernetes.ts';
import { managedByAnnotation } from '#api/rollout-keys.ts';
import { parseRollout, type Rollout } from '#api/rollout.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import { destinationRules, ingresses, keyOf, nameOf, refOf, refOfKey, rollouts, services } from '#cluster/resource.ts';
import { WorkQueue } from '#cluster/work-queue.ts';
import { cleanupService, managerOf, selectsVersion } from '#engine/rollout/service-cleanup.ts';
import { servicesOf } from '#engine/rollout/validation/references.ts';
import { errorText } from '#runtime/error-text.ts';
import { managedIn } from '#traffic/rollout/alb-annotations.ts';
import { cleanupAlbIngress, isAlbIngress } from '#traffic/rollout/alb-cleanup.ts';
import { albIngresses } from '#traffic/rollout/alb-config.ts';
import { cleanupDestinationRule } from '#traffic/rollout/istio-destination-rule.ts';
import { trafficRoutingOf } from '#traffic/rollout/routing-object.ts';
import { change } from '../conditional-writes.ts';
import type { Context } from '../context.ts';
import { queueMetrics } from '../queue-metrics.ts';
import type { RolloutCaches } from './caches.ts';
import type { IstioCluster } from './istio-cluster.ts';
import { readRollout } from './observing.ts';
import type { RolloutSettings } from './settings.ts';

export interface Cleaner {
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** A kind whose objects Rollouts leave marks on. */
interface Marked {
  readonly resource: Resource;
  /** Not every cluster serves it: it is watched where that is so, or where a Rollout names one of its objects. */
  readonly isOptional?: boolean;
  /** Whether they are in a cluster whose Rollouts are not known here: marks are then only of a Rollout that was seen to leave its object. */
  isElsewhere?(): boolean;
  /** Names of its objects that the Rollout works on. */
  namesIn(rollout: Rollout): readonly string[];
  /** Names of the Rollouts that the marks are of; `undefined` without any mark, `all` for a mark that names none. */
  ownersOf(object: KubeObject): readonly string[] | 'all' | undefined;
  /** `rollouts` are those owners, as far as they exist. */
  cleanup(object: KubeObject, rollouts: readonly Rollout[]): readonly FieldChange[];
}

const concurrency = 4;
const failureBackOff = { base: 500, max: 60_000 };

export function startCleaner(
  context: Context,
  caches: RolloutCaches,
  settings: RolloutSettings,
  istio: Pick<IstioCluster, 'isElsewhere'>,
): Cleaner {
  const { clock, cluster, log, random } = context;
  const kinds = new Map(markedKinds(settings, istio).map((marked) => [nameOf(marked.resource), marked]));
  /** Names of Rollouts that were seen to leave an object, by its key in the queue; kept for kinds that are elsewhere. */
  const left = new Map<string, Set<string>>();
  const queue = new WorkQueue({
    clock,
    random,
    concurrency,
    backOff: failureBackOff,
    hooks: queueMetrics(context.registry, 'Services', {
      ...cluster.metrics.queue('rollout-cleaner'),
      failed: (key, error) => log.warn(`Cannot clean up behind a Rollout: ${errorText(error)}`, { object: key }),
    }),
    work: (key, signal) => work(key, signal),
  });

  const wereSeenToLeave = (owners: readonly string[] | 'all', key: string): boolean =>
    owners !== 'all' && owners.every((name) => left.get(key)?.has(name) === true);

  const work = async (key: string, signal: AbortSignal): Promise<void> => {
    const { marked, ref } = addressed(kinds, key);
    await caches.need([rollouts, marked.resource], signal);
    const object = caches.get(marked.resource, ref);
    if (object === undefined) left.delete(key);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return;
    const owners = marked.ownersOf(object);
    if (owners === undefined || marked.cleanup(object, cachedRollouts(caches, object, owners)).length === 0) return;
    if (marked.isElsewhere?.() === true && !wereSeenToLeave(owners, key)) return;
    // Another controller may work on the Rollout, and a cache may not know a new one yet: only the API server's word counts.
    const stored = await storedRollouts(cluster.client, object, owners, signal);
    // What a Rollout says that cannot be read may be just this object's name.
    if (!stored.every(isReadable)) return;
    const changes = marked.cleanup(object, stored.map(readRollout));
    try {
      await change(cluster.client, marked.resource, object, changes, signal);
      left.delete(key);
    } catch (error) {
      // Another process works now.
      if (!(error instanceof WritesStopped)) throw error;
    }
  };

  const watched = new Set<Marked>();
  const watch = (marked: Marked): void => {
    if (watched.has(marked)) return;
    watched.add(marked);
    caches.of(marked.resource).onChange((_before, after) => {
      if (after !== undefined && marked.ownersOf(after) !== undefined) queue.add(queueKey(marked, refOf(after)));
    });
  };
  const watchIfServed = async (marked: Marked): Promise<void> => {
    try {
      if ((await cluster.served(marked.resource)).has(marked.resource.plural)) watch(marked);
    } catch (error) {
      log.warn(`${errorText(error)}. Until a Rollout names one, they are not watched`);
    }
  };
  for (const marked of kinds.values()) {
    if (marked.isOptional === true) void watchIfServed(marked);
    else watch(marked);
  }
  caches.rollouts.onChange((before, after) => {
    if (after !== undefined)
      for (const marked of kinds.values()) if (marked.namesIn(readRollout(after)).length > 0) watch(marked);
    if (before === undefined || before.metadata.generation === after?.metadata.generation) return;
    const { namespace = '', name: owner } = before.metadata;
    for (const marked of kinds.values()) {
      const still = after === undefined ? [] : marked.namesIn(readRollout(after));
      for (const name of marked.namesIn(readRollout(before))) {
        if (still.includes(name)) continue;
        const key = queueKey(marked, { namespace, name });
        if (marked.isElsewhere?.() === true) left.set(key, (left.get(key) ?? new Set()).add(owner));
        queue.add(key);
      }
    }
  });
  return { stop: (options) => queue.stop(options) };
}

function markedKinds(
  { routers, albIngressClasses }: RolloutSettings,
  { isElsewhere }: Pick<IstioCluster, 'isElsewhere'>,
): readonly Marked[] {
  return [
    {
      resource: services,
      namesIn: (rollout) => servicesOf(rollout).map(({ name }) => name),
      ownersOf(service) {
        if (!selectsVersion(service)) return undefined;
        const manager = managerOf(service);
        return manager === undefined ? 'all' : [manager];
      },
      cleanup: cleanupService,
    },
    {
      resource: ingresses,
      namesIn: albIngresses,
      ownersOf(ingress) {
        const owners = Object.keys(managedIn(ingress.metadata.annotations ?? {}));
        return owners.length === 0 || !isAlbIngress(ingress, albIngressClasses) ? undefined : owners;
      },
      cleanup: cleanupAlbIngress,
    },
    {
      resource: destinationRules(routers.istioApiVersion),
      isOptional: true,
      isElsewhere,
      namesIn: (rollout) => {
        const { name } = trafficRoutingOf(rollout)?.istio?.destinationRule ?? {};
        return name === undefined ? [] : [name];
      },
      ownersOf(rule) {
        const owner = rule.metadata.annotations?.[managedByAnnotation];
        return owner === undefined ? undefined : [owner];
      },
      cleanup: cleanupDestinationRule,
    },
  ];
}

function queueKey({ resource }: Marked, ref: Ref): string {
  return `${nameOf(resource)} ${keyOf(ref)}`;
}

function addressed(kinds: ReadonlyMap<string, Marked>, key: string): { readonly marked: Marked; readonly ref: Ref } {
  const [kind = '', place = ''] = key.split(' ');
  const marked = kinds.get(kind);
  if (marked === undefined) throw new Error(`Cannot clean up "${key}": Rollouts leave no marks on that kind`);
  return { marked, ref: refOfKey(place) };
}

function cachedRollouts(
  caches: RolloutCaches,
  { metadata: { namespace = '' } }: KubeObject,
  owners: readonly string[] | 'all',
): readonly Rollout[] {
  const found =
    owners === 'all'
      ? [...caches.rollouts.list(namespace)]
      : owners.flatMap((name) => caches.rollouts.get({ namespace, name }) ?? []);
  return found.map(readRollout);
}

async function storedRollouts(
  client: Context['cluster']['client'],
  { metadata: { namespace = '' } }: KubeObject,
  owners: readonly string[] | 'all',
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const found =
    owners === 'all'
      ? await client.list(rollouts, { namespace, signal })
      : await Promise.all(owners.map((name) => client.get(rollouts, { namespace, name }, signal)));
  return found.filter((object) => object !== undefined);
}

function isReadable(object: KubeObject): boolean {
  const parsed = parseRollout(object);
  return parsed.ok && parsed.dropped.length === 0;
}
