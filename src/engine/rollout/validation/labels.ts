/** Labels and label selectors as the API server checks them. */
import type { LabelSelector } from '#api/workload.ts';
import { forbidden, invalid, required, type FieldProblems } from './field-problem.ts';
import { labelValueProblems, qualifiedNameProblems } from './kubernetes-names.ts';
import { objectOf, sortedEntries, textOf } from '../raw-json.ts';

export function* labelProblems(labels: unknown, field: string): FieldProblems {
  for (const [key, value] of sortedEntries(labels)) {
    for (const problem of qualifiedNameProblems(key)) yield invalid(field, key, problem);
    for (const problem of labelValueProblems(textOf(value))) yield invalid(field, value, problem);
  }
}

/** Keys of annotations are compared in lower case. */
export function* annotationProblems(annotations: unknown, field: string): FieldProblems {
  for (const key of Object.keys(objectOf(annotations)).sort()) {
    for (const problem of qualifiedNameProblems(key.toLowerCase())) yield invalid(field, key, problem);
  }
}

export function* selectorProblems(selector: LabelSelector, field: string): FieldProblems {
  yield* labelProblems(selector.matchLabels, `${field}.matchLabels`);
  for (const [at, expression] of (selector.matchExpressions ?? []).entries())
    yield* expressionProblems(expression, `${field}.matchExpressions[${at}]`);
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number];

function* expressionProblems({ key, operator, values = [] }: Expression, field: string): FieldProblems {
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues && values.length === 0)
    yield required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  else if (['Exists', 'DoesNotExist'].includes(operator) && values.length > 0)
    yield forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  else if (!wantsValues && !['Exists', 'DoesNotExist'].includes(operator))
    yield invalid(`${field}.operator`, operator, 'not a valid selector operator');
  for (const problem of qualifiedNameProblems(key)) yield invalid(`${field}.key`, key, problem);
  for (const [at, value] of values.entries()) {
    for (const problem of labelValueProblems(value)) yield invalid(`${field}.values[${at}]`, value, problem);
  }
}

/** Whether labels have all that the selector asks for. Without a selector none do. */
export function matchesSelector(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, unknown>>,
): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => holds(expression, labels))
  );
}

function holds({ key, operator, values = [] }: Expression, labels: Readonly<Record<string, unknown>>): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return typeof value === 'string' && values.includes(value);
    case 'NotIn':
      return typeof value !== 'string' || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}
