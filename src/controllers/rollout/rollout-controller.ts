/** The Rollout controller: watches Rollouts and what they own and refer to, and runs passes over each until there is nothing left to do. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import {
  analysisRuns,
  analysisTemplates,
  clusterAnalysisTemplates,
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
import { errorText } from '#runtime/error-text.ts';
import type { RouteEvent } from '#traffic/rollout/router.ts';
import { OutdatedPass } from '../conditional-writes.ts';
import type { Context } from '../context.ts';
import { logFailedPass } from '../failed-pass.ts';
import { queueMetrics } from '../queue-metrics.ts';
import { openRolloutCaches } from './caches.ts';
import { startCleaner } from './cleaner.ts';
import { Dependencies } from './dependencies.ts';
import { findIstioCluster } from './istio-cluster.ts';
import { rolloutMetrics } from './metrics.ts';
import { kindsOf, readRollout, unreadParts } from './observing.ts';
import { runPasses } from './passes.ts';
import type { Performer, Rests } from './performer.ts';
import { repeatedFailures } from './repeated-failures.ts';
import { servedRoutes } from './route-versions.ts';
import { requestMetrics } from './request-metrics.ts';
import { routedBy } from './routers.ts';
import type { RolloutSettings } from './settings.ts';

export interface RolloutController {
  /** Ends the loop; passes that run have `grace` milliseconds to end by themselves. */
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** As the original: a Rollout that fails is tried again soon, and every ten seconds at least. */
const failureBackOff = { base: 5, max: 10_000 };

export function startRolloutController(outer: Context, settings: RolloutSettings): RolloutController {
  const istio = findIstioCluster(outer, settings);
  const context = { ...outer, cluster: istio.cluster };
  const { clock, cluster, log, random } = context;
  const dependencies = new Dependencies();
  const caches = openRolloutCaches(context, settings, (resource, store) => wakeReaders(resource, store));
  const metrics = rolloutMetrics(
    context.registry,
    () => caches.rollouts.list(),
    settings.build,
    () => clock.monotonic(),
  );
  cluster.metrics.observeEvents(({ kind, metadata }, { type, reason }) => {
    if (kind === rollouts.kind) metrics.event(keyOf(metadata), type, reason);
  });
  requestMetrics(context.registry, cluster.metrics, () => clock.monotonic());
  const optionsFor = servedRoutes(cluster, clock, settings.routers);
  const failures = repeatedFailures();
  const rests = new Map<string, Rests>();
  const counting = new Map<string, number>();
  const queue = new WorkQueue({
    clock,
    random,
    concurrency: settings.concurrency,
    backOff: failureBackOff,
    hooks: queueMetrics(context.registry, 'Rollouts', {
      ...cluster.metrics.queue('rollout'),
      failed: (key, error) => logFailedPass(log, error, { rollout: key }),
    }),
    work: (key, signal) => metrics.passes.measure(key, () => work(key, signal)),
  });

  const record = (object: KubeObject, event: RouteEvent): void => cluster.events.record(object, event);

  const work = async (key: string, signal: AbortSignal): Promise<{ wakeIn?: number | undefined }> => {
    const object = caches.rollouts.get(refOfKey(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
    let hasWarned = false;
    const tell = (subject: KubeObject, event: RouteEvent): void => {
      hasWarned ||= event.type === 'Warning';
      record(subject, event);
    };
    try {
      const performer = await prepare(key, object, signal, tell);
      const { isDone, wakeIn } = await runPasses(performer);
      failures.forget(key);
      if (isDone) return { wakeIn };
      log.error('Cannot come to rest after many passes in a row', { rollout: key });
      return { wakeIn: failureBackOff.max };
    } catch (error) {
      // Another process works now.
      if (error instanceof WritesStopped) return {};
      const message = errorText(error);
      const isNews = !hasWarned && !(error instanceof OutdatedPass);
      if (isNews && failures.failed(key, message))
        record(object, { type: 'Warning', reason: 'RolloutReconcileError', message });
      throw error;
    }
  };

  const prepare = async (
    key: string,
    object: KubeObject,
    signal: AbortSignal,
    tell: (object: KubeObject, event: RouteEvent) => void,
  ): Promise<Performer> => {
    const stored = readRollout(object);
    const { routers, resources } = routedBy(stored, await optionsFor(stored, signal));
    await caches.need([rollouts, replicaSets, services, analysisRuns, experiments, analysisTemplates], signal);
    await caches.need(kindsOf(stored, resources), signal);
    const own = rests.get(key) ?? new Map();
    rests.set(key, own);
    const performer: Performer = {
      cluster,
      caches,
      dependencies,
      settings,
      key,
      routers,
      signal,
      rests: own,
      counting,
      now: () => clock.now(),
      record: (event) => tell(performer.object, event),
      measure: (update) => metrics.finished(update),
      object,
      rollout: stored,
      pending: undefined,
      finished: [],
      hasChanged: false,
    };
    return performer;
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
    // Also the one that has just lost it: it may want it back.
    for (const object of [before, after]) {
      const { namespace = '', ownerReferences = [] } = object?.metadata ?? {};
      const owner = ownerReferences.find(({ controller }) => controller === true);
      if (owner?.kind === 'Rollout') queue.add(keyOf({ namespace, name: owner.name }));
    }
  };

  caches.rollouts.onChange((before, after) => {
    const object = after ?? before;
    if (object === undefined) return;
    const key = keyOf(object.metadata);
    const { name, namespace } = object.metadata;
    if (before === undefined) {
      metrics.passes.appeared(key);
      record(object, {
        type: 'Normal',
        reason: 'RolloutAddedToInformer',
        message: `Rollout resource added to informer: ${namespace}/${name}`,
      });
    }
    if (after !== undefined) {
      queue.add(key);
      if (before?.metadata.generation !== after.metadata.generation)
        for (const part of unreadParts(after)) log.warn('Cannot read all of a Rollout', { rollout: key, part });
      return;
    }
    record(object, {
      type: 'Normal',
      reason: 'RolloutDeleted',
      message: `Rollout ${name}/${namespace} is deleted.`,
    });
    dependencies.forget(key);
    failures.forget(key);
    rests.delete(key);
    counting.delete(key);
    metrics.passes.forget(key);
    queue.forget(key);
  });
  for (const store of [caches.replicaSets, caches.runs, caches.experiments]) store.onChange(wakeOwner);
  wakeReaders(services, caches.services);
  wakeReaders(analysisTemplates, caches.of(analysisTemplates));
  if (settings.namespace === undefined) wakeReaders(clusterAnalysisTemplates, caches.of(clusterAnalysisTemplates));
  const cleaner = startCleaner(context, caches, settings, istio);

  return {
    async stop(options) {
      await Promise.all([queue.stop(options), cleaner.stop(options)]);
      await istio.stop();
    },
  };
}
