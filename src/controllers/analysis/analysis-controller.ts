/** The AnalysisRun controller: takes the measurements that a run wants, and writes one status a round. */
import { parseAnalysisRun, type AnalysisRun, type AnalysisRunStatus } from '#api/analysis-run.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { WritesStopped } from '#cluster/api-error.ts';
import { sameJson } from '#cluster/merge-diff.ts';
import {
  analysisRuns,
  analysisTemplates,
  clusterAnalysisTemplates,
  jobs,
  keyOf,
  refOf,
  refOfKey,
} from '#cluster/resource.ts';
import type { Store } from '#cluster/store.ts';
import { WorkQueue } from '#cluster/work-queue.ts';
import type { SecretAnswer, SecretRef } from '#engine/analysis/arguments.ts';
import { isCompleted } from '#engine/analysis/phases.ts';
import { armTasks, concludeRun, planRun, type Findings, type RunOutcome } from '#engine/analysis/run.ts';
import { expiresAt } from '#engine/analysis/time-to-live.ts';
import { jobNameOf } from '#metrics/analysis/job.ts';
import { findAnalysisProvider } from '#metrics/analysis/providers.ts';
import type { AnalysisProviderDeps } from '#metrics/analysis/provider.ts';
import { refusingLocal } from '#runtime/local-addresses.ts';
import type { Context } from '../context.ts';
import { logFailedPass } from '../failed-pass.ts';
import { queueMetrics } from '../queue-metrics.ts';
import { secretData } from '../secret-data.ts';
import { OutdatedPass, remove, writeStatus } from '../conditional-writes.ts';
import { instanceSelector } from '../rollout/caches.ts';
import { carryOut } from './measuring.ts';
import { analysisMetrics } from './metrics.ts';

export interface AnalysisSettings {
  readonly namespace?: string;
  /** Selects what this controller works on. */
  readonly labelSelector: string;
  /** Where the controller runs: Secrets of providers are there. */
  readonly ownNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads files that the environment names. */
  readonly readText?: (file: string) => Promise<string>;
  /** Refuses addresses of this machine, its links and clouds' metadata where users give them. Default false. */
  readonly refuseLocalAddresses?: boolean;
}

export const defaultAnalysisSettings: AnalysisSettings = {
  labelSelector: instanceSelector(undefined),
  ownNamespace: 'argo-rollouts',
  env: {},
};

export interface AnalysisController {
  stop(options?: { readonly grace?: number }): Promise<void>;
}

/** A run waits for its providers most of the time, and costs nothing then. */
const concurrency = 512;
const failureBackOff = { base: 5, max: 10_000 };
/** How often a status is reckoned anew because the run was edited while it was measured. */
const attempts = 5;

