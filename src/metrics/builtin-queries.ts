/** The built-in metrics `request-success-rate` and `request-duration`: which query a provider string leads to, and its text. */
import type { BuiltinMetric } from '#api/canary-analysis.ts';

/** Window of built-in and inline queries whose `interval` is not set. */
export const defaultQueryInterval = '1m';

/** What a query may speak of; also what query templates can use. */
export interface QueryInputs {
  readonly name: string;
  readonly namespace: string;
  readonly target: string;
  /** `spec.targetRef.kind`: pods of a DaemonSet are named otherwise. */
  readonly targetKind?: string;
  readonly service: string;
  readonly ingress: string;
  readonly route: string;
  /** A Go duration; the text is put into the query as it is. */
  readonly interval: string;
  readonly variables?: Readonly<Record<string, string>>;
}

/** What decides about the query set. */
export interface QueryChoice {
  /** The controller's `-mesh-provider`. */
  readonly meshProvider: string;
  /** `spec.provider` of the Canary. */
  readonly provider?: string | undefined;
  /** `spec.targetRef.kind`. */
  readonly targetKind: string;
  /** Whether the target is a Knative Service. */
  readonly knative?: boolean;
}

/** The provider string that events name and that selects the query set. */
export function queryProvider({ meshProvider, provider, targetKind, knative = false }: QueryChoice): string {
  let chosen = meshProvider.includes('crossover') ? 'crossover' : meshProvider;
  if (provider !== undefined && provider !== '') chosen = meshProvider.includes('linkerd') ? 'linkerd' : provider;
  return targetKind === 'Service' && !knative ? `${chosen}:service` : chosen;
}

export interface BuiltinQuery {
  readonly query: string;
  /** What goes before an error's text in events: all sets but the http one say that a query ran. */
  readonly errorPrefix: '' | 'running query failed: ';
  /** The number that is compared and shown: percent, or whole milliseconds. */
  readonly convert: (value: number) => number;
}

/** `provider` comes from `queryProvider`; one that no set is made for gets Istio's. */
export function builtinQuery(provider: string, metric: BuiltinMetric, inputs: QueryInputs): BuiltinQuery {
  const [, set] = sets.find(([matches]) => matches(provider)) ?? [undefined, istio];
  const success = metric === 'request-success-rate';
  return {
    query: success ? successQuery(set, inputs) : durationQuery(set, inputs),
    errorPrefix: set === http ? '' : 'running query failed: ',
    convert: success ? (value) => value : (value) => Math.trunc(set.seconds === true ? value * 1000 : value),
  };
}

/** Where the numbers of one mesh or ingress are found. */
interface QuerySet {
  readonly requests: string;
  readonly selector: (inputs: QueryInputs) => readonly string[];
  /** Leaves only requests that did not fail. */
  readonly unfailed: string;
  /** Buckets for a 99th percentile, or a sum and a count for a mean. */
  readonly duration: { readonly bucket: string } | { readonly sum: string; readonly count: string };
  /** Labels that only the counter of requests, or only the duration, is selected by. */
  readonly requestsLabel?: string;
  readonly durationLabel?: string;
  /** The factor within the query that makes the duration milliseconds. */
  readonly factor?: 1000;
  /** The duration comes in seconds and the caller has to convert it. */
  readonly seconds?: true;
}

function successQuery(set: QuerySet, inputs: QueryInputs): string {
  const labels = set.selector(inputs);
  const own = set.requestsLabel === undefined ? [] : [set.requestsLabel];
  const rate = (extra: readonly string[]): string =>
    sumOfRate(set.requests, [...labels, ...extra, ...own], inputs.interval);
  return `${rate([set.unfailed])} / ${rate([])} * 100`;
}

function durationQuery(set: QuerySet, inputs: QueryInputs): string {
  const labels = [...set.selector(inputs), ...(set.durationLabel === undefined ? [] : [set.durationLabel])];
  const sum = (name: string): string => sumOfRate(name, labels, inputs.interval);
  const duration =
    'bucket' in set.duration
      ? `histogram_quantile( 0.99, ${sum(set.duration.bucket)} by (le) )`
      : `${sum(set.duration.sum)} / ${sum(set.duration.count)}`;
  return set.factor === undefined ? duration : `${duration} * ${set.factor}`;
}

function sumOfRate(name: string, labels: readonly string[], interval: string): string {
  return `sum( rate( ${name}{ ${labels.join(', ')} }[${interval}] ) )`;
}

const envoy = {
  requests: 'envoy_cluster_upstream_rq',
  unfailed: 'envoy_response_code!~"5.*"',
  duration: { bucket: 'envoy_cluster_upstream_rq_time_bucket' },
} as const;

/** Pods of the target: a name, a ReplicaSet's hash unless it is a DaemonSet, a pod's suffix. The primary's pods never match. */
const podsOfTarget = ({ namespace, target, targetKind }: QueryInputs): string[] => [
  `kubernetes_namespace="${namespace}"`,
  `kubernetes_pod_name=~"${target}-[0-9a-zA-Z]+${targetKind === 'DaemonSet' ? '' : '(-[0-9a-zA-Z]+)'}"`,
];

