/** The Canary (`flagger.app/v1beta1`): how a new version of a workload is tried before it replaces the old one. */
import * as z from 'zod';
import { canaryAnalysis } from './canary-analysis.ts';
import { canaryStatus, type CanaryStatus } from './canary-status.ts';
import type { KubeObject } from './kubernetes.ts';
import { problemsOf, type Problem } from './problem.ts';
import { text, textMap, texts, whole, withoutNulls, type Readable } from './schema.ts';
import {
  corsPolicy,
  gatewayRef,
  headerRules,
  mirrorTarget,
  retryRule,
  rewriteRule,
  serviceMatch,
  trafficPolicy,
} from './traffic-rules.ts';

/** The providers that the CRD lets through. A flag may name others. */
export const providerNames = [
  'apisix',
  'appmesh',
  'appmesh:v1beta2',
  'contour',
  'gatewayapi:v1',
  'gatewayapi:v1beta1',
  'gloo',
  'istio',
  'knative',
  'kubernetes',
  'kuma',
  'linkerd',
  'nginx',
  'osm',
  'skipper',
  'smi:v1alpha1',
  'smi:v1alpha2',
  'smi:v1alpha3',
  'traefik',
] as const;

const metadataRules = z.object({ labels: textMap.exactOptional(), annotations: textMap.exactOptional() });

const canaryService = z.object({
  name: text.exactOptional().describe('Name of the service that users call; default: the name of the target.'),
  port: whole.describe('Port of the generated services.'),
  portName: text.exactOptional().describe('Name of that port; default `http`.'),
  targetPort: z
    .union([z.int(), z.string()])
    .meta({ 'x-kubernetes-int-or-string': true })
    .exactOptional()
    .describe('Port of the container, by number or name; default: `port`.'),
  appProtocol: text.exactOptional().describe('`appProtocol` of the first port.'),
  portDiscovery: z.boolean().exactOptional().describe('Adds the other ports of the containers.'),
  headless: z.boolean().exactOptional().describe('Services without a cluster IP; read when they are created.'),
  trafficDistribution: z.enum(['PreferClose', 'PreferSameZone', 'PreferSameNode']).exactOptional(),
  apex: metadataRules.exactOptional().describe('Metadata of the service that users call and of the route.'),
  primary: metadataRules.exactOptional().describe('Metadata of the primary service.'),
  canary: metadataRules.exactOptional().describe('Metadata of the canary service.'),
  unmanagedMetadata: z
    .object({ annotations: texts.exactOptional(), labels: texts.exactOptional() })
    .exactOptional()
    .describe('Keys on generated services that others write.'),
  timeout: text.exactOptional().describe('Time limit of a request.'),
  backendTimeout: text.exactOptional().describe('Time limit of a request to one backend (Gateway API).'),
  gateways: texts.exactOptional().describe('Istio gateways; default `mesh`.'),
  gatewayRefs: z.array(gatewayRef).max(32).exactOptional().describe('Gateways that the HTTPRoute attaches to.'),
  hosts: texts.exactOptional().describe('Host names of the route.'),
  delegation: z.boolean().exactOptional().describe('Writes an Istio delegate VirtualService.'),
  trafficPolicy: trafficPolicy.exactOptional().describe('Istio traffic policy.'),
  match: z.array(serviceMatch).exactOptional().describe('Requests that the service answers; default: all.'),
  rewrite: rewriteRule.exactOptional().describe('Changes path or host before the request reaches the pods.'),
  retries: retryRule.exactOptional().describe('Retries of failed requests (Istio).'),
  headers: headerRules.exactOptional().describe('Headers that are added, set or removed on the way.'),
  mirror: z.array(mirrorTarget).exactOptional().describe('Backends that get a copy of each request (Gateway API).'),
  corsPolicy: corsPolicy.exactOptional().describe('Which other origins may call.'),
  meshName: text.exactOptional().describe('Deprecated.'),
  backends: texts.exactOptional().describe('App Mesh backends.'),
});

const refTo = <const Kinds extends readonly [string, ...string[]]>(...kinds: Kinds) =>
  z.object({ apiVersion: text, kind: z.enum(kinds), name: text });

const canarySpec = z.object({
  provider: text
    .meta({ enum: [...providerNames] })
    .exactOptional()
    .describe('Who splits the traffic; default: the flag `-mesh-provider`.'),
  metricsServer: text.exactOptional().describe('Prometheus for built-in metrics; default: the flag `-metrics-server`.'),
  targetRef: refTo('DaemonSet', 'Deployment', 'Service').describe('The workload in the same namespace.'),
  autoscalerRef: refTo('HorizontalPodAutoscaler', 'ScaledObject')
    .extend({
      primaryScalerQueries: textMap.exactOptional().describe('KEDA: query of the primary by name of the trigger.'),
      primaryScalerReplicas: z
        .object({ minReplicas: z.int().min(1).exactOptional(), maxReplicas: z.int().min(1).exactOptional() })
        .exactOptional()
        .describe('Replicas of the primary scaler, where they differ from those of the target.'),
    })
    .exactOptional()
    .describe('The scaler of the target.'),
  ingressRef: refTo('Ingress').exactOptional().describe('Ingress of the target (NGINX, Skipper).'),
  routeRef: refTo('ApisixRoute').exactOptional().describe('Route of the target (APISIX).'),
  upstreamRef: refTo('Upstream').extend({ namespace: text.exactOptional() }).exactOptional().describe('Gloo upstream.'),
  service: canaryService.exactOptional().describe('The generated services and the route; not needed for Knative.'),
  analysis: canaryAnalysis.describe('How the new version is tried.'),
  progressDeadlineSeconds: whole
    .exactOptional()
    .describe('How long a workload may stay unavailable before the run fails; default 600.'),
  skipAnalysis: z.boolean().exactOptional().describe('Promotes without a check.'),
  revertOnDeletion: z
    .boolean()
    .exactOptional()
    .describe('Gives the traffic back to the target when the Canary is deleted.'),
  suspend: z.boolean().exactOptional().describe('Nothing moves while true.'),
});

/** The schema of a Canary without what every object has. Parsing adds only the defaults that the CRD has as well. */
export const canarySchema = z.object({ spec: canarySpec, status: canaryStatus.exactOptional() });

export type CanarySpec = Readable<z.output<typeof canarySpec>>;
export type CanaryService = Readable<z.output<typeof canaryService>>;
export type {
  CanaryAlert,
  CanaryAnalysis,
  CanaryMetric,
  CanaryWebhook,
  MetricFallback,
  SessionAffinity,
  WebhookType,
} from './canary-analysis.ts';
export type { CanaryCondition, CanaryPhase, CanaryStatus, Decision } from './canary-status.ts';
export type TargetKind = CanarySpec['targetRef']['kind'];

export interface Canary extends KubeObject {
  readonly spec: CanarySpec;
  readonly status?: CanaryStatus;
}

export type ParsedCanary =
  | { readonly ok: true; readonly canary: Canary }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads a Canary as the API server returns it. Fields the CRD does not know are dropped, nulls are absent. */
export function parseCanary(object: KubeObject): ParsedCanary {
  const given = withoutNulls({ spec: object['spec'], status: object['status'] });
  const parsed = canarySchema.safeParse(given);
  if (!parsed.success) return { ok: false, problems: problemsOf(parsed.error, given) };
  return { ok: true, canary: { ...withoutStatus(object), ...parsed.data } };
}

/** An empty status in `object` must not shine through when the parsed one is absent. */
function withoutStatus({ status: _status, ...rest }: KubeObject): KubeObject {
  return rest;
}
