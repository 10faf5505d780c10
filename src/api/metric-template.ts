/** The MetricTemplate (`flagger.app/v1beta1`): a query to one metric server that many Canaries can share. */
import * as z from 'zod';
import type { KubeObject } from './kubernetes.ts';
import { problemsOf, type Problem } from './problem.ts';
import { text, texts, withoutNulls, type Readable } from './schema.ts';

const providerType = z.enum([
  'prometheus',
  'influxdb',
  'datadog',
  'externalmetrics',
  'stackdriver',
  'cloudwatch',
  'newrelic',
  'graphite',
  'dynatrace',
  'keptn',
  'splunk',
]);

const metricTemplateSpec = z.object({
  provider: z
    .object({
      type: providerType,
      address: text.exactOptional().describe('URL of the server.'),
      headers: z.record(z.string(), texts).exactOptional().describe('Sent with each query (Prometheus).'),
      secretRef: z
        .object({ name: text })
        .exactOptional()
        .describe('Secret with the credentials, in the namespace of the template.'),
      region: text.exactOptional().describe('CloudWatch.'),
      insecureSkipVerify: z.boolean().exactOptional().describe('Accepts any certificate.'),
    })
    .describe('Who is asked.'),
  query: text.describe(
    'A template: `{{ target }}`, `{{ namespace }}`, `{{ interval }}`, `{{ variables.x }}` and others are filled in.',
  ),
});

export const metricTemplateSchema = z.object({ spec: metricTemplateSpec });

export type MetricTemplateSpec = Readable<z.output<typeof metricTemplateSpec>>;

export interface MetricTemplate extends KubeObject {
  readonly spec: MetricTemplateSpec;
}

export type ParsedMetricTemplate =
  | { readonly ok: true; readonly template: MetricTemplate }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a MetricTemplate as the API server returns it. */
export function parseMetricTemplate(object: KubeObject): ParsedMetricTemplate {
  const given = withoutNulls({ spec: object['spec'] });
  const parsed = metricTemplateSchema.safeParse(given);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, given) };
  return { ok: true, template: { ...object, ...parsed.data } };
}
