/** Quantiles of classic histograms: cumulative buckets with their upper bound in the label `le`. */
import { keepLabels, labelKey } from './series.ts';
import type { Labels, Sample } from './series.ts';

interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** Differences below this part of the counts are rounding. */
const tolerance = 1e-12;

/** One sample for each group of buckets that differ in nothing but `le`. Series without a readable `le` are left out, as upstream does. */
export function histogramQuantile(q: number, samples: readonly Sample[]): Sample[] {
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const { labels, value } of samples) {
    const bound = boundOf(labels.get('le'));
    if (bound === undefined) continue;
    const rest = keepLabels(labels, (label) => label !== 'le' && label !== '__name__');
    const key = labelKey(labels, (label) => label !== 'le');
    const group = groups.get(key) ?? { labels: rest, buckets: [] };
    group.buckets.push({ bound, count: value });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(q, buckets) }));
}

function boundOf(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() !== text) return undefined;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  const bound = Number(text);
  return text === '' || Number.isNaN(bound) ? undefined : bound;
}

function bucketQuantile(q: number, unordered: readonly Bucket[]): number {
  if (Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = monotonic(merged(unordered.toSorted((a, b) => compareBounds(a.bound, b.bound))));
  const last = buckets.at(-1);
  const beforeLast = buckets.at(-2);
  if (last?.bound !== Infinity || beforeLast === undefined || last.count === 0) return NaN;
  const rank = q * last.count;
  const index = buckets.findIndex((bucket) => bucket.count >= rank);
  // Beyond all finite bounds the highest of them is the best that can be said.
  if (index === -1 || index === buckets.length - 1) return beforeLast.bound;
  const bucket = buckets[index];
  const below = buckets[index - 1];
  if (bucket === undefined) return NaN;
  if (below === undefined && bucket.bound <= 0) return bucket.bound;
  const start = below?.bound ?? 0;
  const under = below?.count ?? 0;
  return start + (bucket.bound - start) * ((rank - under) / (bucket.count - under));
}

function compareBounds(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Buckets of one bound, written differently (`1` and `1.0`), are one. */
function merged(buckets: readonly Bucket[]): Bucket[] {
  const result: Bucket[] = [];
  for (const bucket of buckets) {
    const last = result.at(-1);
    if (last?.bound === bucket.bound) result[result.length - 1] = { ...last, count: last.count + bucket.count };
    else result.push(bucket);
  }
  return result;
}

/** Counts never fall: what scrapes and rates tore apart is levelled, and so are differences that are only rounding. */
function monotonic(buckets: readonly Bucket[]): Bucket[] {
  let highest = buckets[0]?.count ?? NaN;
  return buckets.map(({ bound, count }) => {
    const same = Math.abs(count - highest) < tolerance * (Math.abs(count) + Math.abs(highest));
    if (count < highest || same) return { bound, count: highest };
    highest = count;
    return { bound, count };
  });
}
