/** The Canary controller: watches Canaries and runs a pass over each when it is written, when it ticks and when its traffic has drained. */
import type { Canary } from '#api/canary.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import type { Cluster } from '#cluster/cluster.ts';
import { isRecord } from '#cluster/kube-object.ts';
import { canaries, deployments, keyOf, metricTemplates, refOfKey, services } from '#cluster/resource.ts';
import type { Shards } from '#cluster/sharding.ts';
import { WorkQueue } from '#cluster/work-queue.ts';
import { namesOf } from '#engine/canary/names.ts';
import { PassFailed, type Effect } from '#engine/canary/effects.ts';
import { intervalOf } from '#engine/canary/policy.ts';
import type { Snapshot } from '#engine/canary/snapshot.ts';
import { tick } from '#engine/canary/tick.ts';
import type { CancelTimer } from '#runtime/clock.ts';
import { errorText } from '#runtime/error-text.ts';
import { withoutUserinfo } from '#runtime/redact.ts';
import type { Context } from '../context.ts';
import { runPass } from '../run-pass.ts';
import { alertingWith } from './alerting.ts';
import { openCaches } from './caches.ts';
import { configTracking } from './config-tracking.ts';
import { canaryGauges } from './gauges.ts';
import { measuringWith } from './measuring.ts';
import { Memories, type Memory } from './memories.ts';
import { waitsOf, withOwnFields } from './dropped-status.ts';
import { kindsOf, observe, readCanary, targetOf } from './observing.ts';
import { ownership } from './ownership.ts';
import { performerOf, type PerformingDeps } from './performing.ts';
import type { CanarySettings } from './settings.ts';

/** Passes wait for hooks, for metrics and for their turn at the API server most of the time: so many wait side by side. */
const concurrency = 1_024;

