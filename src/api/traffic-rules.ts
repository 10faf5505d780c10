/** The shapes inside `spec.service` that are handed through to a router: matches, headers, gateways, CORS, connection policy. */
import * as z from 'zod';
import { oneOfOrNone, oneOfRequired, text, textMap, texts } from './schema.ts';

/** Labels of Gateway API names, with and without dots. */
const groupPattern = /^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const kindPattern = /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const sectionPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const objectName = text.min(1).max(253);
const port = z.int().min(1).max(65_535);

const matcherFields = { exact: text.exactOptional(), prefix: text.exactOptional(), regex: text.exactOptional() };
const anyMatcher = z.object(matcherFields).meta(oneOfOrNone('exact', 'prefix', 'regex'));
const oneMatcher = z.object(matcherFields).meta(oneOfRequired(['exact'], ['prefix'], ['regex']));

/** How a header value is compared in `analysis.match`: exactly one of the members. */
export const headerMatcher = z
  .object({
    exact: text.exactOptional(),
    prefix: text.exactOptional(),
    suffix: text.exactOptional(),
    regex: text.exactOptional(),
  })
  .meta(oneOfRequired(['exact'], ['prefix'], ['suffix'], ['regex']));

/** One entry of `analysis.match`: which requests a test sees. */
export const testMatch = z.object({
  headers: z
    .record(z.string(), headerMatcher)
    .exactOptional()
    .describe('Headers of the requests that reach the canary.'),
  queryParams: z.record(z.string(), anyMatcher).exactOptional().describe('Query parameters of those requests.'),
  sourceLabels: textMap.exactOptional().describe('Labels of the pods that those requests come from.'),
});

/** One entry of `service.match`: which requests the service answers. */
export const serviceMatch = z.object({
  name: text.exactOptional(),
  uri: anyMatcher.exactOptional(),
  scheme: anyMatcher.exactOptional(),
  method: anyMatcher.exactOptional(),
  authority: anyMatcher.exactOptional(),
  headers: z.record(z.string(), anyMatcher).exactOptional(),
  withoutHeaders: z.record(z.string(), anyMatcher).exactOptional(),
  queryParams: z.record(z.string(), anyMatcher).exactOptional(),
  ignoreUriCase: z.boolean().exactOptional(),
  port: z.int().exactOptional(),
  gateways: texts.exactOptional(),
  sourceLabels: textMap.exactOptional(),
  sourceNamespace: text.exactOptional(),
});

export const gatewayRef = z.object({
  group: text.max(253).regex(groupPattern).default('gateway.networking.k8s.io'),
  kind: text.min(1).max(63).regex(kindPattern).default('Gateway'),
  namespace: text.min(1).max(63).regex(labelPattern).exactOptional().describe("Default: the Canary's."),
  name: objectName,
  sectionName: objectName.regex(sectionPattern).exactOptional().describe('Listener of the gateway.'),
  port: port.exactOptional(),
});

const backendRef = z
  .object({
    group: text.max(253).regex(groupPattern).default(''),
    kind: text.min(1).max(63).regex(kindPattern).default('Service'),
    namespace: text.min(1).max(63).regex(labelPattern).exactOptional(),
    name: objectName,
    port: port.exactOptional(),
  })
  .meta({
    'x-kubernetes-validations': [
      {
        message: 'port is required when backendRef names a Service',
        rule: "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
      },
    ],
  });

/** A copy of each request goes to the backend; its answers are thrown away. */
export const mirrorTarget = z.object({ backendRef: backendRef.exactOptional() });

const headerOperations = z.object({
  add: textMap.exactOptional(),
  set: textMap.exactOptional(),
  remove: texts.exactOptional(),
});

export const headerRules = z.object({
  request: headerOperations.exactOptional(),
  response: headerOperations.exactOptional(),
});

export const rewriteRule = z.object({
  uri: text.exactOptional(),
  authority: text.exactOptional(),
  type: text.exactOptional().describe('`ReplacePrefixMatch`; anything else replaces the full path.'),
});

export const retryRule = z.object({
  attempts: z.int().exactOptional(),
  perTryTimeout: text.exactOptional(),
  retryOn: text.exactOptional(),
});

export const corsPolicy = z.object({
  allowOrigin: texts.exactOptional(),
  allowOrigins: z.array(oneMatcher).exactOptional(),
  allowMethods: texts.exactOptional(),
  allowHeaders: texts.exactOptional(),
  exposeHeaders: texts.exactOptional(),
  allowCredentials: z.boolean().exactOptional(),
  maxAge: text.exactOptional().describe('A Go duration.'),
});

const consistentHash = z.object({
  httpHeaderName: text.exactOptional(),
  httpQueryParameterName: text.exactOptional(),
  httpCookie: z
    .object({ name: text.exactOptional(), path: text.exactOptional(), ttl: text.exactOptional() })
    .exactOptional(),
  useSourceIp: z.boolean().exactOptional(),
  minimumRingSize: z.int().exactOptional(),
});

/** The way a consistent hash is taken is one of four; the rule stands outside the property, where Istio has it. */
const hashKeys = oneOfRequired(['httpHeaderName'], ['httpCookie'], ['useSourceIp'], ['httpQueryParameterName']);

const loadBalancer = z
  .object({
    simple: z.enum(['ROUND_ROBIN', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'LEAST_REQUEST']).exactOptional(),
    consistentHash: consistentHash.exactOptional(),
    localityLbSetting: z
      .object({
        enabled: z.boolean().exactOptional(),
        distribute: z
          .array(z.object({ from: text.exactOptional(), to: z.record(z.string(), z.int()).exactOptional() }))
          .exactOptional(),
        failover: z.array(z.object({ from: text.exactOptional(), to: text.exactOptional() })).exactOptional(),
      })
      .exactOptional(),
    warmupDurationSecs: text.exactOptional(),
  })
  .meta({
    oneOf: [{ required: ['simple'] }, { required: ['consistentHash'], properties: { consistentHash: hashKeys } }],
  });

const outlierDetection = z.object({
  baseEjectionTime: text.exactOptional(),
  interval: text.exactOptional(),
  consecutive5xxErrors: z.int().exactOptional(),
  consecutiveErrors: z.int().exactOptional(),
  consecutiveGatewayErrors: z.int().exactOptional(),
  consecutiveLocalOriginFailures: z.int().exactOptional(),
  maxEjectionPercent: z.int().exactOptional(),
  minHealthPercent: z.int().exactOptional(),
  splitExternalLocalOriginErrors: z.boolean().exactOptional(),
});

const tlsSettings = z.object({
  mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']).exactOptional(),
  caCertificates: text.exactOptional(),
  clientCertificate: text.exactOptional(),
  privateKey: text.exactOptional(),
  sni: text.exactOptional(),
  subjectAltNames: texts.exactOptional(),
});

export const trafficPolicy = z.object({
  connectionPool: z
    .object({
      http: z
        .object({
          h2UpgradePolicy: z.enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).exactOptional(),
          http1MaxPendingRequests: z.int().exactOptional(),
          http2MaxRequests: z.int().exactOptional(),
          idleTimeout: text.exactOptional(),
          maxRequestsPerConnection: z.int().exactOptional(),
          maxRetries: z.int().exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
  loadBalancer: loadBalancer.exactOptional(),
  outlierDetection: outlierDetection.exactOptional(),
  tls: tlsSettings.exactOptional(),
});
