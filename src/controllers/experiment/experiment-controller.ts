/** The Experiment controller: runs passes over Experiments, their ReplicaSets, Services and AnalysisRuns, and writes one status a pass. */
import { parseAnalysisRun, type AnalysisRun } from '#api/analysis-run.ts';
import { parseAnalysisTemplate } from '#api/analysis-template.ts';
import { parseExperiment, type Experiment } from '#api/experiment.ts';
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
import { WorkQueue } from '#cluster/work-queue.ts';
import type { FindTemplate } from '#engine/analysis/flatten.ts';
import {
  PassFailed,
  type Answers,
  type Changed,
  type Created,
  type Effect,
  type EventEffect,
} from '#engine/experiment/effects.ts';
import { reconcileExperiment } from '#engine/experiment/pass.ts';
import { hashLabel, type ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import { change, reaching, remove, writeStatus } from '../conditional-writes.ts';
import type { Context } from '../context.ts';
import { logFailedPass } from '../failed-pass.ts';
import { queueMetrics } from '../queue-metrics.ts';
import { ownerIndex, ownerIndexes } from '../rollout/caches.ts';
import { runPass } from '../run-pass.ts';
import { experimentMetrics } from './metrics.ts';

export interface ExperimentSettings {
  readonly namespace?: string;
  /** Selects what this controller works on. */
  readonly labelSelector: string;
}

export interface ExperimentController {
  stop(options?: { readonly grace?: number }): Promise<void>;
}

const concurrency = 64;
const failureBackOff = { base: 5, max: 10_000 };

export function startExperimentController(context: Context, settings: ExperimentSettings): ExperimentController {
  const { clock, cluster, log, random } = context;
  const { client } = cluster;
  const scope = settings.namespace === undefined ? {} : { namespace: settings.namespace };
  const own = { ...scope, labelSelector: settings.labelSelector };
  const stores = {
    experiments: cluster.stores.of(experiments, { ...own, indexes: ownerIndexes }),
    sets: cluster.stores.of(replicaSets, { ...scope, labelSelector: hashLabel, indexes: ownerIndexes }),
    services: cluster.stores.of(services, { ...scope, indexes: ownerIndexes }),
    runs: cluster.stores.of(analysisRuns, { ...own, indexes: ownerIndexes }),
    templates: cluster.stores.of(analysisTemplates, own),
    rollouts: cluster.stores.of(rollouts, own),
    ...(settings.namespace === undefined
      ? { clusterTemplates: cluster.stores.of(clusterAnalysisTemplates, { labelSelector: settings.labelSelector }) }
      : {}),
  };
  const passes = experimentMetrics(
    context.registry,
    () => stores.experiments.list(),
    () => clock.monotonic(),
  );
  const queue = new WorkQueue({
    clock,
    random,
    concurrency,
    backOff: failureBackOff,
    hooks: queueMetrics(context.registry, 'Experiments', {
      ...cluster.metrics.queue('experiment'),
      failed: (key, error) => logFailedPass(log, error, { experiment: key }),
    }),
    work: (key, signal) => passes.measure(key, () => work(key, signal)),
  });

  const work = async (key: string, signal: AbortSignal): Promise<{ wakeIn?: number | undefined }> => {
    const object = stores.experiments.get(refOfKey(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
    const parsed = parseExperiment(object);
    if (!parsed.ok) return {};
    await Promise.all(Object.values(stores).map((store) => store.ready));
    try {
      const wakeAt = await pass(object, parsed.experiment, signal);
      return { wakeIn: wakeAt === undefined ? undefined : Math.max(0, wakeAt - clock.now()) };
    } catch (error) {
      // Another process works now.
      if (error instanceof WritesStopped) return {};
      throw error;
    }
  };

  /** Answers when to look again, in milliseconds since the epoch. */
  const pass = async (object: KubeObject, experiment: Experiment, signal: AbortSignal): Promise<number | undefined> => {
    const { uid = '', namespace = '' } = object.metadata;
    const seen = {
      experiment,
      // The stores hold what the API server sends for these kinds.
      sets: [...stores.sets.byIndex(ownerIndex, uid)] as ReplicaSet[],
      services: [...stores.services.byIndex(ownerIndex, uid)],
      runs: [...stores.runs.byIndex(ownerIndex, uid)].flatMap((run) => readRun(run) ?? []),
      findTemplate: templatesOf(namespace),
      now: clock.now(),
    };
    const outcome = await runPass(
      reconcileExperiment(seen),
      (effect) => perform(effect, object, signal),
      (error) => error instanceof PassFailed,
    );
    await writeStatus(client, { resource: experiments, live: object, subresource: false }, outcome.status, signal);
    for (const event of outcome.events) tell(event, object);
    return outcome.wakeAt;
  };

  const templatesOf =
    (namespace: string): FindTemplate =>
    (name, clusterScope) => {
      const found = clusterScope ? stores.clusterTemplates?.get({ name }) : stores.templates.get({ namespace, name });
      const parsed = found === undefined ? undefined : parseAnalysisTemplate(found);
      return parsed?.ok === true ? parsed.template : undefined;
    };

  const tell = ({ on, type, reason, message }: EventEffect, object: KubeObject): void => {
    const { namespace = '', ownerReferences = [] } = object.metadata;
    const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === 'Rollout');
    const about = on === 'experiment' ? object : owner && stores.rollouts.get({ namespace, name: owner.name });
    if (about !== undefined) cluster.events.record(about, { type, reason, message });
  };

  const perform = async (effect: Effect, object: KubeObject, signal: AbortSignal): Promise<Answers[Effect['do']]> => {
    const { namespace = '' } = object.metadata;
    switch (effect.do) {
      case 'event':
        return tell(effect, object);
      case 'create-set':
        return create<ReplicaSet>(replicaSets, effect.object, signal);
      case 'create-service':
        return create(services, effect.object, signal);
      case 'create-run':
        return create<AnalysisRun>(analysisRuns, effect.object, signal);
      case 'change-set':
        return changed(() => change(client, replicaSets, effect.set, effect.changes, signal));
      case 'change-run':
        return changed(() => change(client, analysisRuns, effect.run, effect.changes, signal));
      case 'delete-service':
        return changed(() => remove(client, services, effect.service, signal));
      case 'find-run': {
        const found = await reaching(() => client.get(analysisRuns, { namespace, name: effect.name }, signal));
        return found === undefined ? undefined : readRun(found);
      }
    }
  };

  async function create<T extends KubeObject>(resource: Resource, object: T, signal: AbortSignal): Promise<Created<T>> {
    const answer = await reaching(() => client.create(resource, object, { signal }));
    // The API server answers with the kind that it was sent.
    if (answer.ok) return { how: 'created', object: answer.object as T };
    if (answer.why !== 'exists') return { how: 'refused', message: answer.message };
    const found = await reaching(() => client.get(resource, refOf(object), signal));
    return { how: 'exists', object: found as T | undefined, message: answer.message };
  }

  const wakeOwner = (before: KubeObject | undefined, after: KubeObject | undefined): void => {
    const object = after ?? before;
    const owner = (object?.metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
    const { namespace = '' } = object?.metadata ?? {};
    if (owner?.kind === 'Experiment') queue.add(keyOf({ namespace, name: owner.name }));
  };
  stores.experiments.onChange((before, after) => {
    if (after !== undefined) queue.add(keyOf(after.metadata));
    if (after !== undefined && before === undefined) passes.appeared(keyOf(after.metadata));
    if (after === undefined && before !== undefined) passes.forget(keyOf(before.metadata));
  });
  for (const store of [stores.sets, stores.services, stores.runs]) store.onChange(wakeOwner);
  return { stop: (options) => queue.stop(options) };
}

/** What the API server refuses becomes an answer; that somebody else has written ends the pass. */
async function changed(write: () => Promise<unknown>): Promise<Changed> {
  try {
    await write();
    return { ok: true };
  } catch (error) {
    if (!(error instanceof PassFailed)) throw error;
    return { ok: false, message: error.message };
  }
}

function readRun(object: KubeObject): AnalysisRun | undefined {
  const parsed = parseAnalysisRun(object);
  return parsed.ok ? parsed.run : undefined;
}
