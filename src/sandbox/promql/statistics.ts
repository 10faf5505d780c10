/** Sums, means and quantiles of floats, careful about rounding, NaN and infinity as Prometheus is. */

/** Neumaier's sum: what rounding cuts off is carried along. */
export function sum(values: readonly number[]): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    if (Math.abs(next) === Infinity) lost = 0;
    else lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

export function mean(values: readonly number[]): number {
  const total = sum(values);
  if (Number.isFinite(total) || values.some((value) => !Number.isFinite(value))) return total / values.length;
  // The sum alone was too large for a float.
  return sum(values.map((value) => value / values.length));
}

/** Of the whole population. */
export function variance(values: readonly number[]): number {
  const middle = mean(values);
  return sum(values.map((value) => (value - middle) ** 2)) / values.length;
}

/** The greatest value that is a number; NaN when none is. */
export function greatest(values: readonly number[]): number {
  return values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best), NaN);
}

export function least(values: readonly number[]): number {
  return values.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best), NaN);
}

/** NaN is less than every number. */
export function compareValues(a: number, b: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  if (Number.isNaN(b)) return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Interpolated between the two values around the rank. */
export function quantile(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const sorted = [...values].sort(compareValues);
  const rank = q * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)] ?? NaN;
  const upper = sorted[Math.min(sorted.length - 1, Math.floor(rank) + 1)] ?? NaN;
  const weight = rank - Math.floor(rank);
  return lower * (1 - weight) + upper * weight;
}
