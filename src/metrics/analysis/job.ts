/** A Kubernetes Job as a measurement: it succeeds or fails, and goes on outside this process until then. */
import type { AnalysisMeasurement } from '#api/analysis-run.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { parseTime } from '#api/time.ts';
import { jobs, keyOf, pods } from '#cluster/resource.ts';
import { selectorText } from '#cluster/label-selector.ts';
import type { LabelSelector } from '#api/workload.ts';
import { errorText } from '#runtime/error-text.ts';
import type { AnalysisProviderDeps, MakeAnalysisProvider, MeasurementRequest, ProviderAnswer } from './provider.ts';

/** Finds the Jobs, and their pods, of a run. */
const uidLabel = 'analysisrun.argoproj.io/uid';
const nameKeys = { job: 'job-name', namespace: 'job-namespace' } as const;
/** Statuses hold whole seconds: a shorter wait is over before it begins, and a young Job would be looked at without a pause. */
const shortestWait = 1_000;
/** Of the names of pods and labels. */
const longestName = 63;

export const job: MakeAnalysisProvider = (deps) => ({
  type: 'Job',
  start: (request) => answering(() => start(request, deps)),
  resume: (request) => answering(() => resume(request, deps)),
  terminate: (request) => answering(() => terminate(request, deps)),
  collect: (request, keep) => collect(request, keep, deps),
});

/** What the API server or the network refuses is said in the measurement. */
async function answering(act: () => Promise<ProviderAnswer>): Promise<ProviderAnswer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    return { kind: 'error', message: errorText(error), isOutage: true };
  }
}

async function start(request: MeasurementRequest, deps: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const { run, signal } = request;
  const wanted = newJob(request, deps);
  const created = await deps.client.create(jobs, wanted, { signal });
  if (!created.ok && created.why !== 'exists') return { kind: 'error', message: created.message };
  if (!created.ok) {
    const found = await deps.client.get(jobs, refOf(wanted), signal);
    const owner = found?.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const isOurs =
      owner === undefined ? found?.metadata.labels?.[uidLabel] === run.metadata.uid : owner.uid === run.metadata.uid;
    if (!isOurs) return { kind: 'error', message: created.message };
  }
  const { name, namespace = '' } = wanted.metadata;
  return {
    kind: 'running',
    metadata: { [nameKeys.job]: name, [nameKeys.namespace]: namespace },
    resumeAt: deps.clock.now(),
  };
}

