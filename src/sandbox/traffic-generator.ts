/** Made-up traffic: counters and latency histograms of workloads that share requests by their weights, without chance. */
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

/** What one workload has served so far; fractions are kept, whole requests are shown. */
interface Tally {
  readonly labels: Readonly<Record<string, string>>;
  readonly statuses: Map<string, { count: number; sum: number; within: number[] }>;
}

/** Counters grow by what has passed since the last call. */
export function trafficGenerator(options: TrafficOptions): Generator {
  const { metric = 'http_request_duration_seconds', statusLabel = 'status', buckets = defaultBuckets } = options;
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
      const key = labelKey(labelsOf(share.labels));
      const tally = before.get(key) ?? { labels: share.labels, statuses: new Map() };
      tallies.set(key, tally);
      const served = total > 0 ? (requests * share.weight) / total : 0;
      count(tally, '200', served * share.success, share.latency, buckets);
      count(tally, '500', served * (1 - share.success), share.latency, buckets);
    }
    return [...tallies.values()].flatMap((tally) => samplesOf(tally, metric, statusLabel, buckets));
  };
}

function count(
  { statuses }: Tally,
  status: string,
  requests: number,
  latency: number,
  buckets: readonly number[],
): void {
  const tally = statuses.get(status) ?? { count: 0, sum: 0, within: buckets.map(() => 0) };
  statuses.set(status, tally);
  tally.count += requests;
  tally.sum += requests * latency;
  buckets.forEach((bound, index) => {
    const share = latency > 0 ? 1 - Math.exp(-bound / latency) : 1;
    tally.within[index] = (tally.within[index] ?? 0) + requests * share;
  });
}

function samplesOf(tally: Tally, metric: string, statusLabel: string, buckets: readonly number[]): GeneratedSample[] {
  return [...tally.statuses].flatMap(([status, { count, sum, within }]) => {
    const labels = { ...tally.labels, [statusLabel]: status };
    const bucket = (le: string, value: number): GeneratedSample => ({
      name: `${metric}_bucket`,
      labels: { ...labels, le },
      value: whole(value),
    });
    return [
      ...buckets.map((bound, index) => bucket(String(bound), within[index] ?? 0)),
      bucket('+Inf', count),
      { name: `${metric}_count`, labels, value: whole(count) },
      { name: `${metric}_sum`, labels, value: sum },
    ];
  });
}

/** Requests are whole; what rounding has lost just below a whole number is given back. */
function whole(value: number): number {
  return Math.floor(value + 1e-6);
}
