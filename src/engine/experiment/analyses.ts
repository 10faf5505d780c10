/** Starts, follows and ends the AnalysisRuns of an Experiment. */
import type { Argument } from '#api/analysis-metric.ts';
import type { AnalysisRun, AnalysisRunSpec } from '#api/analysis-run.ts';
import type { ExperimentAnalysis, ExperimentAnalysisStatus } from '#api/experiment.ts';
import { collectTemplates, newRunSpec } from '../analysis/flatten.ts';
import type { CollectedTemplates } from '../analysis/flatten.ts';
import { isCompleted } from '../analysis/phases.ts';
import { fillPlaceholders } from '../analysis/substitution.ts';
import { canonicalJson } from '../pod-template.ts';
import { rfc3339 } from '#api/time.ts';
import { isControlledBy } from '../rollout/owner.ts';
import { hashOf } from '../rollout/replica-sets/replica-set.ts';
import { endOf } from './defaults.ts';
import { ask } from './effects.ts';
import type { Steps } from './effects.ts';
import { events, says } from './messages.ts';
import { newAnalysisRun } from './new-objects.ts';
import type { ExperimentSnapshot } from './snapshot.ts';
import type { ReconciledTemplate } from './templates.ts';

/** The status of an analysis after this pass; `undefined`: it has none yet. */
export function* reconcileAnalysis(
  seen: ExperimentSnapshot,
  analysis: ExperimentAnalysis,
  templates: readonly ReconciledTemplate[],
  terminating: boolean,
): Steps<ExperimentAnalysisStatus | undefined> {
  const { status = {} } = seen.experiment;
  const recorded = status.analysisRuns?.find(({ name }) => name === analysis.name);
  if (recorded !== undefined && recorded.analysisRun !== '') return yield* follow(seen, recorded, terminating);
  if (recorded !== undefined || isCompleted(status.phase)) return recorded;
  if (status.availableAt === undefined) return verify(seen, analysis);
  return terminating ? undefined : yield* begin(seen, analysis, templates);
}

/** Before the pods are there only whether the template is; those that it names are looked for when the run begins. */
function verify(seen: ExperimentSnapshot, analysis: ExperimentAnalysis): ExperimentAnalysisStatus | undefined {
  const { name, templateName, clusterScope = false } = analysis;
  if (seen.findTemplate(templateName, clusterScope) !== undefined) return undefined;
  return failed(analysis, says.templateMissing(clusterScope, name, templateName));
}

function templatesOf(
  seen: ExperimentSnapshot,
  { templateName, clusterScope = false }: ExperimentAnalysis,
): CollectedTemplates {
  return collectTemplates([{ templateName, clusterScope }], seen.findTemplate);
}

function failed(analysis: ExperimentAnalysis, message: string): ExperimentAnalysisStatus {
  return { name: analysis.name, analysisRun: '', phase: 'Error', message };
}

type SpecOfRun =
  | { readonly ok: true; readonly spec: AnalysisRunSpec }
  | { readonly ok: false; readonly message: string };

function* begin(
  seen: ExperimentSnapshot,
  analysis: ExperimentAnalysis,
  templates: readonly ReconciledTemplate[],
): Steps<ExperimentAnalysisStatus> {
  const made = specOfRun(seen, analysis, templates);
  if (!made.ok) return failed(analysis, says.runNotCreated(analysis.name, made.message));
  for (let attempt = 0; ; attempt++) {
    const object = newAnalysisRun(seen.experiment, analysis, made.spec, attempt === 0 ? '' : `.${attempt}`);
    const answer = yield* ask({ do: 'create-run', object });
    if (answer.how === 'refused') return failed(analysis, says.runNotCreated(analysis.name, answer.message));
    const isOwn = answer.how === 'created' || isTwin(seen, answer.object, object);
    if (isOwn) return { name: analysis.name, analysisRun: object.metadata.name, phase: 'Pending' };
    if (attempt >= mostNames) return failed(analysis, says.runNotCreated(analysis.name, answer.message));
  }
}

/** Retries of an Experiment each leave a run; so many names are never taken. */
const mostNames = 1000;

/** Made by a pass that was cut short before it could note it. */
function isTwin({ experiment }: ExperimentSnapshot, found: AnalysisRun | undefined, wanted: AnalysisRun): boolean {
  if (found === undefined || isCompleted(found.status?.phase) || !isControlledBy(found, experiment.metadata.uid))
    return false;
  const text = ({ spec: { metrics, args, dryRun, measurementRetention } }: AnalysisRun): string =>
    canonicalJson({ metrics, args, dryRun, measurementRetention });
  return text(found) === text(wanted);
}

function specOfRun(
  seen: ExperimentSnapshot,
  analysis: ExperimentAnalysis,
  templates: readonly ReconciledTemplate[],
): SpecOfRun {
  const collected = templatesOf(seen, analysis);
  if (!collected.ok) return collected;
  const args: Argument[] = [];
  for (const argument of analysis.args ?? []) {
    const filled = fillPlaceholders(argument.value ?? '', (tag) => valuesFor(seen, templates).get(tag));
    if (!filled.ok) return filled;
    args.push(argument.value === undefined ? argument : { ...argument, value: filled.text });
  }
  const { dryRun, measurementRetention } = seen.experiment.spec;
  return newRunSpec(collected.templates, {
    args,
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(measurementRetention === undefined ? {} : { measurementRetention }),
  });
}

/** What arguments may name of the Experiment. */
function valuesFor(
  { experiment }: ExperimentSnapshot,
  templates: readonly ReconciledTemplate[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { status, set } of templates) {
    if (set === undefined) continue;
    values.set(`templates.${status.name}.podTemplateHash`, hashOf(set));
    values.set(`templates.${status.name}.replicaset.name`, set.metadata.name);
  }
  const { availableAt } = experiment.status ?? {};
  const end = endOf(experiment);
  if (availableAt !== undefined) values.set('experiment.availableAt', availableAt);
  if (end !== undefined) values.set('experiment.finishedAt', rfc3339(end));
  return values;
}

/** The phase of its run, also while the run is being ended: whoever waits for it would wait for ever. */
function* follow(
  seen: ExperimentSnapshot,
  recorded: ExperimentAnalysisStatus,
  terminating: boolean,
): Steps<ExperimentAnalysisStatus> {
  if (isCompleted(recorded.phase)) return recorded;
  const name = recorded.analysisRun;
  const run = seen.runs.find(({ metadata }) => metadata.name === name) ?? (yield* ask({ do: 'find-run', name }));
  if (run === undefined) return { ...recorded, phase: 'Error', message: says.runGone(name) };
  if (terminating && !isCompleted(run.status?.phase) && run.spec.terminate !== true) {
    yield* ask(events.terminating(recorded.name, name));
    const answer = yield* ask({ do: 'change-run', run, changes: [{ path: ['spec', 'terminate'], value: true }] });
    if (!answer.ok) return { ...recorded, phase: 'Error', message: answer.message };
  }
  const { phase = '', message = '' } = run.status ?? {};
  const { message: _old, ...rest } = recorded;
  return { ...rest, phase: phase === '' ? 'Pending' : phase, ...(message === '' ? {} : { message }) };
}