function newJob({ metric, run, taken }: MeasurementRequest, { env }: AnalysisProviderDeps): KubeObject {
  const { name: runName, namespace: home = '', uid = '' } = run.metadata;
  const namespace = env['ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE'] || home;
  const { metadata: given = {}, spec } = metric.provider.job ?? {};
  const suffix = `.${taken + 1}`;
  const middle = metric.name.slice(0, Math.max(0, longestName - uid.length - 1 - suffix.length));
  const owner = {
    apiVersion: run.apiVersion,
    kind: run.kind,
    name: runName,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${uid}.${middle}${suffix}`,
      namespace,
      labels: { ...given.labels, [uidLabel]: uid },
      annotations: {
        ...given.annotations,
        'analysisrun.argoproj.io/name': runName,
        'analysisrun.argoproj.io/namespace': home,
        'analysisrun.argoproj.io/metric-name': metric.name,
      },
      // Owners live in the namespace of what they own.
      ...(namespace === home ? { ownerReferences: [owner] } : {}),
    },
    spec: withLabel(spec, uid),
  };
}

/** The pods are found by the run as well. */
function withLabel(spec: unknown, uid: string): unknown {
  const { template = {}, ...rest } = recordOf(spec);
  const { metadata, ...pod } = recordOf(template);
  const labels = { ...recordOf(recordOf(metadata)['labels']), [uidLabel]: uid };
  return { ...rest, template: { ...pod, metadata: { ...recordOf(metadata), labels } } };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Of the Job that a measurement is; `undefined` for others. */
export const jobNameOf = ({ metadata = {} }: AnalysisMeasurement): string | undefined => metadata[nameKeys.job];

interface JobRef {
  readonly name: string;
  readonly namespace: string;
}

const refOf = ({ metadata: { name, namespace = '' } }: KubeObject): JobRef => ({ name, namespace });

function recordedJob({ measurement }: MeasurementRequest): JobRef | undefined {
  const { [nameKeys.job]: name, [nameKeys.namespace]: namespace } = measurement?.metadata ?? {};
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

const withoutReference: ProviderAnswer = { kind: 'error', message: 'job metadata reference missing' };

async function resume(request: MeasurementRequest, { client, clock }: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const ref = recordedJob(request);
  if (ref === undefined) return withoutReference;
  const found = await client.get(jobs, ref, request.signal);
  if (found === undefined) return { kind: 'error', message: `job.batch "${ref.name}" not found` };
  const { conditions = [] } = (found['status'] ?? {}) as { conditions?: readonly { type: string }[] }; // of a Job
  const verdict = conditions.map(({ type }) => type).findLast((type) => type === 'Complete' || type === 'Failed');
  if (verdict !== undefined) return { kind: 'verdict', phase: verdict === 'Complete' ? 'Successful' : 'Failed' };
  const stuck = await stuckPod(found, request, client);
  if (stuck !== undefined) return { kind: 'verdict', phase: 'Inconclusive', message: stuck };
  const startedAt = parseTime(request.measurement?.startedAt ?? '');
  const seconds = Math.max(0, (clock.now() - startedAt) / 1000);
  // Less and less often: a Job that has taken long may take longer.
  const wait = Math.max(shortestWait, Math.sqrt(2 * seconds) * 1000);
  return { kind: 'running', metadata: {}, resumeAt: clock.now() + wait };
}

const hopeless: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } };
}

/** An image that cannot be had: waiting does not help. */
async function stuckPod(
  found: KubeObject,
  { signal }: MeasurementRequest,
  client: AnalysisProviderDeps['client'],
): Promise<string | undefined> {
  const { selector } = (found['spec'] ?? {}) as { selector?: LabelSelector }; // of a Job
  const { namespace } = found.metadata;
  if (selector === undefined || namespace === undefined) return undefined;
  for (const pod of await client.list(pods, { namespace, labelSelector: selectorText(selector), signal })) {
    const { initContainerStatuses = [], containerStatuses = [] } = (pod['status'] ?? {}) as {
      initContainerStatuses?: readonly ContainerStatus[];
      containerStatuses?: readonly ContainerStatus[];
    }; // of a Pod
    for (const { name, state } of [...initContainerStatuses, ...containerStatuses]) {
      const { reason = '', message = '' } = state?.waiting ?? {};
      if (hopeless.has(reason))
        return `Pod ${pod.metadata.name}, container ${name} has terminal error (${reason}): ${message}\n`;
    }
  }
  return undefined;
}

async function terminate(request: MeasurementRequest, { client }: AnalysisProviderDeps): Promise<ProviderAnswer> {
  const ref = recordedJob(request);
  if (ref === undefined) return withoutReference;
  const deleted = await client.delete(jobs, ref, { propagation: 'Foreground', signal: request.signal });
  if (!deleted.ok && deleted.why !== 'not-found') return { kind: 'error', message: deleted.message };
  return { kind: 'verdict', phase: 'Inconclusive', message: 'Metric Terminated' };
}

/** Only Jobs of this metric: those of others belong to measurements that are still shown. */
async function collect(
  { metric, run, signal }: Pick<MeasurementRequest, 'metric' | 'run' | 'signal'>,
  keep: number,
  { client, env }: AnalysisProviderDeps,
): Promise<void> {
  const { uid = '', namespace: home = '' } = run.metadata;
  const namespace = env['ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE'] || home;
  const found = await client.list(jobs, { namespace, labelSelector: `${uidLabel}=${uid}`, signal });
  const own = found
    .filter(({ metadata }) => metadata.annotations?.['analysisrun.argoproj.io/metric-name'] === metric.name)
    .toSorted((one, other) => madeAt(one) - madeAt(other) || (keyOf(one.metadata) < keyOf(other.metadata) ? -1 : 1));
  for (const old of own.slice(0, Math.max(0, own.length - keep)))
    await client.delete(jobs, refOf(old), { propagation: 'Foreground', signal });
}

const madeAt = ({ metadata }: KubeObject): number => parseTime(metadata.creationTimestamp ?? '');