export interface CanaryController {
  /** Ends the loop; passes that run have `grace` milliseconds to end by themselves. */
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** Starts the controller: it runs until it is stopped. `version` is shown in the metric `flagger_info`. With `shards` it works on those that it gets. */
export function startCanaryController(
  context: Context,
  settings: CanarySettings,
  version: string,
  shards?: Shards,
): CanaryController {
  const { clock, cluster, log, registry, random } = context;
  const caches = openCaches(context, settings.namespace);
  const owned = ownership(cluster, shards);
  const ours = function* (): Generator<KubeObject> {
    for (const object of caches.canaries.list())
      if (owned.clusterFor(keyOf(object.metadata)) !== undefined) yield object;
  };
  const memories = new Memories();
  const live = { list: ours, has: (key: string) => memories.get(key) !== undefined };
  const gauges = canaryGauges(registry, live, settings.meshProvider, version);
  const configs = configTracking(cluster.client, caches);
  const deps: PerformingDeps = {
    context,
    caches,
    settings,
    gauges,
    configs,
    alerting: alertingWith({ ...context, caches, settings }),
    measuring: measuringWith(context, caches, settings),
  };
  // Such addresses are secrets as a whole: whoever has one may post.
  if (settings.eventWebhook !== undefined) context.redactor.register(withoutUserinfo(settings.eventWebhook));
  const queue = new WorkQueue({
    clock,
    random,
    concurrency,
    hooks: {
      ...cluster.metrics.queue('canary'),
      failed: (key, error) => tellFailure(key, error),
    },
    work: (key, signal) => work(key, signal),
  });

  const work = async (key: string, signal: AbortSignal): Promise<{ wakeIn?: number | undefined }> => {
    const memory = memories.get(key);
    const part = owned.clusterFor(key);
    if (memory === undefined || part === undefined) return {};
    if (memory.isTakenOver === true) await catchUp(key, memory, signal);
    const object = caches.canaries.get(refOfKey(key));
    if (object === undefined) return {};
    const kinds = [canaries, deployments, services, metricTemplates, ...kindsOf(readCanary(object).canary)];
    await caches.need(kinds, signal);
    const due = memories.take(key, object, clock.monotonic());
    if (due !== undefined) await passOver(key, object, memory, { due, signal, part });
    return { wakeIn: memories.wakeIn(key, clock.monotonic()) };
  };

  /** What the engine could not turn into a Warning of its own: a Canary must not stand still without a word. */
  const tellFailure = (key: string, error: unknown): void => {
    const message = context.redactor.scrub(`A pass failed: ${errorText(error)}`);
    log.error(message, { canary: key.replace('/', '.') });
    const canary = caches.canaries.get(refOfKey(key));
    if (canary !== undefined)
      owned.clusterFor(key)?.events.record(canary, { type: 'Warning', reason: 'Synced', message });
  };

  /** What the target's pods refer to. */
  const configsOf = async (canary: Canary, signal: AbortSignal): Promise<Snapshot['configs']> => {
    const target = settings.configTracking ? targetOf(canary, caches) : undefined;
    if (target === undefined) return settings.configTracking ? [] : undefined;
    return configs.see(target.spec.template.spec, namesOf(canary).namespace, signal);
  };

  const catchUp = async (key: string, memory: Memory, signal: AbortSignal): Promise<void> => {
    const live = await cluster.client.get(canaries, refOfKey(key), signal);
    if (live !== undefined) cluster.stores.learn(canaries, live);
    memory.isTakenOver = false;
  };

  const passOver = async (
    key: string,
    object: KubeObject,
    memory: Memory,
    { due, signal, part }: { due: Snapshot['due']; signal: AbortSignal; part: Cluster },
  ): Promise<void> => {
    const startedAt = clock.monotonic();
    const read = withOwnFields(readCanary(object), memory.written);
    const configs = await configsOf(read.canary, signal).catch((error: unknown) => {
      // Nothing of the pass has happened yet: what was due still is, when the queue tries again.
      memories.again(key, due, clock.monotonic());
      throw error;
    });
    const seen = observe(read, caches, settings, {
      due,
      now: clock.now(),
      unwritten: memory.unwritten,
      random,
      configs,
    });
    let analysed = false;
    const perform = performerOf({ ...deps, context: { ...context, cluster: part } }, { seen, object, signal });
    const watched = (effect: Effect): Promise<unknown> => {
      analysed ||=
        effect.do === 'measure' || (effect.do === 'call-hook' && checkHooks.has(effect.hook.type || 'rollout'));
      if (effect.do === 'write-status') memory.written = waitsOf(effect.status);
      return perform(effect);
    };
    try {
      const { wakeIn, unwritten } = await runPass(tick(seen), watched, (error) => error instanceof PassFailed);
      memory.wakeAt = wakeIn === undefined ? undefined : clock.monotonic() + wakeIn;
      memory.unwritten = unwritten;
    } catch (error) {
      // Another process works on it now: what this one has not written is that one's business.
      if (!(error instanceof WritesStopped)) throw error;
      memory.wakeAt = undefined;
    }
    if (due === 'sync') return;
    gauges.ticked(key, phaseOf(caches.canaries.get(refOfKey(key))));
    if (analysed) gauges.tookSeconds(seen.canary, (clock.monotonic() - startedAt) / 1000);
  };

  const look = (key: string, after: KubeObject, isTakenOver = false): void => {
    const { memory, isNew } = memories.meet(key, after, isTakenOver);
    if (isNew) gauges.forget(key);
    // Status writes change no generation: they move nothing.
    if (memory.generation !== after.metadata.generation) queue.add(key);
  };

  const forget = (key: string): void => {
    for (const part of [memories, gauges, queue]) part.forget(key);
  };

  const unsubscribe = caches.canaries.onChange((before, after) => {
    const object = after ?? before;
    if (object === undefined) return;
    const key = keyOf(object.metadata);
    if (after === undefined) forget(key);
    else if (owned.clusterFor(key) !== undefined) look(key, after);
  });

  owned.begin({
    taken(belongs) {
      for (const object of ours()) if (belongs(keyOf(object.metadata))) look(keyOf(object.metadata), object, true);
    },
    async given(belongs) {
      const keys = [...memories.keys()].filter(belongs);
      await Promise.all(keys.map((key) => queue.ended(key)));
      keys.forEach(forget);
    },
  });

  let cancel: CancelTimer = () => {};
  const loop = (): void => {
    cancel = clock.after(settings.controlLoopInterval, () => {
      loop();
      for (const key of memories.schedule(tickOf, clock.monotonic())) queue.add(key);
    });
  };
  const tickOf = (key: string): number | undefined => {
    const object = caches.canaries.get(refOfKey(key));
    return object === undefined ? undefined : intervalOf(readCanary(object).canary, settings.minAnalysisInterval);
  };
  loop();

  return {
    async stop(options) {
      unsubscribe();
      cancel();
      await queue.stop(options);
    },
  };
}

/** Hooks whose calls belong to the checks of a tick. */
const checkHooks: ReadonlySet<string> = new Set(['rollout', 'pre-rollout']);

/** Without reading the whole Canary, which this pass has just written: the next one reads it. */
function phaseOf(object: KubeObject | undefined): string {
  const status = object?.['status'];
  const phase = isRecord(status) ? status['phase'] : undefined;
  return typeof phase === 'string' ? phase : '';
}
