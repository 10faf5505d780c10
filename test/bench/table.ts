/** Figures as a Markdown table, a column a measurement. */
import type { Figures } from './figures.ts';

type Row = readonly [title: string, value: (figures: Figures) => string];

const rows: readonly Row[] = [
  ['API requests a minute while idle', ({ idle }) => idle.requestsPerMinute.toFixed(1)],
  ['… a canary and minute', ({ idle, canaries }) => (idle.requestsPerMinute / canaries).toFixed(2)],
  ['API requests of a 5-step run, a canary', ({ run }) => run.requestsPerCanary.toFixed(1)],
  ['CPU of an idle tick, ms', ({ idle }) => idle.cpuPerTick.toFixed(1)],
  ['CPU of an analysing tick, ms', ({ run }) => run.analysing?.toFixed(1) ?? '-'],
  ['CPU of a run, a canary, ms', ({ run }) => run.cpuPerCanary.toFixed(0)],
  ['RSS after the run (most ever), MB', ({ rss, peakRss }) => `${rss.toFixed(0)} (${peakRss.toFixed(0)})`],
  ['Lateness of ticks, idle: p50, p99, s', ({ idle }) => pair(idle.lateness)],
  ['Lateness of ticks, run: p50, p99, s', ({ run }) => pair(run.lateness)],
  ['From step to step beyond the interval: p50, p99, s', ({ run }) => pair(run.stepDelay)],
  ['Time of the runs, s', ({ run }) => run.seconds.toFixed(0)],
];

export function table(all: readonly Figures[]): string {
  const head = ['', ...all.map(({ controller, canaries }) => `${controller}, ${canaries}`)];
  const lines = [head, head.map(() => '---'), ...rows.map(([title, value]) => [title, ...all.map(value)])];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function pair(quantiles: { readonly p50: number; readonly p99: number } | undefined): string {
  return quantiles === undefined ? '-' : `${quantiles.p50.toFixed(3)}, ${quantiles.p99.toFixed(3)}`;
}
