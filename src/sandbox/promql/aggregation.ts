/** Aggregations: the samples of a vector in groups, each group to one sample, or to its first few. */
import type { Grouping } from '#metrics/promql/ast.ts';
import { EvaluationError } from './evaluation-error.ts';
import { keepLabels, labelKey } from './series.ts';
import type { Labels, Sample } from './series.ts';
import { compareValues, greatest, least, mean, quantile, sum, variance } from './statistics.ts';

type Reduce = (values: readonly number[], param: number) => number;

const reductions: Readonly<Record<string, Reduce>> = {
  sum,
  avg: mean,
  min: least,
  max: greatest,
  count: (values) => values.length,
  group: () => 1,
  stddev: (values) => Math.sqrt(variance(values)),
  stdvar: variance,
  quantile: (values, q) => quantile(q, values),
};

/** `param`: the number in front of the vector, or the label of count_values. */
export function aggregate(
  op: string,
  grouping: Grouping,
  samples: readonly Sample[],
  param: number | string,
): Sample[] {
  if (op === 'count_values') return countValues(grouping, samples, String(param));
  const number = Number(param);
  const groups = groupsOf(grouping, samples);
  if (op === 'topk' || op === 'bottomk') {
    if (Number.isNaN(number)) throw new EvaluationError(`parameter value of ${op} is NaN`);
    return groups.flatMap((group) => extremes(group.samples, Math.trunc(number), op === 'topk'));
  }
  const reduce = reductions[op];
  if (reduce === undefined) throw new EvaluationError(`the aggregation ${op} is not supported here`);
  return groups.map(({ labels, samples }) => ({ labels, value: reduce(valuesOf(samples), number) }));
}

interface Group {
  readonly labels: Labels;
  readonly samples: Sample[];
}

/** In the order in which the groups appear. */
function groupsOf(grouping: Grouping, samples: readonly Sample[]): Group[] {
  const named = new Set(grouping.labels);
  const includes = (label: string): boolean =>
    grouping.without ? label !== '__name__' && !named.has(label) : named.has(label);
  const groups = new Map<string, Group>();
  for (const sample of samples) {
    const key = labelKey(sample.labels, includes);
    const group = groups.get(key) ?? { labels: keepLabels(sample.labels, includes), samples: [] };
    group.samples.push(sample);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function valuesOf(samples: readonly Sample[]): number[] {
  return samples.map((sample) => sample.value);
}

/** The `count` greatest or least ones, in this order; NaN comes last in both. */
function extremes(samples: readonly Sample[], count: number, greatestFirst: boolean): Sample[] {
  if (count < 1) return [];
  const sorted = samples.toSorted((a, b) => {
    if (Number.isNaN(a.value) || Number.isNaN(b.value)) return compareValues(b.value, a.value);
    return greatestFirst ? b.value - a.value || 0 : a.value - b.value || 0;
  });
  return sorted.slice(0, count);
}

/** How often each value is there; the value becomes a label. */
function countValues(grouping: Grouping, samples: readonly Sample[], label: string): Sample[] {
  if (label === '') throw new EvaluationError('invalid label name: it is empty');
  const named = samples.map(({ labels, value }) => ({
    labels: new Map(labels).set(label, plainDecimal(value)),
    value,
  }));
  const labels = grouping.without ? grouping.labels.filter((name) => name !== label) : [...grouping.labels, label];
  return aggregate('count', { ...grouping, labels }, named, NaN);
}

/** A float without an exponent, as few digits as tell it apart. */
function plainDecimal(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return Object.is(value, -0) ? '-0' : text;
  const [, sign = '', lead = '', fraction = '', exponent = '0'] = parts;
  const shift = Number(exponent);
  const digits = lead + fraction;
  return shift < 0 ? `${sign}0.${'0'.repeat(-shift - 1)}${digits}` : sign + digits.padEnd(shift + 1, '0');
}