const istio: QuerySet = {
  requests: 'istio_requests_total',
  selector: ({ namespace, target }) => [
    'reporter="destination"',
    `destination_workload_namespace="${namespace}"`,
    `destination_workload=~"${target}"`,
  ],
  unfailed: 'response_code!~"5.*"',
  duration: { bucket: 'istio_request_duration_milliseconds_bucket' },
};

const http: QuerySet = {
  requests: 'http_request_duration_seconds_count',
  selector: podsOfTarget,
  unfailed: 'status!~"5.*"',
  duration: { bucket: 'http_request_duration_seconds_bucket' },
  seconds: true,
};

const word = (text: string): string => text.replace(/\W/g, '_');

const exactly = (name: string) => (provider: string) => provider === name;
const startsWith = (prefix: string) => (provider: string) => provider.startsWith(prefix);

/** The first match wins. Where routing objects are named after the service, so are the labels, also when it is not called as the target. */
const sets: readonly (readonly [matches: (provider: string) => boolean, set: QuerySet])[] = [
  [startsWith('appmesh'), { ...envoy, selector: podsOfTarget }],
  [
    exactly('linkerd'),
    {
      requests: 'response_total',
      selector: ({ namespace, target }) => [
        `namespace="${namespace}"`,
        `deployment=~"${target}"`,
        'direction="inbound"',
      ],
      unfailed: 'classification!="failure"',
      duration: { bucket: 'response_latency_ms_bucket' },
    },
  ],
  [exactly('istio'), istio],
  [
    exactly('contour'),
    {
      ...envoy,
      selector: ({ namespace, service }) => [`envoy_cluster_name=~"${namespace}_${service}-canary_[0-9a-zA-Z-]+"`],
    },
  ],
  [
    startsWith('gloo'),
    {
      ...envoy,
      selector: ({ namespace, service }) => [
        `envoy_cluster_name=~"${namespace}-${service}-canaryupstream-[0-9a-zA-Z-]+_[0-9a-zA-Z-]+"`,
      ],
    },
  ],
  [
    exactly('nginx'),
    {
      requests: 'nginx_ingress_controller_requests',
      selector: ({ namespace, ingress }) => [`namespace="${namespace}"`, `ingress="${ingress}"`, 'canary!=""'],
      unfailed: 'status!~"5.*"',
      duration: {
        sum: 'nginx_ingress_controller_response_duration_seconds_sum',
        count: 'nginx_ingress_controller_response_duration_seconds_count',
      },
      factor: 1000,
    },
  ],
  [(provider) => provider === 'kubernetes' || provider.startsWith('gatewayapi'), http],
  [
    exactly('skipper'),
    {
      requests: 'skipper_response_duration_seconds_bucket',
      selector: ({ namespace, ingress, service }) => [
        `route=~"kube(ew)?_${word(namespace)}__${word(ingress)}_canary__.*__${word(service)}_canary(_[0-9]+)?"`,
      ],
      unfailed: 'code!~"5.."',
      requestsLabel: 'le="+Inf"',
      duration: {
        sum: 'skipper_serve_route_duration_seconds_sum',
        count: 'skipper_serve_route_duration_seconds_count',
      },
      factor: 1000,
    },
  ],
  [
    exactly('traefik'),
    {
      requests: 'traefik_service_request_duration_seconds_bucket',
      selector: ({ namespace, service }) => [`service=~"${namespace}-${service}-canary-[0-9a-zA-Z-]+@kubernetescrd"`],
      unfailed: 'code!~"5.."',
      requestsLabel: 'le="+Inf"',
      duration: { bucket: 'traefik_service_request_duration_seconds_bucket' },
      factor: 1000,
    },
  ],
  [
    exactly('osm'),
    {
      requests: 'osm_request_total',
      selector: ({ namespace, target }) => [
        `destination_namespace="${namespace}"`,
        'destination_kind="Deployment"',
        `destination_name="${target}"`,
      ],
      unfailed: 'response_code!~"5.*"',
      duration: { bucket: 'osm_request_duration_ms_bucket' },
    },
  ],
  [
    exactly('kuma'),
    {
      ...envoy,
      selector: ({ namespace, service }) => [`service=~"${service}-canary_${namespace}_svc_[0-9a-zA-Z-]+"`],
    },
  ],
  [
    exactly('apisix'),
    {
      requests: 'apisix_http_status',
      selector: ({ namespace, route, service }) => [`route=~"${namespace}_${route}-${service}-canary_.+"`],
      unfailed: 'code!~"5.."',
      duration: { bucket: 'apisix_http_latency_bucket' },
      durationLabel: 'type=~"request"',
    },
  ],
  [
    exactly('knative'),
    { ...envoy, selector: ({ namespace, route }) => [`envoy_cluster_name=~"${namespace}/${route}"`] },
  ],
];
