/** What a trace shows of Argo Rollouts' kinds and of the ReplicaSets that they own. */
import type { KubeObject } from '#api/kubernetes.ts';
import { dig, digList, digRecord, digText, isEmpty, type Json } from './json.ts';
import { conditions, firstImage, owners, pick } from './object-parts.ts';

export function projectRollout(object: KubeObject): Json {
  const { spec, status } = parts(object);
  const canary = digRecord(status, 'canary');
  const blueGreen = digRecord(status, 'blueGreen');
  return {
    ...pick(status, (field) => rolloutStatus.has(field)),
    specReplicas: spec['replicas'],
    image: firstImage(spec['template']),
    specPaused: spec['paused'],
    revision: object.metadata.annotations?.['rollout.argoproj.io/revision'],
    pause: digList(status, 'pauseConditions').map((condition) => digText(condition, 'reason')),
    abortedAt: isSet(status['abortedAt']),
    restartedAt: isSet(status['restartedAt']),
    weights: weights(digRecord(canary, 'weights')),
    stepRun: analysisRun(dig(canary, 'currentStepAnalysisRunStatus')),
    backgroundRun: analysisRun(dig(canary, 'currentBackgroundAnalysisRunStatus')),
    preRun: analysisRun(dig(blueGreen, 'prePromotionAnalysisRunStatus')),
    postRun: analysisRun(dig(blueGreen, 'postPromotionAnalysisRunStatus')),
    experiment: dig(canary, 'currentExperiment'),
    activeSelector: dig(blueGreen, 'activeSelector'),
    previewSelector: dig(blueGreen, 'previewSelector'),
    scaleUpPreviewCheckPoint: dig(blueGreen, 'scaleUpPreviewCheckPoint'),
    ...conditions(object, statusAndReason),
    deleting: object.metadata.deletionTimestamp !== undefined,
  };
}

const rolloutStatus: ReadonlySet<string> = new Set([
  'phase',
  'message',
  'currentStepIndex',
  'controllerPause',
  'abort',
  'promoteFull',
  'stableRS',
  'currentPodHash',
  'HPAReplicas',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
]);

export function projectAnalysisRun(object: KubeObject): Json {
  const { spec, status } = parts(object);
  return {
    owner: owners(object),
    type: object.metadata.labels?.['rollout-type'],
    step: object.metadata.labels?.['step-index'],
    args: digList(spec, 'args').map((argument) => `${digText(argument, 'name')}=${digText(argument, 'value')}`),
    terminate: spec['terminate'],
    ...pick(status, (field) => analysisStatus.has(field)),
    ...Object.assign({}, ...digList(status, 'metricResults').map(metricResult)),
  };
}

const analysisStatus: ReadonlySet<string> = new Set(['phase', 'message', 'runSummary', 'dryRunSummary']);

const metricFields: readonly string[] = [
  'phase',
  'message',
  'count',
  'successful',
  'failed',
  'error',
  'inconclusive',
  'consecutiveError',
  'consecutiveSuccess',
  'dryRun',
];

function metricResult(result: unknown): Json {
  const prefix = `metric.${digText(result, 'name')}`;
  return {
    ...Object.fromEntries(metricFields.map((field) => [`${prefix}.${field}`, dig(result, field)])),
    [`${prefix}.measurements`]: digList(result, 'measurements').map((measurement) => {
      const outcome = digText(measurement, 'value') || digText(measurement, 'message');
      return outcome === '' ? digText(measurement, 'phase') : `${digText(measurement, 'phase')} ${outcome}`;
    }),
  };
}

export function projectExperiment(object: KubeObject): Json {
  const { spec, status } = parts(object);
  return {
    owner: owners(object),
    terminate: spec['terminate'],
    duration: spec['duration'],
    phase: status['phase'],
    message: status['message'],
    availableAt: isSet(status['availableAt']),
    ...named('template', digList(status, 'templateStatuses'), {
      status: 'status',
      message: 'message',
      hash: 'podTemplateHash',
    }),
    ...named('analysis', digList(status, 'analysisRuns'), { phase: 'phase', message: 'message', run: 'analysisRun' }),
    ...conditions(object, statusAndReason),
  };
}

export function projectReplicaSet(object: KubeObject): Json | undefined {
  if (object.metadata.labels?.['rollouts-pod-template-hash'] === undefined) return undefined;
  const { spec, status } = parts(object);
  const available = status['availableReplicas'];
  return {
    desired: spec['replicas'],
    image: firstImage(spec['template']),
    owner: owners(object),
    revision: object.metadata.annotations?.['rollout.argoproj.io/revision'],
    scaleDownDeadline: isSet(object.metadata.annotations?.['scale-down-deadline']),
    podLabels: dig(spec, 'template', 'metadata', 'labels'),
    replicasObserved: status['replicas'],
    // The API leaves a zero of this field out.
    availableReplicas: available === 0 ? undefined : available,
  };
}

function parts(object: KubeObject): { spec: Json; status: Json } {
  return { spec: digRecord(object, 'spec'), status: digRecord(object, 'status') };
}

function isSet(value: unknown): boolean {
  return !isEmpty(value);
}

function statusAndReason(condition: unknown): string {
  return `${digText(condition, 'status')} ${digText(condition, 'reason')}`;
}

/** `{canary: "WEIGHT HASH", stable: …}`. */
function weights(status: Json): Json {
  const shown = ['canary', 'stable'].filter((side) => dig(status, side) !== undefined);
  return Object.fromEntries(
    shown.map((side) => [
      side,
      `${digText(status, side, 'weight')} ${digText(status, side, 'podTemplateHash')}`.trim(),
    ]),
  );
}

function analysisRun(status: unknown): Json {
  const shown = ['name', 'status', 'message'].filter((field) => isSet(dig(status, field)));
  return Object.fromEntries(shown.map((field) => [field, dig(status, field)]));
}

function named(prefix: string, entries: readonly unknown[], fields: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    entries.flatMap((entry) =>
      Object.entries(fields).map(([shown, field]) => [
        `${prefix}.${digText(entry, 'name')}.${shown}`,
        dig(entry, field),
      ]),
    ),
  );
}
