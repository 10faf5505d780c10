/** AnalysisRuns of a Rollout: made when an analysis is due, ended when it is not, and what their phases mean for the update. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { AnalysisRunReference, RolloutAnalysis } from '#api/rollout.ts';
import { canonicalJson } from '../../pod-template.ts';
import { ask, PassFailed, type Steps } from '../effects.ts';
import { isControlledBy, isMadeForNow, ownerReference } from '../owner.ts';
import { abort, addPause } from '../status/pausing.ts';
import { annotationKeys, hashLabel } from '../replica-sets/replica-set.ts';
import { rolloutRevisionOf } from '../replica-sets/revision.ts';
import { runSpecOf } from './run-spec.ts';
import { hasPauseCondition, isAborted, isFullyPromoted, isStableGone, stableHashOf, type Pass } from '../snapshot.ts';
import { present } from '../status/status.ts';
import { tell, warn } from '../telling.ts';

export type RunKind = 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';

/** How messages name the analysis whose run was bad. */
const subjects: Readonly<Record<RunKind, string>> = {
  Step: 'Step-based analysis',
  Background: 'Background analysis',
  PrePromotion: 'Blue/green pre-promotion analysis',
  PostPromotion: 'Blue/green post-promotion analysis',
};

export const instanceIdLabel = 'argo-rollouts.argoproj.io/controller-instance-id';

/** Nothing has to be proved: it has been, it was given up, or there is nothing to compare with. */
export function needsNoAnalysis(pass: Pass): boolean {
  return (
    isFullyPromoted(pass) ||
    isStableGone(pass) ||
    isAborted(pass) ||
    pass.rollout.status?.promoteFull === true ||
    pass.rollback.isFast ||
    stableHashOf(pass) === ''
  );
}

/** The run that the status names; `undefined` when it is gone. */
export function recordedRun({ seen }: Pass, recorded: AnalysisRunReference | undefined): AnalysisRun | undefined {
  return recorded === undefined ? undefined : seen.runs.find(({ metadata }) => metadata.name === recorded.name);
}

export function isOver({ status }: { readonly status?: { readonly phase?: string } }): boolean {
  return ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status?.phase ?? '');
}

export interface WantedRun {
  readonly kind: RunKind;
  readonly analysis: RolloutAnalysis;
  /** Goes after the revision in the run's name. */
  readonly suffix: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The run of an analysis that is due: the current one, or a new one when there is none, or it is to be tried again. */
export function* ensureRun(
  pass: Pass,
  wanted: WantedRun,
  current: AnalysisRun | undefined,
): Steps<AnalysisRun | undefined> {
  if (!needsNewRun(pass, current)) return current;
  if (hasPauseCondition(pass, 'InconclusiveAnalysisRun')) return current;
  return yield* createRun(pass, wanted, current === undefined ? recordedNames(pass) : []);
}

function needsNewRun(pass: Pass, current: AnalysisRun | undefined): boolean {
  if (current === undefined) return true;
  const { status = {} } = pass.rollout;
  const waits = hasPauseCondition(pass, 'CanaryPauseStep') || hasPauseCondition(pass, 'BlueGreenPause');
  // The user has looked at a run that could not decide, and lets the update go on: it is asked again.
  if (status.controllerPause === true && !waits) return current.status?.phase === 'Inconclusive';
  return status.abortedAt !== undefined;
}

/** Of the runs that the status names: one that is not seen yet may be over already. */
function recordedNames({ rollout }: Pass): readonly string[] {
  const { canary = {}, blueGreen = {} } = rollout.status ?? {};
  return [
    canary.currentStepAnalysisRunStatus,
    canary.currentBackgroundAnalysisRunStatus,
    blueGreen.prePromotionAnalysisRunStatus,
    blueGreen.postPromotionAnalysisRunStatus,
  ].flatMap((recorded) => recorded?.name ?? []);
}

/** `known`: names of runs that are right, whatever their phase. */
function* createRun(pass: Pass, wanted: WantedRun, known: readonly string[]): Steps<AnalysisRun> {
  const run = newRun(pass, wanted);
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? run.metadata.name : `${run.metadata.name}.${attempt}`;
    const object = { ...run, metadata: { ...run.metadata, name } };
    const answer = yield* ask({ do: 'create-child', kind: 'AnalysisRun', object });
    // Answers of the API server have the form of what was sent.
    if (answer.how === 'created') return answer.object as AnalysisRun;
    const twin = answer.object as AnalysisRun | undefined;
    if (twin !== undefined && (known.includes(name) || isTwin(pass, twin, run))) return twin;
  }
}

