/** A gauge whose series are reckoned at each scrape from what there is: nothing has to be kept in step, and nothing stays. */
import { Gauge, type Registry } from 'prom-client';

export type Series = readonly [labels: Readonly<Record<string, string>>, value: number];

export function renderedGauge(
  registry: Registry,
  { name, help, labelNames }: { readonly name: string; readonly help: string; readonly labelNames: readonly string[] },
  read: () => Iterable<Series>,
): void {
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      gauge.reset();
      for (const [labels, value] of read()) gauge.set({ ...labels }, value);
    },
  });
}
