/** `spec.analysis` of a Canary: strategy, steps, metrics, webhooks, alerts. */
import * as z from 'zod';
import { oneOfRequired, shortDuration, text, textMap, whole, type Readable } from './schema.ts';
import { testMatch } from './traffic-rules.ts';

/** Metrics that need no query of the user's. */
export const builtinMetrics = ['request-success-rate', 'request-duration'] as const;

export type BuiltinMetric = (typeof builtinMetrics)[number];

export function isBuiltinMetric(name: string): name is BuiltinMetric {
  return builtinMetrics.some((builtin) => builtin === name);
}

/** What the loop does when a metric gives no usable answer. */
const fallback = z.enum(['fail', 'hold', 'pass']);

const templateRef = z.object({ name: text, namespace: text.exactOptional().describe("Default: the Canary's.") });

const canaryMetric = z.object({
  name: text.describe('`request-success-rate` and `request-duration` select built-in queries; other names are labels.'),
  interval: shortDuration.exactOptional().describe('Range of the query; default `1m`, none for templates.'),
  thresholdRange: z
    .object({ min: z.number().exactOptional(), max: z.number().exactOptional() })
    .exactOptional()
    .describe('The values that pass.'),
  threshold: z.number().exactOptional().describe('Deprecated: use `thresholdRange`.'),
  query: text.exactOptional().describe('Deprecated inline PromQL: use `templateRef`.'),
  templateRef: templateRef.exactOptional().describe('The MetricTemplate that is asked.'),
  templateVariables: textMap.exactOptional().describe('Values for `{{ variables.x }}` in the query.'),
  onNoData: fallback
    .exactOptional()
    .describe(
      'When the query finds nothing or NaN: count a failed check (default), keep everything as it is, or pass.',
    ),
  onProviderError: fallback
    .exactOptional()
    .describe('When the metric server fails: count a failed check (default), keep everything as it is, or pass.'),
});

const webhookType = z.enum([
  '',
  'confirm-rollout',
  'pre-rollout',
  'rollout',
  'confirm-promotion',
  'post-rollout',
  'event',
  'rollback',
  'confirm-traffic-increase',
]);

const canaryWebhook = z.object({
  name: text,
  url: text.describe('Gets a POST; an answer up to 202 agrees.'),
  type: webhookType.exactOptional().describe('When it is called; empty means `rollout`.'),
  timeout: shortDuration.exactOptional().describe('Time limit of one attempt; default `10s`.'),
  retries: whole.exactOptional().describe('Attempts after the first; default 0.'),
  disableTLS: z.boolean().exactOptional().describe('Accepts any certificate.'),
  muteAlert: z.boolean().exactOptional().describe('No alert while a confirm hook is waited for.'),
  metadata: textMap.exactOptional().describe('Sent with the call.'),
});

const canaryAlert = z.object({
  name: text,
  severity: z
    .enum(['', 'info', 'warn', 'error'])
    .exactOptional()
    .describe('The least severity that is sent; without one nothing is.'),
  providerRef: templateRef.describe('The AlertProvider.'),
});

const sessionAffinity = z.object({
  cookieName: text,
  primaryCookieName: text.exactOptional(),
  domain: text.exactOptional(),
  httpOnly: z.boolean().exactOptional(),
  maxAge: whole.default(86_400).describe('Seconds that a user stays with the version.'),
  partitioned: z.boolean().exactOptional(),
  path: text.exactOptional(),
  sameSite: z.enum(['Strict', 'Lax', 'None']).exactOptional(),
  secure: z.boolean().exactOptional(),
});

/** The strategies exclude each other: the CRD wants exactly one of the three. */
const oneStrategy = oneOfRequired(
  ['interval', 'threshold', 'iterations'],
  ['interval', 'threshold', 'stepWeight'],
  ['interval', 'threshold', 'stepWeights'],
);

export const canaryAnalysis = z
  .object({
    interval: shortDuration.exactOptional().describe('Time between two ticks; default `60s`, at least `10s`.'),
    iterations: whole.exactOptional().describe('Ticks of a Blue/Green or, with `match`, of an A/B test.'),
    threshold: whole.exactOptional().describe('Failed checks that roll back; default 1.'),
    maxWeight: whole.exactOptional().describe('Weight at which the canary is promoted; default 100.'),
    stepWeight: whole.exactOptional().describe('What a tick adds to the weight of the canary.'),
    stepWeights: z.array(whole).exactOptional().describe('The weights of the canary, tick by tick.'),
    stepWeightPromotion: whole
      .exactOptional()
      .describe('What a tick adds to the primary while promoting; default: all at once.'),
    mirror: z.boolean().exactOptional().describe('Copies requests to the canary before shifting them.'),
    mirrorWeight: whole.exactOptional().describe('Percentage of requests that are copied (Istio).'),
    primaryReadyThreshold: whole
      .exactOptional()
      .describe('Percentage of primary pods that must be available; default 100.'),
    canaryReadyThreshold: whole
      .exactOptional()
      .describe('Percentage of canary pods that must be available; default 100.'),
    match: z.array(testMatch).exactOptional().describe('The requests of an A/B test.'),
    metrics: z.array(canaryMetric).exactOptional().describe('What is measured on each tick.'),
    webhooks: z.array(canaryWebhook).exactOptional().describe('Who is asked or told.'),
    alerts: z.array(canaryAlert).exactOptional().describe('Who is alerted, instead of the global receiver.'),
    sessionAffinity: sessionAffinity.exactOptional().describe('Keeps a user on the version seen first.'),
  })
  .meta(oneStrategy);

export type CanaryAnalysis = Readable<z.output<typeof canaryAnalysis>>;
export type CanaryMetric = Readable<z.output<typeof canaryMetric>>;
export type MetricFallback = z.output<typeof fallback>;
export type CanaryWebhook = Readable<z.output<typeof canaryWebhook>>;
export type WebhookType = z.output<typeof webhookType>;
export type CanaryAlert = Readable<z.output<typeof canaryAlert>>;
export type SessionAffinity = Readable<z.output<typeof sessionAffinity>>;
