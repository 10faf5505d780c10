import { describe, expect, it } from 'vitest';
import { builtinQuery, queryProvider, type QueryInputs } from './builtin-queries.ts';

const inputs: QueryInputs = {
  name: 'podinfo',
  namespace: 'test',
  target: 'podinfo',
  service: 'web',
  ingress: 'front-door',
  route: 'way',
  interval: '1m',
};

const all = 'kubernetes_namespace="test", kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"';

describe('builtinQuery', () => {
  it.each(['kubernetes', 'gatewayapi:v1', 'gatewayapi:v1beta1', 'gatewayapi:v1:service'])(
    'of %s is the http set as the original sends it [integrations-23]',
    (provider) => {
      expect(builtinQuery(provider, 'request-success-rate', inputs)).toMatchObject({
        query:
          `sum( rate( http_request_duration_seconds_count{ ${all}, status!~"5.*" }[1m] ) ) / ` +
          `sum( rate( http_request_duration_seconds_count{ ${all} }[1m] ) ) * 100`,
        errorPrefix: '',
      });
      expect(builtinQuery(provider, 'request-duration', { ...inputs, interval: '30s' }).query).toBe(
        `histogram_quantile( 0.99, sum( rate( http_request_duration_seconds_bucket{ ${all} }[30s] ) ) by (le) )`,
      );
    },
  );

  it.each([
    ['appmesh:v1beta2', 'envoy_cluster_upstream_rq{', 'kubernetes_pod_name=~"podinfo-'],
    ['linkerd', 'response_total{', 'deployment=~"podinfo", direction="inbound"'],
    ['istio', 'istio_requests_total{', 'destination_workload=~"podinfo"'],
    ['contour', 'envoy_cluster_upstream_rq{', 'envoy_cluster_name=~"test_web-canary_[0-9a-zA-Z-]+"'],
    ['gloo:x', 'envoy_cluster_upstream_rq{', 'envoy_cluster_name=~"test-web-canaryupstream-'],
    ['nginx', 'nginx_ingress_controller_requests{', 'ingress="front-door", canary!=""'],
    [
      'skipper',
      'skipper_response_duration_seconds_bucket{',
      'kube(ew)?_test__front_door_canary__.*__web_canary(_[0-9]+)?',
    ],
    [
      'traefik',
      'traefik_service_request_duration_seconds_bucket{',
      'service=~"test-web-canary-[0-9a-zA-Z-]+@kubernetescrd"',
    ],
    ['osm', 'osm_request_total{', 'destination_kind="Deployment", destination_name="podinfo"'],
    ['kuma', 'envoy_cluster_upstream_rq{', 'service=~"web-canary_test_svc_[0-9a-zA-Z-]+"'],
    ['apisix', 'apisix_http_status{', 'route=~"test_way-web-canary_.+"'],
    ['knative', 'envoy_cluster_upstream_rq{', 'envoy_cluster_name=~"test/way"'],
    ['smi:v1alpha2', 'istio_requests_total{', 'destination_workload=~"podinfo"'],
    ['kubernetes:service', 'istio_requests_total{', 'destination_workload=~"podinfo"'],
    ['crossover', 'istio_requests_total{', 'destination_workload=~"podinfo"'],
  ])('of %s asks for its series [integrations-23]', (provider, name, selector) => {
    const { query } = builtinQuery(provider, 'request-success-rate', inputs);
    expect(query.split(name)).toHaveLength(3);
    expect(query.split(selector)).toHaveLength(3);
    expect(query).toMatch(/^sum\( rate\( .* \* 100$/);
  });

  it('says in errors of all other sets that a query ran [integrations-21]', () => {
    expect(builtinQuery('istio', 'request-success-rate', inputs).errorPrefix).toBe('running query failed: ');
  });

  it.each([
    ['kubernetes', 0.5009, 500],
    ['kubernetes', 0.0009, 0],
    ['istio', 500.9, 500],
    ['nginx', 12.9, 12],
    ['istio', Infinity, Infinity],
  ])('converts the duration of %s from %d to %d whole milliseconds [integrations-20]', (provider, raw, expected) => {
    expect(builtinQuery(provider, 'request-duration', inputs).convert(raw)).toBe(expected);
  });

  it('selects the pods of a DaemonSet, and not those of its primary', () => {
    const { query } = builtinQuery('kubernetes', 'request-duration', { ...inputs, targetKind: 'DaemonSet' });
    expect(query).toContain('kubernetes_pod_name=~"podinfo-[0-9a-zA-Z]+" }');
    const pods = new RegExp('^podinfo-[0-9a-zA-Z]+$');
    expect(['podinfo-x7kq2', 'podinfo-primary-x7kq2'].map((name) => pods.test(name))).toEqual([true, false]);
  });

  it('leaves the success rate as it is', () => {
    expect(builtinQuery('kubernetes', 'request-success-rate', inputs).convert(98.999)).toBe(98.999);
  });

  it('asks for a mean where there are no buckets', () => {
    expect(builtinQuery('nginx', 'request-duration', inputs).query).toMatch(
      /^sum\( rate\( \w+_sum\{ .* \/ sum\( rate\( \w+_count\{ .* \* 1000$/,
    );
  });
});

describe('queryProvider', () => {
  it.each([
    [{ meshProvider: 'istio', targetKind: 'Deployment' }, 'istio'],
    [{ meshProvider: 'istio', provider: '', targetKind: 'Deployment' }, 'istio'],
    [{ meshProvider: 'istio', provider: 'gatewayapi:v1', targetKind: 'Deployment' }, 'gatewayapi:v1'],
    [{ meshProvider: 'linkerd', provider: 'nginx', targetKind: 'Deployment' }, 'linkerd'],
    [{ meshProvider: 'smi:crossover', targetKind: 'Deployment' }, 'crossover'],
    [{ meshProvider: 'kubernetes', targetKind: 'Service' }, 'kubernetes:service'],
    [{ meshProvider: 'knative', targetKind: 'Service', knative: true }, 'knative'],
  ])('of %j is %s [integrations-23]', (choice, expected) => expect(queryProvider(choice)).toBe(expected));
});
