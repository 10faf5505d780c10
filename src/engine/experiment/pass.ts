/** A pass over an Experiment: its pods, its Services, its analyses, and what they come to. */
import type {
  Experiment,
  ExperimentAnalysisStatus,
  ExperimentStatus,
  ExperimentTemplateStatus,
} from '#api/experiment.ts';
import { rfc3339 } from '#api/time.ts';
import { isCompleted } from '../analysis/phases.ts';
import { hashOf } from '../rollout/replica-sets/replica-set.ts';
import { reconcileAnalysis } from './analyses.ts';
import { progressOf, withCondition, withoutCondition } from './conditions.ts';
import { endOf, progressDeadlineSecondsOf } from './defaults.ts';
import type { EventEffect, Steps } from './effects.ts';
import { isTerminating, judgeExperiment } from './experiment-phase.ts';
import { events, says } from './messages.ts';
import { hashFor } from './new-objects.ts';
import type { ExperimentSnapshot } from './snapshot.ts';
import { deadlineOf, isOver, worstTemplate } from './template-phase.ts';
import { reconcileTemplate } from './templates.ts';
import type { ReconciledTemplate } from './templates.ts';
import { problemOfSpec } from './validation.ts';

export interface ExperimentOutcome {
  /** To be written if it differs. */
  readonly status: ExperimentStatus;
  /** To be told once the status is written. */
  readonly events: readonly EventEffect[];
  /** When to look again, in milliseconds since the epoch; the past means at once. */
  readonly wakeAt?: number;
}

/** Throws `PassFailed` where a later pass may fare better. */
export function* reconcileExperiment(seen: ExperimentSnapshot): Steps<ExperimentOutcome> {
  const { experiment, now } = seen;
  const before = experiment.status ?? {};
  const problem = problemOfSpec(experiment);
  if (problem !== undefined) return refuse(before, problem, now);

  const terminating = isTerminating(experiment);
  const templates: ReconciledTemplate[] = [];
  for (const template of experiment.spec.templates)
    templates.push(yield* reconcileTemplate(seen, template, terminating));
  const runs: ExperimentAnalysisStatus[] = [];
  for (const analysis of experiment.spec.analyses ?? []) {
    const status = yield* reconcileAnalysis(seen, analysis, templates, terminating);
    if (status !== undefined) runs.push(status);
  }
  return conclude(seen, templates, runs);
}

function refuse(before: ExperimentStatus, message: string, now: number): ExperimentOutcome {
  const said = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message };
  return { status: { ...before, conditions: [...withCondition(before.conditions ?? [], said, now)] }, events: [] };
}