export function startAnalysisController(context: Context, settings: AnalysisSettings): AnalysisController {
  const { clock, cluster, http, log, random } = context;
  const { client } = cluster;
  const scope = settings.namespace === undefined ? {} : { namespace: settings.namespace };
  const runs: Store = cluster.stores.of(analysisRuns, { ...scope, labelSelector: settings.labelSelector });
  const jobStore: Store = cluster.stores.of(jobs, { ...scope, labelSelector: jobLabel });
  const deps: AnalysisProviderDeps = {
    http: settings.refuseLocalAddresses === true ? refusingLocal(http) : http,
    operatorHttp: http,
    clock,
    env: settings.env,
    client,
    secret: (namespace, name, signal) => secretData(context, { namespace, name }, signal),
    ownNamespace: settings.ownNamespace,
    ...(settings.readText === undefined ? {} : { readText: settings.readText }),
  };
  const passes = analysisMetrics(
    context.registry,
    { runs: () => runs.list(), templates: templatesOf(context, settings) },
    () => clock.monotonic(),
  );
  const queue = new WorkQueue({
    clock,
    random,
    concurrency,
    backOff: failureBackOff,
    hooks: queueMetrics(context.registry, 'AnalysisRuns', {
      ...cluster.metrics.queue('analysisrun'),
      failed: (key, error) => logFailedPass(log, error, { analysisRun: key }),
    }),
    work: (key, signal) => passes.measure(key, () => work(key, signal)),
  });

  const work = async (key: string, signal: AbortSignal): Promise<{ wakeIn?: number | undefined }> => {
    const object = runs.get(refOfKey(key));
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return {};
    const run = readRun(object);
    if (run === undefined) return {};
    try {
      const wakeAt = await round(object, run, signal);
      return { wakeIn: wakeAt === undefined ? undefined : Math.max(0, wakeAt - clock.now()) };
    } catch (error) {
      // Another process measures now.
      if (error instanceof WritesStopped) return {};
      throw error;
    }
  };

  /** Answers when to look again, in milliseconds since the epoch. */
  const round = async (object: KubeObject, run: AnalysisRun, signal: AbortSignal): Promise<number | undefined> => {
    const plan = planRun(run, clock.now());
    if (plan.kind === 'over') return endOfLife(object, run, signal);
    if (plan.kind === 'refused') return write(object, run, () => plan.outcome, signal);
    const secrets = await readSecrets(run, plan.secrets, signal);
    const armed = armTasks(
      run,
      plan.tasks,
      (ref) => secrets.get(`${ref.name}/${ref.key}`) ?? missing(ref),
      clock.now(),
    );
    if (!armed.ok) return write(object, run, () => armed.outcome, signal);
    for (const value of armed.secretValues) context.redactor.register(value);
    const measured = await Promise.all(armed.tasks.map((task) => carryOut(task, run, deps, signal)));
    const findings: Findings = { measured, secretValues: armed.secretValues };
    return write(object, run, (latest) => concludeRun(latest, findings, clock.now()), signal);
  };

  const readSecrets = async (
    { metadata: { namespace = '' } }: AnalysisRun,
    refs: readonly SecretRef[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, SecretAnswer>> => {
    const answers = new Map<string, SecretAnswer>();
    for (const { name, key } of refs) {
      const data = await secretData(context, { namespace, name }, signal);
      const value = data?.[key];
      if (data === undefined) answers.set(`${name}/${key}`, { ok: false, message: `secrets "${name}" not found` });
      else if (value === undefined)
        answers.set(`${name}/${key}`, { ok: false, message: `key '${key}' does not exist in secret '${name}'` });
      else answers.set(`${name}/${key}`, { ok: true, value });
    }
    return answers;
  };

  /** What was measured must count once, also when somebody has edited the run meanwhile. */
  const write = async (
    object: KubeObject,
    run: AnalysisRun,
    conclude: (latest: AnalysisRun) => RunOutcome,
    signal: AbortSignal,
  ): Promise<number | undefined> => {
    let live = object;
    let latest = run;
    for (let attempt = 1; ; attempt++) {
      const outcome = conclude(latest);
      if (isCompleted(outcome.status.phase)) await stopUnknownJobs(latest, outcome.status, signal);
      try {
        await writeStatus(client, { resource: analysisRuns, live, subresource: false }, outcome.status, signal);
        for (const event of outcome.events) cluster.events.record(live, event);
        await collect(latest, outcome, signal);
        return outcome.wakeAt;
      } catch (error) {
        if (!(error instanceof OutdatedPass) || attempt === attempts) throw error;
        // The watch has brought it already, unless it is behind.
        const cached = runs.get(refOf(object));
        const isNewer = cached !== undefined && cached.metadata.resourceVersion !== live.metadata.resourceVersion;
        const fresh = isNewer ? cached : await client.get(analysisRuns, refOf(object), signal);
        const read = fresh === undefined || fresh.metadata.uid !== object.metadata.uid ? undefined : readRun(fresh);
        // Gone, or another process has measured as well: its word counts.
        if (fresh === undefined || read === undefined) return undefined;
        if (!sameJson(read.status, run.status)) throw error;
        live = fresh;
        latest = read;
      }
    }
  };

  /** A process that died right after it had created a Job leaves one behind of which no measurement knows. */
  const stopUnknownJobs = async (
    { metadata: { uid } }: AnalysisRun,
    { metricResults = [] }: AnalysisRunStatus,
    signal: AbortSignal,
  ): Promise<void> => {
    const known = new Set(metricResults.flatMap(({ measurements = [] }) => measurements.map(jobNameOf)));
    for (const job of jobStore.list()) {
      if (job.metadata.labels?.[jobLabel] !== uid || known.has(job.metadata.name) || hasEnded(job)) continue;
      await client.delete(jobs, refOf(job), { propagation: 'Foreground', signal });
    }
  };

  const collect = async (run: AnalysisRun, { trimmed }: RunOutcome, signal: AbortSignal): Promise<void> => {
    for (const { metric, keep } of trimmed) {
      const provider = findAnalysisProvider(metric)?.(deps);
      await provider?.collect?.({ metric, run, signal }, keep);
    }
  };

  const endOfLife = async (object: KubeObject, run: AnalysisRun, signal: AbortSignal): Promise<number | undefined> => {
    const at = expiresAt(run);
    if (at === undefined || at > clock.now()) return at;
    await remove(client, analysisRuns, object, signal);
    return undefined;
  };

  /** A Job that has ended need not wait for the next look at it. */
  jobStore.onChange((_before, after) => {
    const { namespace = '', annotations = {}, ownerReferences = [] } = after?.metadata ?? {};
    const owner = ownerReferences.find(({ controller, kind }) => controller === true && kind === 'AnalysisRun');
    const name = owner?.name ?? annotations['analysisrun.argoproj.io/name'];
    if (after === undefined || name === undefined || !hasEnded(after)) return;
    queue.add(keyOf({ namespace: annotations['analysisrun.argoproj.io/namespace'] ?? namespace, name }));
  });
  runs.onChange((before, after) => {
    if (after !== undefined) queue.add(keyOf(after.metadata));
    if (after !== undefined && before === undefined) passes.appeared(keyOf(after.metadata));
    if (after === undefined && before !== undefined) passes.forget(keyOf(before.metadata));
  });
  return { stop: (options) => queue.stop(options) };
}

/** The templates of both kinds, for the metrics: other controllers watch them anyway. */
function templatesOf({ cluster }: Context, { namespace, labelSelector }: AnalysisSettings): () => KubeObject[] {
  const scope = namespace === undefined ? {} : { namespace };
  const stores = [
    cluster.stores.of(analysisTemplates, { ...scope, labelSelector }),
    ...(namespace === undefined ? [cluster.stores.of(clusterAnalysisTemplates, { labelSelector })] : []),
  ];
  return () => stores.flatMap((store) => [...store.list()]);
}

/** On the Jobs that are measurements. */
const jobLabel = 'analysisrun.argoproj.io/uid';

function hasEnded(job: KubeObject): boolean {
  const { conditions = [] } = (job['status'] ?? {}) as { conditions?: readonly { type: string }[] }; // of a Job
  return conditions.some(({ type }) => type === 'Complete' || type === 'Failed');
}

const missing = ({ name }: SecretRef): SecretAnswer => ({ ok: false, message: `secrets "${name}" not found` });

function readRun(object: KubeObject): AnalysisRun | undefined {
  const parsed = parseAnalysisRun(object);
  return parsed.ok ? parsed.run : undefined;
}
