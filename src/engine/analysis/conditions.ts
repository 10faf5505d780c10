/** What a measured value means: the success and failure conditions of a metric, held against it. */
import type { Metric } from '#api/analysis-metric.ts';
import { evaluateCondition } from './expression/expression.ts';
import type { Elements } from './expression/expression.ts';

export interface Judgement {
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
  /** Why a condition could not be evaluated. */
  readonly message?: string;
}

type Conditions = Pick<Metric, 'successCondition' | 'failureCondition'>;

/** `result`: JSON as the provider gave it, integers as bigint. `now`: milliseconds since the epoch. */
export function judgeResult(metric: Conditions, result: unknown, now: number, elements: Elements = 'any'): Judgement {
  const success = answerOf('successCondition', metric.successCondition, result, now, elements);
  const failure = answerOf('failureCondition', metric.failureCondition, result, now, elements);
  for (const answer of [success, failure]) {
    if (typeof answer === 'object') return { phase: 'Error', message: answer.problem };
  }
  if (success === undefined && failure === undefined) return { phase: 'Successful' };
  if (failure === undefined) return { phase: success === true ? 'Successful' : 'Failed' };
  if (failure === true) return { phase: 'Failed' };
  return { phase: success === undefined || success === true ? 'Successful' : 'Inconclusive' };
}

/** `undefined`: there is no such condition. */
type Answer = boolean | undefined | { readonly problem: string };

const noData = 'metric result is nil or empty: no data returned from the metric provider';

function answerOf(
  name: string,
  expression: string | undefined,
  result: unknown,
  now: number,
  elements: Elements,
): Answer {
  if (expression === undefined || expression === '') return undefined;
  const outcome = evaluateCondition(expression, result, now, elements);
  if (outcome.ok) return outcome.value;
  const cause = isNothing(result) || outcome.noData ? noData : outcome.message;
  return { problem: `could not evaluate ${name} "${shortened(expression)}": ${cause}` };
}

function isNothing(result: unknown): boolean {
  return result === null || result === undefined || (Array.isArray(result) && result.length === 0);
}

/** A message goes into the status with every measurement. */
const longestShown = 500;

function shortened(expression: string): string {
  return expression.length > longestShown ? `${expression.slice(0, longestShown)}…` : expression;
}
