/** What the sources of the ready-made templates look like to Prometheus when all is well, and when nothing is. */

/** One series: a gauge has these values, a counter grows by them every second. */
export interface MeasuredSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly healthy: number;
  readonly bad: number;
  readonly isGauge: boolean;
}

export interface MeasuredSource {
  /** For the arguments of the AnalysisTemplates that have no default. */
  readonly args: Readonly<Record<string, string>>;
  readonly series: readonly MeasuredSeries[];
  /** By the end of the name of a template: its values for healthy and for bad data. */
  readonly values: Readonly<Record<string, readonly [healthy: number, bad: number]>>;
}

/** `name{labels} healthy bad` a line; a gauge begins with `=`. */
function read(text: string): MeasuredSeries[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, gauge = '', name = '', labels = '', healthy, bad] =
        /^\s*(=?)(\w+)\{(.*)\} (\S+) (\S+)$/.exec(line) ?? [];
      if (name === '') throw new Error(`Not a series: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(
        ([, label = '', value = '']) => [label, value] as const,
      );
      return {
        name,
        labels: Object.fromEntries(pairs),
        healthy: Number(healthy),
        bad: Number(bad),
        isGauge: gauge === '=',
      };
    });
}

/** A hundred requests a second: in 50 to 100 ms, or in 0.5 to 1 s. */
function histogram(name: string, labels: string, milliseconds: number): MeasuredSeries[] {
  const bucket = (bound: number, healthy: number, bad: number): string =>
    `${name}{${labels}, le="${bound * milliseconds}"} ${healthy} ${bad}`;
  return read(
    [
      bucket(50, 0, 0),
      bucket(100, 100, 0),
      bucket(500, 100, 0),
      bucket(1000, 100, 100),
      `${name}{${labels}, le="+Inf"} 100 100`,
    ].join('\n'),
  );
}

const inSeconds = 0.001;
/** 99th percentile of that histogram. */
const latency = [99.5, 995] as const;
const successRate = [99.5, 90] as const;
const http = { 'success-rate': successRate, latency };

const pods = { namespace: 'shop', name: 'web', hash: 'abc12' };
const canary = 'namespace="shop", pod="web-abc12-x1"';
/** Of the primary, of a Deployment whose name begins alike, and of another namespace. */
const others = [
  'namespace="shop", pod="web-primary-def34-y1"',
  'namespace="shop", pod="webshop-abc12-z1"',
  'namespace="else", pod="web-abc12-x1"',
];

/** The series of other pods are as bad as can be: they must not count. */
function withOthers(line: (labels: string) => string): string {
  return others.map((labels) => `${line(labels)} 1000 1000`).join('\n');
}

const asHubble = (labels: string): string =>
  `destination_${labels.replace(' pod=', ' destination_pod=')}, reporter="server"`;
const asOpenTelemetry = (labels: string): string =>
  labels.replace('namespace=', 'k8s_namespace_name=').replace('pod=', 'k8s_pod_name=');

export const measuredSources: Readonly<Record<string, MeasuredSource>> = {
  'envoy-gateway': {
    args: { namespace: 'shop', route: 'web' },
    series: [
      ...read(`
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0", envoy_response_code_class="2"} 99 85
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0/backend/1", envoy_response_code_class="2"} 0.5 5
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0", envoy_response_code_class="5"} 0.5 10
        envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/webshop/rule/0", envoy_response_code_class="5"} 1000 1000`),
      ...histogram('envoy_cluster_upstream_rq_time_bucket', 'envoy_cluster_name="httproute/shop/web/rule/0"', 1),
    ],
    values: http,
  },
  istio: {
    args: { namespace: 'shop', service: 'web-canary' },
    series: (() => {
      const to = (workload: string, service: string): string =>
        `reporter="destination", destination_workload_namespace="shop", destination_workload="${workload}", destination_service_namespace="shop", destination_service_name="${service}"`;
      return [
        ...read(`
          istio_requests_total{${to('web', 'web-canary')}, response_code="200"} 99.5 90
          istio_requests_total{${to('web', 'web-canary')}, response_code="503"} 0.5 10
          istio_requests_total{${to('web-primary', 'web-primary')}, response_code="503"} 1000 1000`),
        ...histogram('istio_request_duration_milliseconds_bucket', to('web', 'web-canary'), 1),
      ];
    })(),
    values: http,
  },
  'istio-gateway': {
    args: { namespace: 'shop', service: 'web-canary', gateway: 'public' },
    series: (() => {
      const to = (service: string): string =>
        `reporter="source", source_workload="public-istio", destination_service_namespace="shop", destination_service_name="${service}"`;
      return [
        ...read(`
          istio_requests_total{${to('web-canary')}, response_code="200"} 99.5 90
          istio_requests_total{${to('web-canary')}, response_code="503"} 0.5 10
          istio_requests_total{${to('web-primary')}, response_code="503"} 1000 1000`),
        ...histogram('istio_request_duration_milliseconds_bucket', to('web-canary'), 1),
      ];
    })(),
    values: http,
  },
  traefik: {
    args: { namespace: 'shop', service: 'web-canary' },
    series: [
      ...read(`
        traefik_service_requests_total{service="shop-web-canary-http-80@kubernetesgateway", code="200"} 80 70
        traefik_service_requests_total{service="httproute-shop-web-gw-infra-public-ep-web-0-68ef33b73c758387c1f3-svc-shop-web-canary-1@kubernetesgateway", code="200"} 10 10
        traefik_service_requests_total{service="shop-web-canary-80@kubernetescrd", code="200"} 9.5 10
        traefik_service_requests_total{service="shop-web-canary-80@kubernetescrd", code="500"} 0.5 10
        traefik_service_requests_total{service="httproute-shop-web-gw-infra-public-ep-web-0-68ef33b73c758387c1f3-svc-shop-web-primary-0@kubernetesgateway", code="500"} 1000 1000
        traefik_service_requests_total{service="shop-web-primary-80@kubernetescrd", code="500"} 1000 1000`),
      ...histogram(
        'traefik_service_request_duration_seconds_bucket',
        'service="shop-web-canary-80@kubernetescrd"',
        inSeconds,
      ),
    ],
    values: http,
  },
  'nginx-gateway-fabric': {
    args: { namespace: 'shop', service: 'web-canary' },
    series: read(`
      nginx_http_upstream_peer_responses_total{nginx_upstream_name="shop_web-canary_80", nginx_status_range="2xx"} 99.5 90
      nginx_http_upstream_peer_responses_total{nginx_upstream_name="shop_web-canary_80", nginx_status_range="5xx"} 0.5 10
      nginx_http_upstream_peer_responses_total{nginx_upstream_name="shop_web-primary_80", nginx_status_range="5xx"} 1000 1000
      =nginx_http_upstream_peer_response_time_milliseconds{nginx_upstream_name="shop_web-canary_80", nginx_peer_address="a"} 100 900
      =nginx_http_upstream_peer_response_time_milliseconds{nginx_upstream_name="shop_web-canary_80", nginx_peer_address="b"} 50 700`),
    values: { 'success-rate': successRate, latency: [75, 800] },
  },
  cilium: {
    args: pods,
    series: [
      ...read(`
        hubble_http_requests_total{${asHubble(canary)}, status="200"} 99.5 90
        hubble_http_requests_total{${asHubble(canary)}, status="500"} 0.5 10
        ${withOthers((labels) => `hubble_http_requests_total{${asHubble(labels)}, status="500"}`)}`),
      ...histogram('hubble_http_request_duration_seconds_bucket', asHubble(canary), inSeconds),
    ],
    values: http,
  },
  linkerd: {
    args: pods,
    series: [
      ...read(`
        response_total{${canary}, direction="inbound", classification="success"} 99.5 90
        response_total{${canary}, direction="inbound", classification="failure"} 0.5 10
        response_total{${canary}, direction="outbound", classification="failure"} 1000 1000
        ${withOthers((labels) => `response_total{${labels}, direction="inbound", classification="failure"}`)}`),
      ...histogram('response_latency_ms_bucket', `${canary}, direction="inbound"`, 1),
    ],
    values: http,
  },
  'ingress-nginx': {
    args: { namespace: 'shop', ingress: 'web' },
    series: [
      ...read(`
        nginx_ingress_controller_requests{namespace="shop", ingress="web", canary="shop-web-canary-80", status="200"} 99.5 90
        nginx_ingress_controller_requests{namespace="shop", ingress="web", canary="shop-web-canary-80", status="502"} 0.5 10
        nginx_ingress_controller_requests{namespace="shop", ingress="web", canary="", status="502"} 1000 1000`),
      ...histogram(
        'nginx_ingress_controller_request_duration_seconds_bucket',
        'namespace="shop", ingress="web", canary="shop-web-canary-80"',
        inSeconds,
      ),
    ],
    values: http,
  },
  opentelemetry: {
    args: pods,
    series: [
      ...read(`
        http_server_request_duration_seconds_count{${asOpenTelemetry(canary)}, http_response_status_code="200"} 99.5 90
        http_server_request_duration_seconds_count{${asOpenTelemetry(canary)}, http_response_status_code="500"} 0.5 10
        ${withOthers((labels) => `http_server_request_duration_seconds_count{${asOpenTelemetry(labels)}, http_response_status_code="500"}`)}`),
      ...histogram('http_server_request_duration_seconds_bucket', asOpenTelemetry(canary), inSeconds),
    ],
    values: http,
  },
  'prometheus-client': {
    args: pods,
    series: [
      ...read(`
        http_request_duration_seconds_count{${canary}, code="200"} 99.5 90
        http_request_duration_seconds_count{${canary}, code="500"} 0.25 5
        http_request_duration_seconds_count{${canary}, status="5xx"} 0.125 2
        http_request_duration_seconds_count{${canary}, status_code="503"} 0.125 3
        ${withOthers((labels) => `http_request_duration_seconds_count{${labels}, code="500"}`)}`),
      ...histogram('http_request_duration_seconds_bucket', canary, inSeconds),
    ],
    values: http,
  },
  micrometer: {
    args: pods,
    series: [
      ...read(`
        http_server_requests_seconds_count{${canary}, status="200"} 99.5 90
        http_server_requests_seconds_count{${canary}, status="500"} 0.5 10
        ${withOthers((labels) => `http_server_requests_seconds_count{${labels}, status="500"}`)}
        =jvm_memory_used_bytes{${canary}, area="heap", id="G1 Eden Space"} 200 250
        =jvm_memory_used_bytes{${canary}, area="heap", id="G1 Old Gen"} 400 700
        =jvm_memory_used_bytes{${canary}, area="nonheap", id="Metaspace"} 5000 5000
        =jvm_memory_max_bytes{${canary}, area="heap", id="G1 Eden Space"} -1 -1
        =jvm_memory_max_bytes{${canary}, area="heap", id="G1 Old Gen"} 1000 1000
        jvm_gc_pause_seconds_sum{${canary}, cause="G1 Evacuation Pause"} 0.01 0.15
        jvm_gc_pause_seconds_sum{${canary}, cause="Allocation Failure"} 0.02 0.15
        ${withOthers((labels) => `jvm_gc_pause_seconds_sum{${labels}}`)}`),
      ...histogram('http_server_requests_seconds_bucket', canary, inSeconds),
    ],
    values: { ...http, heap: [60, 95], gc: [3, 30] },
  },
  kafka: {
    args: { group: 'billing' },
    series: read(`
      =kafka_consumergroup_lag{consumergroup="billing", topic="orders", partition="0"} 60 3000
      =kafka_consumergroup_lag{consumergroup="billing", topic="orders", partition="1"} 40 2000
      =kafka_consumergroup_lag{consumergroup="audit", topic="orders", partition="1"} 90000 90000`),
    values: { lag: [100, 5000] },
  },
  rabbitmq: {
    args: { queue: 'orders' },
    series: read(`
      =rabbitmq_detailed_queue_messages_ready{vhost="/", queue="orders"} 100 5000
      =rabbitmq_detailed_queue_messages_ready{vhost="/", queue="audit"} 90000 90000`),
    values: { ready: [100, 5000] },
  },
  kubernetes: {
    args: pods,
    series: read(`
      kube_pod_container_status_restarts_total{${canary}, container="app"} 0 0.01
      ${withOthers((labels) => `kube_pod_container_status_restarts_total{${labels}, container="app"}`)}
      container_cpu_cfs_periods_total{${canary}, container="app"} 10 10
      container_cpu_cfs_throttled_periods_total{${canary}, container="app"} 0.5 5
      container_cpu_cfs_throttled_periods_total{${canary}} 1000 1000
      =container_memory_working_set_bytes{${canary}, container="app", id="/kubepods/x"} 500 950
      =container_memory_working_set_bytes{${canary}} 99000 99000
      =kube_pod_container_resource_limits{${canary}, container="app", resource="memory", unit="byte"} 1000 1000
      =kube_pod_container_resource_limits{${canary}, container="app", resource="cpu", unit="core"} 2 2`),
    values: { restarts: [0, 6], 'cpu-throttling': [5, 50], memory: [50, 95] },
  },
};
