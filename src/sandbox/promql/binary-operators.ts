/** Operators between numbers and vectors, with the matching of labels. */
import { isComparison, isSetOp } from '#metrics/promql/ast.ts';
import type { ArithmeticOp, BinaryOp, ComparisonOp, Matching, SetOp } from '#metrics/promql/ast.ts';
import { EvaluationError } from './evaluation-error.ts';
import { keepLabels, labelKey, showLabels, withoutName } from './series.ts';
import type { Labels, Sample } from './series.ts';

const arithmetic: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
};

const comparisons: Readonly<Record<ComparisonOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

/** As IEEE 754 and Go have it; JavaScript says NaN in both exceptions. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b))) return 1;
  return a ** b;
}

export function scalarOperation(op: BinaryOp, a: number, b: number): number {
  if (isSetOp(op)) throw new EvaluationError(`the operator ${op} is not for scalars`);
  return isComparison(op) ? Number(comparisons[op](a, b)) : arithmetic[op](a, b);
}

/** `undefined`: a comparison without `bool` drops the sample. Otherwise it keeps `kept`. */
function apply(op: BinaryOp, a: number, b: number, bool: boolean, kept: number): number | undefined {
  if (!isComparison(op) || bool) return scalarOperation(op, a, b);
  return comparisons[op](a, b) ? kept : undefined;
}

/** Arithmetic and `bool` make something that is no longer the metric. */
function resultLabels(op: BinaryOp, bool: boolean, labels: Labels): Labels {
  return isComparison(op) && !bool ? labels : withoutName(labels);
}

/** `scalarFirst`: the scalar is the left operand. A comparison keeps the vector's values. */
export function vectorScalar(
  op: BinaryOp,
  vector: readonly Sample[],
  scalar: number,
  { bool, scalarFirst }: { readonly bool: boolean; readonly scalarFirst: boolean },
): Sample[] {
  return vector.flatMap(({ labels, value }) => {
    const [a, b] = scalarFirst ? [scalar, value] : [value, scalar];
    const result = apply(op, a, b, bool, value);
    return result === undefined ? [] : [{ labels: resultLabels(op, bool, labels), value: result }];
  });
}

function signature(matching: Matching): (labels: Labels) => string {
  const named = new Set(matching.labels);
  return matching.on
    ? (labels) => labelKey(labels, (label) => named.has(label))
    : (labels) => labelKey(labels, (label) => label !== '__name__' && !named.has(label));
}

export function setOperation(
  op: SetOp,
  left: readonly Sample[],
  right: readonly Sample[],
  matching: Matching,
): Sample[] {
  const keyOf = signature(matching);
  const keys = (samples: readonly Sample[]): Set<string> => new Set(samples.map((sample) => keyOf(sample.labels)));
  if (op === 'or') {
    const present = keys(left);
    return [...left, ...right.filter((sample) => !present.has(keyOf(sample.labels)))];
  }
  const present = keys(right);
  return left.filter((sample) => present.has(keyOf(sample.labels)) === (op === 'and'));
}

export function vectorVector(
  op: BinaryOp,
  left: readonly Sample[],
  right: readonly Sample[],
  { bool, matching }: { readonly bool: boolean; readonly matching: Matching },
): Sample[] {
  if (left.length === 0 || right.length === 0) return [];
  const swapped = matching.group === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const keyOf = signature(matching);
  const ones = uniqueSide(one, keyOf, matching, swapped ? 'left' : 'right');
  const used = new Map<string, Set<string>>();
  const results: Sample[] = [];
  for (const sample of many) {
    const key = keyOf(sample.labels);
    const partner = ones.get(key);
    if (partner === undefined) continue;
    const [a, b] = swapped ? [partner.value, sample.value] : [sample.value, partner.value];
    const value = apply(op, a, b, bool, a);
    if (value === undefined) continue;
    const labels = matchedLabels(resultLabels(op, bool, sample.labels), partner.labels, matching);
    refuseSecondUse(used, key, matching.group === 'none' ? '' : labelKey(labels), matching);
    results.push({ labels, value });
  }
  return results;
}

/** The samples of the side where each group may have only one. */
function uniqueSide(
  samples: readonly Sample[],
  keyOf: (labels: Labels) => string,
  matching: Matching,
  side: string,
): Map<string, Sample> {
  const byKey = new Map<string, Sample>();
  for (const sample of samples) {
    const key = keyOf(sample.labels);
    const other = byKey.get(key);
    if (other !== undefined) {
      const both = `${showLabels(other.labels)}, ${showLabels(sample.labels)}`;
      throw new EvaluationError(
        `found duplicate series for one match group on the ${side} hand-side of the operation: [${both}]; many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    byKey.set(key, sample);
  }
  return byKey;
}

function refuseSecondUse(used: Map<string, Set<string>>, key: string, result: string, matching: Matching): void {
  const results = used.get(key) ?? new Set<string>();
  if (results.has(result)) {
    const grouped = 'multiple matches for labels: grouping labels must ensure unique matches';
    const plain = 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
    throw new EvaluationError(matching.group === 'none' ? plain : grouped);
  }
  used.set(key, results.add(result));
}

function matchedLabels(many: Labels, one: Labels, matching: Matching): Labels {
  if (matching.group === 'none') {
    const named = new Set(matching.labels);
    return keepLabels(many, (label) => named.has(label) === matching.on);
  }
  const labels = new Map(many);
  for (const label of matching.include) {
    const value = one.get(label);
    if (value === undefined) labels.delete(label);
    else labels.set(label, value);
  }
  return labels;
}
