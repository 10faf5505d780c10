/** The condition language as the rest of Serin sees it: an expr-lang expression, evaluated against what a provider gave. */
import { check } from './checker.ts';
import { conditionEnvironment, timeEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';
import { evaluate } from './evaluator.ts';
import { ExpressionError } from './expression-error.ts';
import { parse } from './parser.ts';
import { isSpecial, typeName, valueOf } from './values.ts';
import type { Value } from './values.ts';

/** Of the text of a provider's result nothing is assumed; a list may be known to hold floats only, as those of Prometheus do. */
export type Elements = 'any' | 'float64';

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly message: string;
      /** It asked for an element of a list that has none. */
      readonly noData: boolean;
    };

/** Whether the condition holds. `now`: milliseconds since the epoch. */
export function evaluateCondition(
  expression: string,
  result: unknown,
  now: number,
  elements: Elements = 'any',
): Outcome<boolean> {
  return guarded(() => {
    const value = run(expression, conditionEnvironment(valueOf(result), elements), now);
    if (typeof value !== 'boolean') throw new ExpressionError(`expected bool, but got ${typeName(value)}`);
    return value;
  });
}

/** The start or end of a range: an expression that gives a time, in milliseconds since the epoch. */
export function evaluateTime(expression: string, now: number): Outcome<number> {
  return guarded(() => {
    const value = run(expression, timeEnvironment, now);
    if (!isSpecial(value, 'time')) throw new ExpressionError(`expected time.Time, but got ${typeName(value)}`);
    return Number(value.nanoseconds) / 1e6;
  });
}

/** What is wrong with a condition whatever its result will be: its syntax, unknown names, impossible operations. */
export function problemOfCondition(expression: string): string | undefined {
  const outcome = guarded(() => {
    const environment = conditionEnvironment(null, 'any');
    check(parse(expression), { ...environment, variables: new Map([['result', { type: anything, value: null }]]) });
    return true;
  });
  return outcome.ok ? undefined : outcome.message;
}

const anything = { kind: 'unknown', name: 'unknown' } as const;

function run(expression: string, environment: Environment, now: number): Value {
  const node = parse(expression);
  check(node, environment);
  return evaluate(node, environment, BigInt(Math.round(now)) * 1_000_000n);
}

/** A value that is nested or large beyond what JavaScript can walk is a fault of the expression, not of the process. */
function guarded<T>(evaluation: () => T): Outcome<T> {
  try {
    return { ok: true, value: evaluation() };
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, message: error.message, noData: error.noData };
    if (error instanceof RangeError)
      return { ok: false, message: `the expression is too complex: ${error.message}`, noData: false };
    throw error;
  }
}
