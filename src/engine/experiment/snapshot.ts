/** Everything that a pass over an Experiment looks at. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { Experiment, ExperimentTemplate } from '#api/experiment.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { FindTemplate } from '../analysis/flatten.ts';
import { isControlledBy } from '../rollout/owner.ts';
import type { ReplicaSet } from '../rollout/replica-sets/replica-set.ts';
import { PassFailed } from './effects.ts';
import { says } from './messages.ts';

export interface ExperimentSnapshot {
  readonly experiment: Experiment;
  /** ReplicaSets, Services and runs of the namespace; those of others are passed over. */
  readonly sets: readonly ReplicaSet[];
  readonly services: readonly KubeObject[];
  readonly runs: readonly AnalysisRun[];
  readonly findTemplate: FindTemplate;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export const ownAnnotations = {
  experiment: 'experiment.argoproj.io/name',
  template: 'experiment.argoproj.io/template-name',
} as const;

export const annotationsFor = (experiment: Experiment, template: ExperimentTemplate): Record<string, string> => ({
  [ownAnnotations.experiment]: experiment.metadata.name,
  [ownAnnotations.template]: template.name,
});

/** Made by this Experiment for this template. */
export function isMadeFor(object: KubeObject, experiment: Experiment, template: ExperimentTemplate): boolean {
  const { annotations = {} } = object.metadata;
  return (
    isControlledBy(object, experiment.metadata.uid) &&
    Object.entries(annotationsFor(experiment, template)).every(([key, value]) => annotations[key] === value)
  );
}

/** Throws `PassFailed` when there are several. */
export function setFor(seen: ExperimentSnapshot, template: ExperimentTemplate): ReplicaSet | undefined {
  const own = seen.sets.filter((set) => isMadeFor(set, seen.experiment, template));
  if (own.length > 1) throw new PassFailed(says.severalSets(template.name));
  return own[0];
}

/** Throws `PassFailed` when there are several. */
export function serviceFor(seen: ExperimentSnapshot, template: ExperimentTemplate): KubeObject | undefined {
  const own = seen.services.filter((service) => isMadeFor(service, seen.experiment, template));
  if (own.length > 1) throw new PassFailed(says.severalServices(template.name));
  return own[0];
}
