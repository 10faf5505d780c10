/** The figures of the benchmark, kept in the repository for the page and its plots. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

/** Times in seconds, CPU in milliseconds, memory in megabytes. */
export interface Figures {
  readonly controller: 'serin' | 'flagger';
  readonly canaries: number;
  /** From the start of the process until the last canary was taken on. */
  readonly initialised: number;
  readonly idle: {
    readonly requestsPerMinute: number;
    /** In the whole window, by verb and kind. */
    readonly requests: Readonly<Record<string, number>>;
    readonly cpuPerTick: number;
    readonly cpuPerSecond: number;
    readonly rss: number;
    readonly lateness: Quantiles | undefined;
  };
  readonly run: {
    readonly seconds: number;
    readonly requestsPerCanary: number;
    readonly requests: Readonly<Record<string, number>>;
    /** Over the whole run, its start and its end included. */
    readonly cpuPerTick: number;
    readonly cpuPerCanary: number;
    /** CPU of a tick while all canaries analyse. */
    readonly analysing: number | undefined;
    readonly lateness: Quantiles | undefined;
    /** How much longer than the interval it took from step to step, as a client sees it. */
    readonly stepDelay: Quantiles & { readonly max: number };
  };
  readonly rss: number;
  readonly peakRss: number;
}

export interface KeptFigures extends Figures {
  readonly commit: string;
  readonly date: string;
}

const file = path.join(import.meta.dirname, 'figures.json');

export function keptFigures(): KeptFigures[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}

/** Replaces those of the same controller and number of canaries. */
export function keepFigures(figures: Figures): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const others = keptFigures().filter(
    ({ controller, canaries }) => controller !== figures.controller || canaries !== figures.canaries,
  );
  const kept = [...others, { ...figures, commit, date: new Date().toISOString().slice(0, 10) }];
  kept.sort((a, b) => a.controller.localeCompare(b.controller) || a.canaries - b.canaries);
  writeFileSync(file, `${JSON.stringify(kept, undefined, 2)}\n`);
}
