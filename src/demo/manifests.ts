/** What the demo applies: the objects that a user of Serin writes. */
import type { KubeObject, Resource } from '#api/kubernetes.ts';

export const namespace = 'default';
export const appName = 'demo';
const gatewayName = 'demo';
/** The host of the HTTPRoute: what users call. */
export const appHost = 'demo.example';
/** The canary's own Service: what load tests call. */
const canaryHost = `${appName}-canary.${namespace}`;

export const stepWeight = 10;
export const maxWeight = 50;
export const threshold = 2;
/** Milliseconds. Far more than the app needs: all of the demo shares one process, on a machine that may be busy. */
const longestDuration = 5000;
/** Time over which rates are taken: long enough for several scrapes, short enough for a show. */
const window = '5s';

export function imageOf(version: string): string {
  return `demo:${version}`;
}

export function deploymentOf(version: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: appName, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: appName } },
      template: {
        metadata: { labels: { app: appName } },
        spec: {
          containers: [{ name: 'app', image: imageOf(version), ports: [{ name: 'http', containerPort: 8080 }] }],
        },
      },
    },
  };
}

export interface Addresses {
  readonly gateway: string;
  readonly loadtester: string;
}

export function canaryOf({ gateway, loadtester }: Addresses): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: appName, namespace },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: appName },
      service: { port: 80, targetPort: 'http', hosts: [appHost], gatewayRefs: [{ name: gatewayName, namespace }] },
      analysis: {
        interval: '1s',
        threshold,
        stepWeight,
        maxWeight,
        metrics: [
          { name: 'request-success-rate', interval: window, thresholdRange: { min: 99 }, onNoData: 'hold' },
          { name: 'request-duration', interval: window, thresholdRange: { max: longestDuration }, onNoData: 'hold' },
        ],
        webhooks: [
          {
            // The first metrics need requests to speak of: a number of them, however slow the machine is.
            name: 'smoke-test',
            type: 'pre-rollout',
            url: `${loadtester}/`,
            timeout: '20s',
            metadata: { type: 'bash', cmd: `hey -n 200 -q 40 -c 2 -host ${canaryHost} ${gateway}/` },
          },
          {
            name: 'load-test',
            type: 'rollout',
            url: `${loadtester}/`,
            timeout: '5s',
            metadata: {
              type: 'http',
              url: `${gateway}/`,
              'header.host': canaryHost,
              qps: '150',
              concurrency: '4',
              duration: '4s',
            },
          },
        ],
      },
    },
  };
}

export const gateways: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'gateways',
  kind: 'Gateway',
  namespaced: true,
};

export function gatewayOf({ gateway }: Addresses): KubeObject {
  const port = Number(new URL(gateway).port);
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gatewayName, namespace },
    spec: { gatewayClassName: 'demo', listeners: [{ name: 'http', port, protocol: 'HTTP' }] },
  };
}
