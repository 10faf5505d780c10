/** The functions of instant vectors. */
import { EvaluationError } from './evaluation-error.ts';
import { histogramQuantile } from './histogram-quantile.ts';
import { labelJoin, labelReplace } from './label-functions.ts';
import { withoutName } from './series.ts';
import type { Sample } from './series.ts';

/** An evaluated argument. */
export type Argument = readonly Sample[] | number | string;

type InstantFunction = (args: Arguments) => Sample[];

/** Typed access to arguments; the types were checked when the query was parsed. */
export interface Arguments {
  vector(index: number): readonly Sample[];
  number(index: number, absent?: number): number;
  text(index: number): string;
  readonly length: number;
}

export function argumentsOf(name: string, args: readonly Argument[]): Arguments {
  const wrong = (index: number): never => {
    throw new EvaluationError(`argument ${index + 1} of ${name} has the wrong type`);
  };
  return {
    length: args.length,
    vector(index) {
      const arg = args[index];
      return typeof arg === 'object' ? arg : wrong(index);
    },
    number(index, absent) {
      const arg = args[index] ?? absent;
      return typeof arg === 'number' ? arg : wrong(index);
    },
    text(index) {
      const arg = args[index];
      return typeof arg === 'string' ? arg : wrong(index);
    },
  };
}

const each = (samples: readonly Sample[], calculate: (value: number) => number): Sample[] =>
  samples.map(({ labels, value }) => ({ labels: withoutName(labels), value: calculate(value) }));

const eachValue =
  (calculate: (value: number) => number): InstantFunction =>
  (args) =>
    each(args.vector(0), calculate);

export const instantFunctions: Readonly<Record<string, InstantFunction>> = {
  abs: eachValue(Math.abs),
  ceil: eachValue(Math.ceil),
  floor: eachValue(Math.floor),
  exp: eachValue(Math.exp),
  ln: eachValue(Math.log),
  log2: eachValue(Math.log2),
  log10: eachValue(Math.log10),
  sqrt: eachValue(Math.sqrt),
  sgn: eachValue((value) => (value === 0 ? value : Math.sign(value))),
  round: (args) => round(args.vector(0), args.number(1, 1)),
  clamp: (args) => clamp(args.vector(0), args.number(1), args.number(2)),
  clamp_min: (args) => clamp(args.vector(0), args.number(1), Infinity),
  clamp_max: (args) => clamp(args.vector(0), -Infinity, args.number(1)),
  vector: (args) => [{ labels: new Map(), value: args.number(0) }],
  sort: (args) => args.vector(0).toSorted((a, b) => order(a, b, 1)),
  sort_desc: (args) => args.vector(0).toSorted((a, b) => order(a, b, -1)),
  histogram_quantile: (args) => histogramQuantile(args.number(0), args.vector(1)),
  label_replace: (args) => labelReplace(args.vector(0), args.text(1), args.text(2), args.text(3), args.text(4)),
  label_join: (args) => labelJoin(args.vector(0), args.text(1), args.text(2), textsFrom(args, 3)),
};

/** Ties go up. Multiplying by the inverse loses less than dividing. */
function round(samples: readonly Sample[], nearest: number): Sample[] {
  const inverse = 1 / nearest;
  return each(samples, (value) => Math.floor(value * inverse + 0.5) / inverse);
}

function clamp(samples: readonly Sample[], least: number, greatest: number): Sample[] {
  if (greatest < least) return [];
  return each(samples, (value) => {
    // An infinite limit that nothing can pass wins over NaN, as in Go.
    if (least === Infinity) return Infinity;
    if (greatest === -Infinity && !Number.isNaN(least)) return -Infinity;
    return Math.max(least, Math.min(greatest, value));
  });
}

/** NaN comes last in both directions. */
function order(a: Sample, b: Sample, direction: 1 | -1): number {
  if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1;
  if (Number.isNaN(b.value)) return -1;
  return a.value === b.value ? 0 : a.value < b.value ? -direction : direction;
}

function textsFrom(args: Arguments, first: number): string[] {
  return Array.from({ length: args.length - first }, (_, index) => args.text(first + index));
}
