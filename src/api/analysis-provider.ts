/** Whom a metric of an analysis asks: the settings of each provider. */
import * as z from 'zod';
import { podTemplateStructure, rawObject } from './pod-template-schema.ts';
import { ephemeralMetadata } from './rollout-analysis.ts';
import { anyObject, intOrText, text, textMap, texts, type Readable } from './schema.ts';

const goDuration = text.describe('A Go duration, such as `5m`.');

const headers = z
  .array(z.object({ key: text, value: text }))
  .exactOptional()
  .describe('Sent with each request.');

const authentication = z
  .object({
    sigv4: z
      .object({ region: text.exactOptional(), profile: text.exactOptional(), roleArn: text.exactOptional() })
      .exactOptional()
      .describe('Signs requests for Amazon Managed Prometheus.'),
    oauth2: z
      .object({
        tokenUrl: text.exactOptional(),
        clientId: text.exactOptional(),
        clientSecret: text.exactOptional(),
        scopes: texts.exactOptional(),
      })
      .exactOptional()
      .describe('Client credentials grant.'),
    basicAuth: z.object({ username: text.exactOptional(), password: text.exactOptional() }).exactOptional(),
  })
  .exactOptional();

const prometheus = z.object({
  address: text.exactOptional().describe('URL of the server; default: `ARGO_ROLLOUTS_PROMETHEUS_ADDRESS`.'),
  query: text.exactOptional().describe('PromQL.'),
  authentication,
  timeout: z.int().exactOptional().describe('Seconds; default 30.'),
  insecure: z.boolean().exactOptional().describe('Accepts any certificate.'),
  headers,
  rangeQuery: z
    .object({
      start: text.exactOptional().describe('An expression for a time.'),
      end: text.exactOptional().describe('An expression for a time.'),
      step: goDuration.exactOptional(),
    })
    .exactOptional()
    .describe('Asks for a range in place of an instant.'),
});

const kayentaScope = z.object({
  scope: text,
  region: text,
  step: z.int(),
  start: text.exactOptional(),
  end: text.exactOptional(),
});

const kayenta = z.object({
  address: text,
  application: text,
  canaryConfigName: text,
  metricsAccountName: text,
  configurationAccountName: text,
  storageAccountName: text,
  threshold: z.object({ pass: z.int(), marginal: z.int() }),
  scopes: z.array(z.object({ name: text, controlScope: kayentaScope, experimentScope: kayentaScope })),
  lookback: z.boolean().exactOptional().describe('The window begins with the run.'),
});

const web = z.object({
  method: text.exactOptional().describe('`GET`, `POST` or `PUT`; default `GET`.'),
  url: text,
  headers,
  timeoutSeconds: z.int().exactOptional().describe('Default 10.'),
  jsonPath: text.exactOptional().describe('What of the answer is the result; default `{$}`.'),
  insecure: z.boolean().exactOptional().describe('Accepts any certificate.'),
  body: text.exactOptional(),
  jsonBody: anyObject.exactOptional().describe('As `body`, written as YAML.'),
  authentication,
});

const datadog = z.object({
  interval: goDuration.default('5m'),
  query: text.exactOptional(),
  queries: textMap.exactOptional().describe('Queries by name (v2).'),
  formula: text.exactOptional().describe('Of the names of the queries (v2).'),
  apiVersion: text.meta({ enum: ['v1', 'v2'] }).default('v1'),
  aggregator: text
    .meta({ enum: ['avg', 'min', 'max', 'sum', 'last', 'percentile', 'mean', 'l2norm', 'area'] })
    .exactOptional()
    .describe('Default `last` (v2).'),
  secretRef: z
    .object({ name: text.exactOptional(), namespaced: z.boolean().exactOptional() })
    .exactOptional()
    .describe('Secret with the credentials.'),
  requestTimeout: goDuration.default('10s'),
});

const wavefront = z.object({ address: text.exactOptional(), query: text.exactOptional() });

const newRelic = z.object({
  profile: text.exactOptional().describe('Secret with the credentials; default `newrelic`.'),
  query: text.describe('NRQL.'),
  timeout: z.int().exactOptional().describe('Seconds; default 5.'),
});

/** Raw JSON, so that what Serin does not know reaches the Job. */
const jobSpec = rawObject<Readonly<Record<string, unknown>>>({
  type: 'object',
  required: ['template'],
  properties: { template: podTemplateStructure },
  'x-kubernetes-preserve-unknown-fields': true,
});

const job = z.object({
  metadata: ephemeralMetadata.exactOptional().describe('Labels and annotations of the Job.'),
  spec: jobSpec.describe('Spec of the Job.'),
});

const cloudWatchQuery = z.object({
  id: text.exactOptional(),
  expression: text.exactOptional(),
  label: text.exactOptional(),
  metricStat: z
    .object({
      metric: z
        .object({
          dimensions: z.array(z.object({ name: text.exactOptional(), value: text.exactOptional() })).exactOptional(),
          metricName: text.exactOptional(),
          namespace: text.exactOptional(),
        })
        .exactOptional(),
      period: intOrText.exactOptional(),
      stat: text.exactOptional(),
      unit: text.exactOptional(),
    })
    .exactOptional(),
  period: intOrText.exactOptional(),
  returnData: z.boolean().exactOptional(),
});

const cloudWatch = z.object({
  interval: goDuration.exactOptional(),
  metricDataQueries: z.array(cloudWatchQuery),
});

/** Fields stand in the order of the original's JSON, in which placeholders are filled in. */
export const metricProvider = z
  .object({
    prometheus: prometheus.exactOptional(),
    kayenta: kayenta.exactOptional(),
    web: web.exactOptional(),
    datadog: datadog.exactOptional(),
    wavefront: wavefront.exactOptional(),
    newRelic: newRelic.exactOptional(),
    job: job.exactOptional().describe('A Job that succeeds or fails.'),
    cloudWatch: cloudWatch.exactOptional(),
    graphite: z.object({ address: text.exactOptional(), query: text.exactOptional() }).exactOptional(),
    influxdb: z
      .object({
        profile: text.exactOptional().describe('Secret with the credentials; default `influxdb`.'),
        query: text.exactOptional().describe('Flux.'),
      })
      .exactOptional(),
    skywalking: z
      .object({ address: text.exactOptional(), query: text.exactOptional(), interval: text.exactOptional() })
      .exactOptional(),
    plugin: z.record(z.string(), z.unknown()).exactOptional().describe('Other providers by name.'),
  })
  .describe('Who is asked: exactly one.');

export type MetricProvider = Readable<z.output<typeof metricProvider>>;
export type ProviderName = keyof MetricProvider;
export type PrometheusQuery = Readable<z.output<typeof prometheus>>;
export type ProviderAuthentication = NonNullable<PrometheusQuery['authentication']>;
export type KayentaQuery = Readable<z.output<typeof kayenta>>;
export type WebQuery = Readable<z.output<typeof web>>;
export type DatadogQuery = Readable<z.output<typeof datadog>>;
export type WavefrontQuery = Readable<z.output<typeof wavefront>>;
export type NewRelicQuery = Readable<z.output<typeof newRelic>>;
export type JobMetric = Readable<z.output<typeof job>>;
export type CloudWatchQuery = Readable<z.output<typeof cloudWatch>>;
