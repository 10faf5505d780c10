/** How late the controller's work begins, by its own account: `serin_queue_lateness_seconds`. */
import { metricsPort } from './controllers.ts';
import { bucketsOf, histogramQuantile, type Buckets } from './quantile.ts';

export interface Lateness {
  /** Seconds. */
  readonly p50: number;
  readonly p99: number;
}

export async function scrapeLateness(): Promise<Buckets> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  return bucketsOf(await answer.text(), 'serin_queue_lateness_seconds');
}

export function latenessBetween(before: Buckets, after: Buckets): Lateness {
  return { p50: histogramQuantile(before, after, 0.5), p99: histogramQuantile(before, after, 0.99) };
}
