/** `spec.strategy.canary.trafficRouting` of a Rollout: which routers split the traffic, and what they write. */
import * as z from 'zod';
import { int32, text, textMap, texts, type Readable } from './schema.ts';

const nginx = z.object({
  stableIngress: text.exactOptional().describe('Ingress of the stable Service.'),
  stableIngresses: texts.exactOptional().describe('As `stableIngress`, for many.'),
  annotationPrefix: text.exactOptional().describe('Default `nginx.ingress.kubernetes.io`.'),
  additionalIngressAnnotations: textMap.exactOptional().describe('For the canary Ingress; keys get the prefix.'),
  canaryIngressAnnotations: textMap.exactOptional().describe('For the canary Ingress, as they are.'),
});

const virtualService = z.object({
  name: text.describe('`NAME` or `NAME.NAMESPACE`.'),
  routes: texts.exactOptional().describe('Names of the HTTP routes; not needed where there is one.'),
  tlsRoutes: z
    .array(z.object({ port: z.int().exactOptional(), sniHosts: texts.exactOptional() }))
    .exactOptional()
    .describe('TLS routes by port and SNI hosts.'),
  tcpRoutes: z
    .array(z.object({ port: z.int().exactOptional() }))
    .exactOptional()
    .describe('TCP routes by port.'),
});

const destinationRule = z.object({
  name: text,
  canarySubsetName: text,
  stableSubsetName: text,
  additionalSubsetNames: texts.exactOptional(),
});

const istio = z.object({
  virtualService: virtualService.exactOptional(),
  virtualServices: z.array(virtualService).exactOptional().describe('As `virtualService`, for many.'),
  destinationRule: destinationRule.exactOptional().describe('Splits by subsets in place of Services.'),
});

const alb = z.object({
  ingress: text.exactOptional(),
  ingresses: texts.exactOptional().describe('As `ingress`, for many.'),
  servicePort: int32.describe('Port of the Services.'),
  rootService: text.exactOptional().describe('Service that the Ingress names; default: the stable one.'),
  annotationPrefix: text.exactOptional().describe('Default `alb.ingress.kubernetes.io`.'),
  stickinessConfig: z
    .object({ enabled: z.boolean(), durationSeconds: z.int() })
    .exactOptional()
    .describe('Keeps users with their target group.'),
});

const nodeRef = z.object({ name: text });

const appMesh = z.object({
  virtualService: z.object({ name: text, routes: texts.exactOptional() }).exactOptional(),
  virtualNodeGroup: z.object({ canaryVirtualNodeRef: nodeRef, stableVirtualNodeRef: nodeRef }).exactOptional(),
});

export const trafficRouting = z.object({
  nginx: nginx.exactOptional(),
  istio: istio.exactOptional(),
  alb: alb.exactOptional(),
  smi: z
    .object({
      rootService: text.exactOptional().describe('Default: the stable Service.'),
      trafficSplitName: text.exactOptional().describe('Default: the name of the Rollout.'),
    })
    .exactOptional(),
  ambassador: z.object({ mappings: texts }).exactOptional(),
  appMesh: appMesh.exactOptional(),
  traefik: z.object({ weightedTraefikServiceName: text }).exactOptional(),
  apisix: z.object({ route: z.object({ name: text, rules: texts.exactOptional() }).exactOptional() }).exactOptional(),
  plugins: z.record(z.string(), z.unknown()).exactOptional().describe('Other routers by name, with their settings.'),
  managedRoutes: z
    .array(z.object({ name: text }))
    .exactOptional()
    .describe('Routes that steps may add, the first before the others.'),
  maxTrafficWeight: int32.exactOptional().describe('What all weights add up to; default 100.'),
});

export type TrafficRouting = Readable<z.output<typeof trafficRouting>>;
export type NginxRouting = Readable<z.output<typeof nginx>>;
export type IstioRouting = Readable<z.output<typeof istio>>;
export type IstioVirtualService = Readable<z.output<typeof virtualService>>;
export type IstioDestinationRule = Readable<z.output<typeof destinationRule>>;
export type AlbRouting = Readable<z.output<typeof alb>>;
export type AppMeshRouting = Readable<z.output<typeof appMesh>>;
