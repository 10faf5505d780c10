/** Made-up traffic: counters and latency histograms of workloads that share requests by their weights, without chance. */
import { sampleText } from './promql/sample-text.ts';
import { labelKey, labelsOf } from './promql/series.ts';
import type { GeneratedSample, Generator } from './metric-source.ts';

/** One workload, or pod, as it is now. */
export interface TrafficShare {
  /** Labels of its series; they also tell one workload from another. */
  readonly labels: Readonly<Record<string, string>>;
  /** Its part of the requests, in relation to the sum of all weights. */
  readonly weight: number;
  /** Part of its requests that succeed, 0 to 1. */
  readonly success: number;
  /** Mean latency in seconds; latencies are distributed exponentially. */
  readonly latency: number;
}

export interface TrafficOptions {
  readonly requestsPerSecond: (at: number) => number;
  /** The workloads at an instant; one that disappears takes its series with it. */
  readonly shares: (at: number) => readonly TrafficShare[];
  /** Without its suffix. Default `http_request_duration_seconds`. */
  readonly metric?: string;
  /** Label that holds the status code. Default `status`. */
  readonly statusLabel?: string;
  /** Upper bounds of the buckets, in seconds. Default: those of Prometheus's client libraries. */
  readonly buckets?: readonly number[];
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What one workload has answered with one status so far; fractions are kept, whole requests are shown. */
interface Tally {
  count: number;
  sum: number;
  /** Requests within each bound; the label sets are made once. */
  readonly buckets: { readonly bound: number; readonly labels: Readonly<Record<string, string>>; count: number }[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Counters grow by what has passed since the last call. */
export function trafficGenerator(options: TrafficOptions): Generator {
  const { metric = 'http_request_duration_seconds', statusLabel = 'status', buckets = defaultBuckets } = options;
  const newTally = (share: TrafficShare, status: string): Tally => {
    const labels = { ...share.labels, [statusLabel]: status };
    const bucket = (bound: number): Tally['buckets'][number] => {
      return { bound, labels: { ...labels, le: sampleText(bound) }, count: 0 };
    };
    return { labels, count: 0, sum: 0, buckets: [...buckets, Infinity].map(bucket) };
  };
  let tallies = new Map<string, Tally>();
  let last: number | undefined;
  return (at) => {
    const requests = (options.requestsPerSecond(at) * (at - (last ?? at))) / 1000;
    last = at;
    const shares = options.shares(at);
    const total = shares.reduce((sum, share) => sum + share.weight, 0);
    const before = tallies;
    tallies = new Map();
    for (const share of shares) {
      const served = total > 0 ? (requests * share.weight) / total : 0;
      for (const [status, part] of [
        ['200', share.success],
        ['500', 1 - share.success],
      ] as const) {
        const key = `${labelKey(labelsOf(share.labels))} ${status}`;
        const tally = before.get(key) ?? newTally(share, status);
        tallies.set(key, tally);
        count(tally, served * part, share.latency);
      }
    }
    return [...tallies.values()].flatMap((tally) => samplesOf(tally, metric));
  };
}

function count(tally: Tally, requests: number, latency: number): void {
  tally.count += requests;
  tally.sum += requests * latency;
  for (const bucket of tally.buckets)
    bucket.count += requests * (latency > 0 ? 1 - Math.exp(-bucket.bound / latency) : 1);
}

function samplesOf({ labels, count, sum, buckets }: Tally, metric: string): GeneratedSample[] {
  return [
    ...buckets.map((bucket) => ({ name: `${metric}_bucket`, labels: bucket.labels, value: whole(bucket.count) })),
    { name: `${metric}_count`, labels, value: whole(count) },
    { name: `${metric}_sum`, labels, value: sum },
  ];
}

/** Requests are whole; what rounding has lost just below a whole number is given back. */
function whole(value: number): number {
  return Math.floor(value + 1e-6);
}
