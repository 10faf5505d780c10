/** The phase of an Experiment, from its templates and analyses. */
import type { AnalysisPhase } from '#api/analysis-run.ts';
import type {
  Experiment,
  ExperimentAnalysisStatus,
  ExperimentTemplateStatus,
  TemplateStatusCode,
} from '#api/experiment.ts';
import { isBad, isCompleted, isWorse } from '../analysis/phases.ts';
import { says } from './messages.ts';
import { isOver, worstTemplate } from './template-phase.ts';

export interface ExperimentVerdict {
  readonly phase: AnalysisPhase;
  readonly message?: string;
}

/** Whether it stops: nothing more is started, pods go, runs are terminated. From the status before this pass. */
export function isTerminating({ spec, status = {} }: Experiment): boolean {
  const { phase, templateStatuses = [], analysisRuns = [] } = status;
  return (
    spec.terminate === true ||
    isCompleted(phase) ||
    templateStatuses.some((one) => one.status === 'Failed' || one.status === 'Error') ||
    analysisRuns.some((run) => isBad(run.phase)) ||
    areRequiredSuccessful(spec, analysisRuns)
  );
}

type Analyses = readonly ExperimentAnalysisStatus[];

function requiredNames({ analyses = [] }: Experiment['spec']): string[] {
  return analyses.filter(({ requiredForCompletion }) => requiredForCompletion === true).map(({ name }) => name);
}

/** There is at least one that is required, and all of them are Successful. */
function areRequiredSuccessful(spec: Experiment['spec'], runs: Analyses): boolean {
  const required = requiredNames(spec);
  return (
    required.length > 0 && required.every((name) => runs.some((run) => run.name === name && run.phase === 'Successful'))
  );
}

export function judgeExperiment(
  { spec, status = {} }: Experiment,
  templates: readonly ExperimentTemplateStatus[],
  runs: Analyses,
): ExperimentVerdict {
  const { phase = '', message } = status;
  if (isCompleted(phase)) return message === undefined ? { phase } : { phase, message };
  if (phase === '') return { phase: 'Pending' };
  const ofTemplates = verdictOfTemplates(templates);
  const ofAnalyses = verdictOfAnalyses(spec, runs);
  const decides = isOver(worstTemplate(templates).status)
    ? ofTemplates.phase === 'Successful' && (isCompleted(ofAnalyses.phase) || requiredNames(spec).length > 0)
    : isBad(ofAnalyses.phase) || areRequiredSuccessful(spec, runs);
  return decides ? ofAnalyses : ofTemplates;
}

const phaseOfTemplate: Readonly<Record<TemplateStatusCode, AnalysisPhase>> = {
  '': 'Pending',
  Progressing: 'Pending',
  Running: 'Running',
  Successful: 'Successful',
  Failed: 'Failed',
  Error: 'Error',
};

function verdictOfTemplates(templates: readonly ExperimentTemplateStatus[]): ExperimentVerdict {
  const { status, message } = worstTemplate(templates);
  return { phase: phaseOfTemplate[status], ...(message === undefined ? {} : { message }) };
}

/**
 * The worst of them; an analysis without a run counts for nothing. When those that are required have succeeded, one that still runs is
 * not waited for: unlike the original, which would wait for ever, as the run is being terminated.
 */
function verdictOfAnalyses(spec: Experiment['spec'], runs: Analyses): ExperimentVerdict {
  const names = new Set((spec.analyses ?? []).map(({ name }) => name));
  const isDecided = areRequiredSuccessful(spec, runs);
  const awaited = runs.filter(({ name, phase }) => names.has(name) && (!isDecided || isCompleted(phase)));
  const worst = awaited.reduce<ExperimentVerdict>(
    (worst, run) => (isWorse(phaseOf(run), worst.phase) ? verdictOf(run) : worst),
    { phase: 'Successful' },
  );
  return worst.phase === 'Successful' && isDecided ? { phase: 'Successful', message: says.requiredCompleted() } : worst;
}

const phaseOf = ({ phase }: ExperimentAnalysisStatus): AnalysisPhase =>
  phase === 'Pending' || phase === '' ? 'Running' : phase;

function verdictOf(run: ExperimentAnalysisStatus): ExperimentVerdict {
  return { phase: phaseOf(run), ...(run.message === undefined ? {} : { message: run.message }) };
}
