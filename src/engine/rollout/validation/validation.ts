/** What is wrong with a Rollout as its user wrote it, in the words and the order of the original. */
import type { Rollout } from '#api/rollout.ts';
import type { LabelSelector } from '#api/workload.ts';
import { blueGreenOf, canaryOf, minReadySecondsOf, progressDeadlineSecondsOf } from '../defaults.ts';
import { firstOf, internal, invalid, required, type FieldProblems } from './field-problem.ts';
import { blueGreenProblems } from './blue-green.ts';
import { canaryProblems } from './canary.ts';
import { selectorProblems } from './labels.ts';
import { podTemplateProblems } from './pod-template.ts';

/** Nothing is changed once it is read, so that each spec is looked at once, whatever becomes of the status beside it. */
const known = new WeakMap<
  Rollout['spec'],
  { readonly metadata: Rollout['metadata']; readonly problem: string | undefined }
>();

/** The first thing that is wrong with a Rollout whose `workloadRef` has been resolved. */
export function validateSpec(rollout: Rollout): string | undefined {
  const { metadata, spec } = rollout;
  const told = known.get(spec);
  if (told?.metadata === metadata) return told.problem;
  const problem = firstOf(specProblems(rollout));
  known.set(spec, { metadata, problem });
  return problem;
}

/** All that is wrong, one after the other. */
export function* specProblems(rollout: Rollout): FieldProblems {
  yield* ownProblems(rollout, { isResolved: true });
}

/** As `specProblems`, for a Rollout as it stands in a file: what its `workloadRef` will bring is not looked at. */
export function* writtenProblems(rollout: Rollout): FieldProblems {
  yield* ownProblems(rollout, { isResolved: rollout.spec.workloadRef === undefined });
}

const atLeastZero = 'must be greater than or equal to 0';

function* ownProblems(rollout: Rollout, { isResolved }: { readonly isResolved: boolean }): FieldProblems {
  const { spec } = rollout;
  if (spec.replicas !== undefined && spec.replicas < 0) yield invalid('spec.replicas', spec.replicas, atLeastZero);
  if (spec.workloadRef === undefined) yield* ownSelectorProblems(spec.selector);
  else if (!isResolved && isWritten(spec.template))
    yield internal('spec.template', 'template must be empty for workload reference rollout');
  if (spec.selector !== undefined && hasBadSyntax(spec.selector))
    yield invalid('spec.selector', shownSelector(spec.selector), 'invalid label selector');
  else if (isResolved) yield* podTemplateProblems(spec.template, spec.selector);
  for (const field of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const) {
    const value = spec[field];
    if (value !== undefined && value < 0) yield invalid(`spec.${field}`, value, atLeastZero);
  }
  if (progressDeadlineSecondsOf(rollout) <= minReadySecondsOf(rollout))
    yield invalid(
      'spec.progressDeadlineSeconds',
      progressDeadlineSecondsOf(rollout),
      'must be greater than minReadySeconds',
    );
  yield* strategyProblems(rollout);
}

function* ownSelectorProblems(selector: LabelSelector | undefined): FieldProblems {
  if (selector === undefined) {
    yield required('spec.selector', "Rollout has missing field '.spec.selector'");
    return;
  }
  yield* selectorProblems(selector, 'spec.selector');
  const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
  if (isEmpty) yield invalid('spec.selector', selector, 'empty selector is invalid for deployment');
}

/** Go writes maps in the order of their keys. */
const shownSelector = (selector: LabelSelector): LabelSelector =>
  selector.matchLabels === undefined
    ? selector
    : { ...selector, matchLabels: Object.fromEntries(Object.entries(selector.matchLabels).sort(byKey)) };

const byKey = ([one]: [string, string], [other]: [string, string]): number => (one < other ? -1 : 1);

const hasBadSyntax = (selector: LabelSelector): boolean =>
  firstOf(selectorProblems(selector, 'spec.selector')) !== undefined;

const isWritten = (template: Rollout['spec']['template']): boolean =>
  template !== undefined && Object.keys(template).length > 0;

function* strategyProblems(rollout: Rollout): FieldProblems {
  // The original's path has the segment twice.
  const field = 'spec.strategy.strategy';
  const blueGreen = blueGreenOf(rollout);
  const canary = canaryOf(rollout);
  if (blueGreen !== undefined && canary !== undefined)
    yield invalid(field, 'blueGreen: true canary: true', 'Multiple Strategies can not be listed');
  else if (blueGreen !== undefined) yield* blueGreenProblems(rollout, blueGreen);
  else if (canary !== undefined) yield* canaryProblems(rollout, canary);
  else yield required(field, "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'");
}
