/** The Rollout controller: watches Rollouts and what they own and refer to, and runs passes over each until there is nothing left to do. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import {
  analysisRuns,
  analysisTemplates,
  experiments,
  keyOf,
  refOf,
  refOfKey,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { WorkQueue } from '#cluster/work-queue.ts';
import { PassFailed } from '#engine/rollout/effects.ts';
import { rolloutPass } from '#engine/rollout/pass.ts';
import { errorText } from '#runtime/error-text.ts';
import { RouteError } from '#traffic/router.ts';
import { routersOf, type NamedRouter } from '#traffic/rollout/routers.ts';
import type { Context } from '../context.ts';
import { runPass } from '../run-pass.ts';
import { openRolloutCaches } from './caches.ts';
import { Dependencies } from './dependencies.ts';
import { kindsOf, observe, readRollout } from './observing.ts';
import { flushStatus, perform, type Performer } from './performing.ts';
import type { RolloutSettings } from './settings.ts';
import { OutdatedPass } from '../conditional-writes.ts';

export interface RolloutController {
  /** Ends the loop; passes that run have `grace` milliseconds to end by themselves. */
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** As the original: a Rollout that fails is tried again soon, and every ten seconds at least. */
const failureBackOff = { base: 5, max: 10_000 };

/** Passes in a row over one Rollout before others get their turn. */
const mostRounds = 32;

export function startRolloutController(context: Context, settings: RolloutSettings): RolloutController {
  const { clock, cluster, log, random } = context;
  const dependencies = new Dependencies();
  const caches = openRolloutCaches(context, settings, (resource, store) => wakeReaders(resource, store));
  const queue = new WorkQueue({
    clock,
    random,
    concurrency: settings.concurrency,
    backOff: failureBackOff,
    hooks: {
      ...cluster.metrics.queue('rollout'),
      failed: (key, error) => log.warn(`A pass failed: ${errorText(error)}`, { rollout: key }),
    },
    work: (key, signal) => work(key, signal),
  });

  const work = async (key: string, signal: AbortSignal): Promise<{ wakeIn?: number | undefined }> => {
    const object = caches.rollouts.get(refOfKey(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
    const stored = readRollout(object);
    const routers = routersFor(stored);
    const routed = routers.flatMap(({ router }) => router.resources(stored));
    await caches.need([rollouts, replicaSets, services, analysisRuns, experiments, analysisTemplates], signal);
    await caches.need(kindsOf(stored, routed), signal);
    const performer: Performer = {
      cluster,
      caches,
      dependencies,
      key,
      routers,
      signal,
      object,
      rollout: stored,
      pending: undefined,
      hasChanged: false,
    };
    try {
      return { wakeIn: await runPasses(performer) };
    } catch (error) {
      // Another process works now, or somebody has written in between: the watch brings what is new.
      if (error instanceof WritesStopped) return {};
      throw error;
    }
  };

  const runPasses = async (performer: Performer): Promise<number | undefined> => {
    for (let round = 0; round < mostRounds; round++) {
      const stored = readRollout(performer.object);
      const current = performer.pending === undefined ? stored : { ...stored, status: performer.pending };
      const seen = observe(current, {
        caches,
        dependencies,
        key: performer.key,
        now: clock.now(),
        instanceId: settings.instanceId,
        routers: performer.routers.map(({ name }) => name),
      });
      performer.rollout = seen.rollout;
      performer.hasChanged = false;
      const { wakeIn } = await runPass(
        rolloutPass(seen),
        (effect) => perform(performer, effect),
        (error) => error instanceof PassFailed,
      ).catch(async (error: unknown) => {
        // What was decided before holds all the same.
        if (!(error instanceof OutdatedPass)) await flushStatus(performer);
        throw error;
      });
      if (!performer.hasChanged) {
        await flushStatus(performer);
        return wakeIn;
      }
    }
    await flushStatus(performer);
    log.error(`Cannot come to rest after ${mostRounds} passes in a row`, { rollout: performer.key });
    return failureBackOff.max;
  };

  const routersFor = (rollout: Rollout): readonly NamedRouter[] => {
    try {
      return routersOf(rollout, settings.routers);
    } catch (error) {
      // Told when the pass comes to its traffic.
      if (error instanceof RouteError) return [];
      throw error;
    }
  };

  /** A change of anything that a pass has read. */
  const wakeReaders = (resource: Resource, store: Store): void => {
    store.onChange((before, after) => {
      const object = after ?? before;
      if (object === undefined || before?.metadata.resourceVersion === after?.metadata.resourceVersion) return;
      const ref = resource.namespaced ? refOf(object) : { name: object.metadata.name };
      for (const key of dependencies.readersOf(resource, ref)) queue.add(key);
    });
  };

  const wakeOwner = (before: KubeObject | undefined, after: KubeObject | undefined): void => {
    const object = after ?? before;
    if (object === undefined) return;
    const owner = (object.metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
    const { namespace = '' } = object.metadata;
    if (owner?.kind === 'Rollout') queue.add(keyOf({ namespace, name: owner.name }));
  };

  caches.rollouts.onChange((before, after) => {
    const object = after ?? before;
    if (object === undefined) return;
    const key = keyOf(object.metadata);
    const { name, namespace } = object.metadata;
    if (before === undefined)
      cluster.events.record(object, {
        type: 'Normal',
        reason: 'RolloutAddedToInformer',
        message: `Rollout resource added to informer: ${namespace}/${name}`,
      });
    if (after === undefined) {
      dependencies.forget(key);
      cluster.events.record(object, {
        type: 'Normal',
        reason: 'RolloutDeleted',
        message: `Rollout ${name}/${namespace} is deleted.`,
      });
      queue.forget(key);
    } else queue.add(key);
  });
  for (const store of [caches.replicaSets, caches.runs, caches.experiments]) store.onChange(wakeOwner);
  wakeReaders(services, caches.services);

  return { stop: (options) => queue.stop(options) };
}
