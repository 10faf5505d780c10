/** Experiment steps of a canary: versions that run beside the others for a while, and decide whether the update goes on. */
import type { Experiment, ExperimentTemplate } from '#api/experiment.ts';
import type { ExperimentStep, ExperimentTemplateStep, WeightDestination } from '#api/rollout.ts';
import { canonicalJson } from '../../pod-template.ts';
import { instanceIdLabel, isOver } from '../analysis/analysis-runs.ts';
import { currentIndexOf, currentStepOf } from './steps.ts';
import { pruneExperiments } from '../analysis/child-history.ts';
import { progressDeadlineSecondsOf, stepsOf } from '../defaults.ts';
import { ask, PassFailed, type Steps } from '../effects.ts';
import { isControlledBy, isMadeForNow, ownerReference } from '../owner.ts';
import { abort, addPause } from '../status/pausing.ts';
import { annotationKeys, hashLabel } from '../replica-sets/replica-set.ts';
import { rolloutRevisionOf } from '../replica-sets/revision.ts';
import { resolvedArguments } from '../analysis/run-spec.ts';
import { hasPauseCondition, isAborted, newSetOf, stableSetOf, type Pass } from '../snapshot.ts';
import { present } from '../status/status.ts';
import { tell } from '../telling.ts';

export function* reconcileExperiments(pass: Pass): Steps {
  const { experiments } = pass.seen;
  if (isAborted(pass) || pass.rollout.status?.promoteFull === true) {
    for (const experiment of experiments) yield* terminate(experiment);
    return;
  }
  if (hasPauseCondition(pass, 'InconclusiveAnalysisRun')) return;
  const current = yield* currentExperiment(pass);
  const others = experiments.filter((one) => one.metadata.name !== current?.metadata.name);
  for (const experiment of others) yield* terminate(experiment);
  yield* pruneExperiments(pass, others);
  if (current !== undefined) applyVerdict(pass, current);
}

function* currentExperiment(pass: Pass): Steps<Experiment | undefined> {
  const recorded = recordedExperiment(pass);
  const { experiment: step } = currentStepOf(pass) ?? {};
  // While a person looks at one that could not decide, no other is started.
  if (step === undefined || hasPauseCondition(pass, 'InconclusiveExperiment')) return undefined;
  if (stableSetOf(pass) === undefined || newSetOf(pass) === undefined) return undefined;
  return recorded ?? (yield* createExperiment(pass, step));
}

function recordedExperiment({ rollout, seen }: Pass): Experiment | undefined {
  const name = rollout.status?.canary?.currentExperiment;
  return name === undefined ? undefined : seen.experiments.find(({ metadata }) => metadata.name === name);
}

function applyVerdict(pass: Pass, experiment: Experiment): void {
  const { phase = '', message = '' } = experiment.status ?? {};
  if (phase === 'Inconclusive') addPause(pass, 'InconclusiveExperiment');
  else if (phase === 'Failed' || phase === 'Error')
    abort(pass, `Experiment analysis phase is error/failed${message === '' ? '' : `: ${message}`}`);
  else if (phase === 'Successful') pass.isExperimentDone = true;
  else pass.children.currentExperiment = experiment.metadata.name;
}

function* terminate(experiment: Experiment): Steps {
  if (isOver(experiment) || experiment.spec.terminate === true) return;
  yield* ask({ do: 'terminate-child', kind: 'Experiment', child: experiment });
}

function* createExperiment(pass: Pass, step: ExperimentStep): Steps<Experiment> {
  const experiment = newExperiment(pass, step);
  for (let attempt = 0; ; attempt++) {
    const name = attempt === 0 ? experiment.metadata.name : `${experiment.metadata.name}-${attempt}`;
    const object = { ...experiment, metadata: { ...experiment.metadata, name } };
    const answer = yield* ask({ do: 'create-child', kind: 'Experiment', object });
    // Answers of the API server have the form of what was sent.
    const found = answer.object as Experiment | undefined;
    if (answer.how === 'created') {
      yield* tell('ExperimentCreated', `Created Experiment '${name}'`);
      return found ?? object;
    }
    if (found !== undefined && isTwin(pass, found, experiment)) return found;
  }
}

