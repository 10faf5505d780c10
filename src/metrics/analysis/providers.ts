/** The metric providers of an analysis, by their key in `provider` of a metric. */
import type { Metric } from '#api/analysis-metric.ts';
import { cloudWatch } from './cloudwatch.ts';
import { datadog } from './datadog.ts';
import { graphite } from './graphite.ts';
import { influxdb } from './influxdb.ts';
import { job } from './job.ts';
import { kayenta } from './kayenta.ts';
import { newRelic } from './newrelic.ts';
import { prometheus } from './prometheus.ts';
import { skywalking } from './skywalking.ts';
import { wavefront } from './wavefront.ts';
import { web } from './web.ts';
import type { MakeAnalysisProvider } from './provider.ts';

export const analysisProviders: Readonly<Record<string, MakeAnalysisProvider>> = {
  cloudWatch,
  datadog,
  graphite,
  influxdb,
  job,
  kayenta,
  newRelic,
  prometheus,
  skywalking,
  wavefront,
  web,
};

/** `undefined` for a provider that nobody knows. */
export function findAnalysisProvider({ provider }: Metric): MakeAnalysisProvider | undefined {
  return Object.entries(analysisProviders).find(
    ([name]) => new Map(Object.entries(provider)).get(name) !== undefined,
  )?.[1];
}

/** Plugins run in processes of their own, which this program does not start. */
export function pluginOf({ provider }: Metric): string | undefined {
  return Object.keys(provider.plugin ?? {})[0];
}
