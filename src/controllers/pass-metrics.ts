/** How long the passes over each object of a kind took, and how many failed, under the names that the original's users know. */
import { Counter, Histogram, type Registry } from 'prom-client';
import { WritesStopped } from '#cluster/api-error.ts';
import { refOfKey } from '#cluster/resource.ts';

export interface PassMetrics {
  /** Runs a pass over the object with this key. That another process works now is no failure. */
  measure<T>(key: string, pass: () => Promise<T>): Promise<T>;
  /** There is an object of this name, maybe again. */
  appeared(key: string): void;
  /** The object is gone: its series go 65 s later, so that a last scrape can see its end. */
  forget(key: string): void;
}

/** How long the series of an object that is gone stay, in milliseconds. */
const keptAfterEnd = 65_000;

export interface PassMetricsOptions {
  /** Before the names of the metrics. */
  readonly prefix: string;
  readonly monotonic: () => number;
  /** The series of an object that is gone are removed now. */
  readonly swept?: (key: string) => void;
}

export function passMetrics(registry: Registry, { prefix, monotonic, swept }: PassMetricsOptions): PassMetrics {
  const labelNames = ['namespace', 'name'];
  const gone = new Map<string, number>();
  const sweep = (): void => {
    for (const [key, at] of gone) {
      if (monotonic() - at < keptAfterEnd) continue;
      gone.delete(key);
      passes.remove(labelsOf(key));
      failures.remove(labelsOf(key));
      swept?.(key);
    }
  };
  const passes = new Histogram({
    name: `${prefix}_reconcile`,
    help: 'Seconds that a pass took',
    labelNames,
    buckets: [0.01, 0.15, 0.25, 0.5, 1],
    registers: [registry],
    collect: sweep,
  });
  const failures = new Counter({
    name: `${prefix}_reconcile_error`,
    help: 'Passes that failed',
    labelNames,
    registers: [registry],
    collect: sweep,
  });
  return {
    async measure(key, pass) {
      const startedAt = monotonic();
      try {
        return await pass();
      } catch (error) {
        if (!(error instanceof WritesStopped)) failures.inc(labelsOf(key));
        throw error;
      } finally {
        passes.observe(labelsOf(key), (monotonic() - startedAt) / 1_000);
      }
    },
    appeared: (key) => void gone.delete(key),
    forget: (key) => void gone.set(key, monotonic()),
  };
}

/** As the series of an object are labelled. */
export function labelsOf(key: string): { readonly namespace: string; readonly name: string } {
  const { namespace = '', name } = refOfKey(key);
  return { namespace, name };
}