/** Made by a pass that was cut short before it could note it. */
function isTwin({ rollout }: Pass, found: Experiment, wanted: Experiment): boolean {
  const isSame = canonicalJson(found.spec.templates) === canonicalJson(wanted.spec.templates);
  const isCurrent = (!isOver(found) && found.spec.terminate !== true) || isMadeForNow(found, rollout);
  return isControlledBy(found, rollout.metadata.uid) && isCurrent && isSame;
}

function newExperiment(pass: Pass, step: ExperimentStep): Experiment {
  const { rollout, hash, seen } = pass;
  const { name, namespace = '', labels } = rollout.metadata;
  const revision = rolloutRevisionOf(pass);
  const { duration, dryRun, analysisRunMetadata, scaleDownDelaySeconds, analyses } = step;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: {
      name: `${name}-${hash}-${revision}-${currentIndexOf(pass) ?? 0}`,
      namespace,
      labels: {
        ...labels,
        [hashLabel]: hash,
        ...(seen.instanceId === undefined ? {} : { [instanceIdLabel]: seen.instanceId }),
      },
      annotations: { [annotationKeys.revision]: revision },
      ownerReferences: [ownerReference(rollout)],
    },
    spec: {
      ...present({ duration, dryRun, analysisRunMetadata, scaleDownDelaySeconds }),
      progressDeadlineSeconds: progressDeadlineSecondsOf(rollout),
      templates: step.templates.map((template) => experimentTemplate(pass, template)),
      ...(analyses === undefined
        ? {}
        : {
            analyses: analyses.map(({ args, ...analysis }) => ({
              ...analysis,
              ...(args === undefined ? {} : { args: resolvedArguments(pass, args) }),
            })),
          }),
    },
  };
}

/** The pods of the new or the stable version, with labels of their own. */
function experimentTemplate(pass: Pass, step: ExperimentTemplateStep): ExperimentTemplate {
  const { name, specRef, replicas, metadata = {}, selector, weight, service } = step;
  if (specRef !== 'canary' && specRef !== 'stable')
    throw new PassFailed('Invalid template step SpecRef: must be canary or stable');
  const set = specRef === 'canary' ? newSetOf(pass) : stableSetOf(pass);
  if (set === undefined) throw new PassFailed(`Cannot start an experiment: there is no ${specRef} ReplicaSet`);
  const { template, minReadySeconds, selector: own } = set.spec;
  const { matchLabels, ...rest } = selector ?? own;
  return {
    name,
    ...present({ replicas, minReadySeconds }),
    selector: { ...rest, matchLabels: { ...matchLabels, ...metadata.labels } },
    template: {
      ...template,
      metadata: {
        ...template.metadata,
        labels: { ...template.metadata?.labels, ...metadata.labels },
        ...(template.metadata?.annotations === undefined && metadata.annotations === undefined
          ? {}
          : { annotations: { ...template.metadata?.annotations, ...metadata.annotations } }),
      },
    },
    ...(weight === undefined && service === undefined ? {} : { service: service ?? {} }),
  };
}

/** Services of a running experiment that get traffic beside stable and canary. */
export function experimentDestinations(pass: Pass): readonly WeightDestination[] {
  const experiment = recordedExperiment(pass);
  if (experiment?.status?.phase !== 'Running') return [];
  const index = currentIndexOf(pass) ?? 0;
  const step = stepsOf(pass.rollout)
    .slice(0, index + 1)
    .findLast((one) => one.experiment !== undefined)?.experiment;
  return (step?.templates ?? []).flatMap(({ name, weight }) => {
    const status = experiment.status?.templateStatuses?.find((one) => one.name === name);
    if (weight === undefined || status === undefined) return [];
    return [{ weight, ...present({ serviceName: status.serviceName, podTemplateHash: status.podTemplateHash }) }];
  });
}