/** Made by a pass that was cut short before it could note it. */
function isTwin({ rollout }: Pass, found: AnalysisRun, wanted: AnalysisRun): boolean {
  const text = ({ spec: { metrics, args, dryRun, measurementRetention } }: AnalysisRun): string =>
    canonicalJson({ metrics, args, dryRun, measurementRetention });
  const isCurrent = !isOver(found) || isMadeForNow(found, rollout);
  return isControlledBy(found, rollout.metadata.uid) && isCurrent && text(found) === text(wanted);
}

function newRun(pass: Pass, { kind, analysis, suffix, labels = {} }: WantedRun): AnalysisRun {
  const { rollout, hash, seen } = pass;
  const { name, namespace = '' } = rollout.metadata;
  if (hash === '') throw new PassFailed(`Latest ReplicaSet of '${name}' has no pod hash in the labels`);
  const revision = rolloutRevisionOf(pass);
  const { analysisRunMetadata: extra = {} } = analysis;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: `${name}-${hash}-${revision}${suffix}`,
      namespace,
      labels: {
        [hashLabel]: hash,
        'rollout-type': kind,
        ...labels,
        ...(seen.instanceId === undefined ? {} : { [instanceIdLabel]: seen.instanceId }),
        ...extra.labels,
        ...rollout.spec.selector?.matchLabels,
      },
      annotations: { [annotationKeys.revision]: revision, ...extra.annotations },
      ownerReferences: [ownerReference(rollout)],
    },
    spec: runSpecOf(pass, analysis),
  };
}

/** Ends runs that nobody waits for. */
export function* terminateRun(run: AnalysisRun | undefined): Steps {
  if (run === undefined || isOver(run) || run.spec.terminate === true) return;
  yield* ask({ do: 'terminate-child', kind: 'AnalysisRun', child: run });
}

/** What the status says of a run from now on, told where its phase is new; a bad one gives the update up, an undecided one pauses it. */
export function* judgeRun(
  kind: RunKind,
  run: AnalysisRun | undefined,
  before: AnalysisRunReference | undefined,
): Steps<AnalysisRunReference | undefined> {
  if (run === undefined) return undefined;
  const { phase = '', message } = run.status ?? {};
  yield* tellPhase(kind, run.metadata.name, phase, before);
  return { name: run.metadata.name, status: phase, ...present({ message }) };
}

/** What the phase of a current run does to the update. */
export function applyVerdict(pass: Pass, kind: RunKind, run: AnalysisRun | undefined): void {
  const { phase, message = '' } = run?.status ?? {};
  if (phase === 'Inconclusive') addPause(pass, 'InconclusiveAnalysisRun');
  if (phase === 'Failed' || phase === 'Error')
    abort(pass, `${subjects[kind]} phase error/failed${message === '' ? '' : `: ${message}`}`);
}

function* tellPhase(kind: RunKind, name: string, phase: string, before: AnalysisRunReference | undefined): Steps {
  const previous = before?.name === name ? before.status : undefined;
  if (phase === '' || phase === previous) return;
  const message = `${kind} Analysis Run '${name}' Status New: '${phase}' Previous: '${previous ?? 'NoPreviousStatus'}'`;
  yield* phase === 'Failed' || phase === 'Error'
    ? warn(`AnalysisRun${phase}`, message)
    : tell(`AnalysisRun${phase}`, message);
}