function conclude(
  seen: ExperimentSnapshot,
  templates: readonly ReconciledTemplate[],
  runs: readonly ExperimentAnalysisStatus[],
): ExperimentOutcome {
  const { experiment, now } = seen;
  const before = experiment.status ?? {};
  const templateStatuses = templates.map(({ status }) => status);
  const verdict = judgeExperiment(experiment, templateStatuses, runs);
  const isAvailable = worstTemplate(templateStatuses).status === 'Running' && (before.phase ?? '') !== '';
  const availableAt = before.availableAt ?? (isAvailable ? rfc3339(now) : undefined);
  const { message: _old, ...rest } = before;
  const hasMoved = haveMoved(before.templateStatuses, templateStatuses);
  const conditions = conditionsOf(seen, templates, verdict.phase, hasMoved);
  const status: ExperimentStatus = {
    ...rest,
    phase: verdict.phase,
    ...(verdict.message === undefined || verdict.message === '' ? {} : { message: verdict.message }),
    ...(availableAt === undefined ? {} : { availableAt }),
    templateStatuses,
    ...(runs.length === 0 ? {} : { analysisRuns: runs }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  const wakeAt = nextLook({ ...experiment, status }, before, templates);
  return { status, events: changesOf(experiment, status), ...(wakeAt === undefined ? {} : { wakeAt }) };
}

function haveMoved(
  before: readonly ExperimentTemplateStatus[] | undefined,
  after: readonly ExperimentTemplateStatus[],
): boolean {
  return after.some((status) => {
    const known = before?.find(({ name }) => name === status.name);
    return known === undefined || known.lastTransitionTime !== status.lastTransitionTime;
  });
}

function conditionsOf(
  { experiment, now }: ExperimentSnapshot,
  templates: readonly ReconciledTemplate[],
  phase: NonNullable<ExperimentStatus['phase']>,
  hasMoved: boolean,
): NonNullable<ExperimentStatus['conditions']> {
  const valid = withoutCondition(experiment.status?.conditions ?? [], 'InvalidSpec');
  const progress = progressOf(experiment, phase, hasMoved);
  const progressed = progress === undefined ? valid : withCondition(valid, progress, now);
  const edited = templates.find((template) => isEdited(experiment, template));
  if (edited === undefined) return withoutCondition(progressed, 'TemplateChanged');
  const message = says.templateEdited(edited.status.name);
  return withCondition(
    progressed,
    { type: 'TemplateChanged', status: 'True', reason: 'TemplateChanged', message },
    now,
  );
}

/** Whether the template says something else than when its ReplicaSet was made. */
function isEdited({ spec }: Experiment, { status, set }: ReconciledTemplate): boolean {
  const template = spec.templates.find(({ name }) => name === status.name);
  return set !== undefined && template !== undefined && hashOf(set) !== hashFor(template, status.collisionCount);
}

function changesOf({ status: before = {}, metadata }: Experiment, after: ExperimentStatus): EventEffect[] {
  const isOfRollout = (metadata.ownerReferences ?? []).some(
    (owner) => owner.controller === true && owner.kind === 'Rollout',
  );
  const ofTemplates = (after.templateStatuses ?? []).flatMap(({ name, status = '', message = '' }) => {
    const from = before.templateStatuses?.find((one) => one.name === name)?.status ?? '';
    return from === status ? [] : [events.templateChanged(name, from, status, message)];
  });
  const ofRuns = (after.analysisRuns ?? []).flatMap(({ name, phase, message = '' }) => {
    const from = before.analysisRuns?.find((one) => one.name === name)?.phase ?? '';
    return from === phase ? [] : events.analysisChanged(name, from, phase, message, isOfRollout);
  });
  const [from, to] = [before.phase ?? '', after.phase ?? ''];
  return [...ofTemplates, ...ofRuns, ...(from === to ? [] : [events.experimentChanged(from, to)])];
}

/** At once when something has come about that the next pass builds on. */
function nextLook(
  experiment: Experiment,
  before: ExperimentStatus,
  templates: readonly ReconciledTemplate[],
): number | undefined {
  const { status = {} } = experiment;
  if (meaning(status) !== meaning(before)) return Number.NEGATIVE_INFINITY;
  const times = templates.flatMap(({ scaleDownAt }) => scaleDownAt ?? []);
  if (!isTerminating(experiment) && !isCompleted(status.phase)) {
    const end = endOf(experiment);
    const runs = templates.some(({ status: known }) => !isOver(known.status));
    if (end !== undefined && runs) times.push(end);
    for (const { status: known, desired } of templates) {
      const deadline = deadlineOf(known, progressDeadlineSecondsOf(experiment));
      const isWaiting = known.status === 'Progressing' || known.status === 'Running';
      if (isWaiting && known.availableReplicas !== desired && deadline !== undefined) times.push(deadline);
    }
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

function meaning({ phase, availableAt, templateStatuses = [], analysisRuns = [] }: ExperimentStatus): string {
  const templates = templateStatuses.map(({ name, status, collisionCount, lastTransitionTime }) => [
    name,
    status,
    collisionCount,
    lastTransitionTime,
  ]);
  return JSON.stringify([phase, availableAt, templates, analysisRuns.map(({ name, phase: of }) => [name, of])]);
}
