/** A metric of an analysis: how often it is measured, what counts as success, and how much may go wrong. */
import * as z from 'zod';
import { metricProvider } from './analysis-provider.ts';
import { intOrText, text, type Readable } from './schema.ts';

/** Fields stand in the order of the original's JSON, in which placeholders are filled in. */
export const metric = z.object({
  name: text,
  interval: text.exactOptional().describe('Time from one measurement to the next, such as `30s`.'),
  initialDelay: text.exactOptional().describe('Time before the first measurement.'),
  count: intOrText.exactOptional().describe('Measurements that are wanted; default: one, or no end with an interval.'),
  successCondition: text.exactOptional().describe('An expression such as `result[0] >= 0.95`.'),
  failureCondition: text.exactOptional().describe('An expression.'),
  failureLimit: intOrText.exactOptional().describe('Failed measurements that are borne; default 0, -1: any number.'),
  inconclusiveLimit: intOrText.exactOptional().describe('Inconclusive measurements that are borne; default 0.'),
  consecutiveErrorLimit: intOrText.exactOptional().describe('Errors in a row that are borne; default 4.'),
  provider: metricProvider,
  consecutiveSuccessLimit: intOrText.exactOptional().describe('Successes in a row that are enough; default: off.'),
  onProviderError: text
    .meta({ enum: ['count', 'hold'] })
    .exactOptional()
    .describe('What an error of the provider does: `count` counts it, `hold` waits until it answers; default `count`.'),
});

const secretKeyRef = z.object({ name: text, key: text });

export const argument = z.object({
  name: text,
  value: text.exactOptional().describe('In a template: the default.'),
  valueFrom: z
    .object({
      secretKeyRef: secretKeyRef.exactOptional().describe('A Secret of the namespace, read when it is measured.'),
      fieldRef: z.object({ fieldPath: text }).exactOptional(),
    })
    .exactOptional(),
});

export type Metric = Readable<z.output<typeof metric>>;
export type Argument = Readable<z.output<typeof argument>>;
export type {
  CloudWatchQuery,
  DatadogQuery,
  JobMetric,
  KayentaQuery,
  MetricProvider,
  NewRelicQuery,
  PrometheusQuery,
  ProviderAuthentication,
  ProviderName,
  WavefrontQuery,
  WebQuery,
} from './analysis-provider.ts';
