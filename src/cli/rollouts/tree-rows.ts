/** The rows of the tree below a Rollout or an Experiment: who belongs to whom, drawn in lines. */
import type { AnalysisRunInfo, JobInfo } from './analysis-run-info.ts';
import type { ExperimentInfo } from './experiment-info.ts';
import { ageText, humanDuration } from './human-duration.ts';
import { type Paint, paintByPhase, paintIcon, paintTag } from './paint.ts';
import type { PodInfo } from './pod-info.ts';
import type { ReplicaSetInfo, Tag } from './replica-set-info.ts';
import type { RolloutInfo } from './rollout-info.ts';

/** NAME, KIND, STATUS, AGE and INFO. */
export type Row = readonly [string, string, string, string, string];

export const treeHeader: Row = ['NAME', 'KIND', 'STATUS', 'AGE', 'INFO'];

export interface Drawing {
  readonly paint: Paint;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A row without its lines, and what hangs on it. */
interface Branch {
  readonly row: Row;
  readonly children: readonly Branch[];
}

export function rolloutRows(info: RolloutInfo, drawing: Drawing): readonly Row[] {
  const { paint, now } = drawing;
  const status = `${paintIcon(paint, info.icon)} ${info.status}`;
  return rowsOf({
    row: [`⟳ ${info.name}`, 'Rollout', status, ageText(info.createdAt, now), ''],
    children: revisionsOf(info).map((revision) => revisionBranch(info, revision, drawing)),
  });
}

export function experimentRows(info: ExperimentInfo, drawing: Drawing): readonly Row[] {
  return rowsOf(experimentBranch(info, drawing));
}

/** Newest first. */
function revisionsOf({ replicaSets, experiments, analysisRuns }: RolloutInfo): readonly number[] {
  const revisions = [...replicaSets, ...experiments, ...analysisRuns].map(({ revision }) => revision);
  return [...new Set(revisions)].toSorted((one, other) => other - one);
}

function revisionBranch(info: RolloutInfo, revision: number, drawing: Drawing): Branch {
  const isOfIt = (one: { readonly revision: number }): boolean => one.revision === revision;
  return {
    // A blank, because an icon that is none still stands before a status that is none.
    row: [`# revision:${revision}`, '', ' ', '', ''],
    children: [
      ...info.replicaSets.filter(isOfIt).map((set) => replicaSetBranch(set, drawing)),
      ...info.experiments.filter(isOfIt).map((experiment) => experimentBranch(experiment, drawing)),
      ...info.analysisRuns.filter(isOfIt).map((run) => analysisRunBranch(run, drawing)),
    ],
  };
}

function replicaSetBranch(set: ReplicaSetInfo, { paint, now }: Drawing): Branch {
  const tags = tagsInOrder.filter((tag) => set.tags.has(tag));
  const name = tags.reduce((text, tag) => paintTag(paint, text, tag), set.name);
  const status = `${paintIcon(paint, set.icon)} ${set.status}`;
  const facts = [...tags.map((tag) => paintTag(paint, tag)), ...delayOf(set, now)];
  return {
    row: [`⧉ ${name}`, 'ReplicaSet', status, ageText(set.createdAt, now), facts.join(',')],
    children: set.pods.map((pod) => podBranch(pod, { paint, now })),
  };
}

/** Other than for images. */
const tagsInOrder = ['stable', 'canary', 'active', 'preview', 'ping', 'pong'] as const satisfies readonly Tag[];

/** How long it may stay; the annotation outlives the scale-down after an abort. */
function delayOf({ scaleDownDeadline }: ReplicaSetInfo, now: number): readonly string[] {
  if (!scaleDownDeadline) return [];
  const deadline = /^\d{4}-\d\d-\d\dT/.test(scaleDownDeadline) ? Date.parse(scaleDownDeadline) : Number.NaN;
  if (Number.isNaN(deadline)) return ['delay:'];
  return [`delay:${deadline < now ? 'passed' : humanDuration(deadline - now)}`];
}

function podBranch(pod: PodInfo, { paint, now }: Drawing): Branch {
  const facts = [`ready:${pod.ready}/${pod.containers}`, ...(pod.restarts > 0 ? [`restarts:${pod.restarts}`] : [])];
  const status = `${paintIcon(paint, pod.icon)} ${pod.status}`;
  return { row: [`□ ${pod.name}`, 'Pod', status, ageText(pod.createdAt, now), facts.join(',')], children: [] };
}

function experimentBranch(info: ExperimentInfo, drawing: Drawing): Branch {
  const { paint, now } = drawing;
  const name = paintByPhase(paint, info.name, info.status);
  return {
    row: [`Σ ${name}`, 'Experiment', `${paintIcon(paint, info.icon)} ${info.status}`, ageText(info.createdAt, now), ''],
    children: [
      ...info.replicaSets.map((set) => replicaSetBranch(set, drawing)),
      ...info.analysisRuns.map((run) => analysisRunBranch(run, drawing)),
    ],
  };
}

function analysisRunBranch(run: AnalysisRunInfo, { paint, now }: Drawing): Branch {
  const counts = [
    ['✔', run.successful],
    ['✖', run.failed],
    ['?', run.inconclusive],
    ['⚠', run.error],
  ] as const;
  const facts = counts.filter(([, count]) => count > 0).map(([icon, count]) => `${paintIcon(paint, icon)} ${count}`);
  const name = paintByPhase(paint, run.name, run.status);
  const status = `${paintIcon(paint, run.icon)} ${run.status}`;
  return {
    row: [`α ${name}`, 'AnalysisRun', status, ageText(run.createdAt, now), facts.join(',')],
    children: run.jobs.map((job) => jobBranch(job, { paint, now })),
  };
}

function jobBranch(job: JobInfo, { paint, now }: Drawing): Branch {
  const name = paintByPhase(paint, job.name, job.status);
  const status = `${paintIcon(paint, job.icon)} ${job.status}`;
  return { row: [`⊞ ${name}`, 'Job', status, ageText(job.startedAt, now), ''], children: [] };
}

/** The branch and all below it, with the lines that lead there. */
function rowsOf({ row, children }: Branch, lines = '', below = ''): readonly Row[] {
  const [name, ...cells] = row;
  const rows = children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    return rowsOf(child, `${below}${isLast ? '└──' : '├──'}`, `${below}${isLast ? '   ' : '│  '}`);
  });
  return [[`${lines}${name}`, ...cells], ...rows];
}
