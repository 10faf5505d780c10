/** Rules that an Experiment's templates must keep; the first that is broken is told. */
import type { Experiment, ExperimentTemplate } from '#api/experiment.ts';
import { progressDeadlineSecondsOf } from './defaults.ts';

/** `undefined`: nothing is wrong. */
export function problemOfSpec(experiment: Experiment): string | undefined {
  const names = new Set<string>();
  for (const [at, template] of experiment.spec.templates.entries()) {
    const problem = problemOfTemplate(experiment, template, at) ?? problemOfName(experiment, template, at, names);
    if (problem !== undefined) return problem;
    names.add(template.name);
  }
  return undefined;
}

function problemOfTemplate(experiment: Experiment, template: ExperimentTemplate, at: number): string | undefined {
  const { selector, minReadySeconds = 0 } = template;
  // The original speaks of a Rollout, and tools look for the text.
  if (selector === undefined) return `Rollout has missing field '.Spec.Templates[${at}].Selector'`;
  const labels = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length;
  if (labels === 0) return `This experiment is selecting all pods at index ${at}. A non-empty selector is required.`;
  return minReadySeconds > progressDeadlineSecondsOf(experiment)
    ? `MinReadySeconds cannot be longer than ProgressDeadlineSeconds. Check template index ${at}`
    : undefined;
}

function problemOfName(
  { metadata }: Experiment,
  { name }: ExperimentTemplate,
  at: number,
  names: ReadonlySet<string>,
): string | undefined {
  if (name === '') return `Experiment ${metadata.name} has empty template name at index ${at}`;
  return names.has(name) ? `Experiment ${metadata.name} has repeated template name '${name}' in templates` : undefined;
}
