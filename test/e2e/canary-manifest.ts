/** The Canary of the tests under load: judged by Prometheus, with hooks that call the load tester. */
import type { Gateway } from '../bed/traefik.ts';

export interface CanaryParts {
  readonly namespace: string;
  /** Of the target. */
  readonly kind: 'Deployment' | 'DaemonSet';
  /** The route's parent; without it the provider is `kubernetes`. */
  readonly gateway?: Gateway;
  /** Flow YAML of one field. */
  readonly analysis: string;
  /** Flow YAML: the requests of an A/B test. */
  readonly match?: string;
  /** Flow YAML of the session affinity. */
  readonly affinity?: string;
  /** Further fields of every metric. */
  readonly metric?: string;
  readonly metricsServer?: string;
  /** A further field of the spec. */
  readonly more?: string;
}

export function canaryManifest(parts: CanaryParts): string {
  const { namespace, kind, gateway, analysis, match, affinity, metric = '', metricsServer, more = '' } = parts;
  const { name, namespace: of } = gateway?.parentRef ?? {};
  const router = gateway ? `hosts: [${namespace}.example], gatewayRefs: [{name: ${name}, namespace: ${of}}]` : '';
  return `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: ${namespace}}
spec:
  provider: ${gateway ? 'gatewayapi:v1' : 'kubernetes'}
  ${metricsServer === undefined ? '' : `metricsServer: ${metricsServer}`}
  ${more}
  targetRef: {apiVersion: apps/v1, kind: ${kind}, name: podinfo}
  progressDeadlineSeconds: 60
  service: {port: 80, targetPort: http, ${router}}
  analysis:
    interval: 5s
    threshold: 2
    ${analysis}
    ${match === undefined ? '' : `match: ${match}`}
    ${affinity === undefined ? '' : `sessionAffinity: ${affinity}`}
    metrics:
      - {name: request-success-rate, interval: 10s, thresholdRange: {min: 99}, ${metric}}
      - {name: request-duration, interval: 10s, thresholdRange: {max: 2000}, ${metric}}
    webhooks:
      - name: smoke-test
        type: pre-rollout
        url: http://flagger-loadtester.test/
        timeout: 10s
        metadata:
          type: bash
          cmd: "curl -sf http://podinfo-canary.${namespace}/ | grep message"
      - name: load-test
        url: http://flagger-loadtester.test/
        metadata:
          cmd: "hey -z 30s -q 5 -c 2 http://podinfo-canary.${namespace}/"
`;
}
