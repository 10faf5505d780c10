/** Quantiles of what was measured: of plain numbers, and of a Prometheus histogram's growth between two scrapes. */

/** The value that a share `q` of the numbers does not exceed; 0 of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

/** Cumulative counts by upper bound, as `/metrics` shows them. */
export type Buckets = ReadonlyMap<number, number>;

export function bucketsOf(exposition: string, name: string): Buckets {
  const buckets = new Map<number, number>();
  for (const line of exposition.split('\n')) {
    const [, bound, count] = line.startsWith(`${name}_bucket{`) ? (/le="([^"]+)".*\} (\S+)$/.exec(line) ?? []) : [];
    if (bound !== undefined) buckets.set(bound === '+Inf' ? Infinity : Number(bound), Number(count));
  }
  return buckets;
}

/** Between two scrapes, linear within a bucket as Prometheus does it; the last finite bound stands for all above it. */
export function histogramQuantile(before: Buckets, after: Buckets, q: number): number {
  const grown = [...after].map(([bound, count]) => ({ bound, count: count - (before.get(bound) ?? 0) }));
  const total = grown.at(-1)?.count ?? 0;
  let below = { bound: 0, count: 0 };
  for (const bucket of grown) {
    if (bucket.bound === Infinity) break;
    if (bucket.count >= q * total && bucket.count > below.count) {
      const share = (q * total - below.count) / (bucket.count - below.count);
      return below.bound + share * (bucket.bound - below.bound);
    }
    below = bucket;
  }
  return below.bound;
}
