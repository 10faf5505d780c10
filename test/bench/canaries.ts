/** The load of the benchmark: canaries behind the Gateway API, each with a Deployment whose Pod is only data. */
import type { KubeObject } from '#api/kubernetes.ts';

export const namespace = 'bench';

/** The shortest that the original allows. */
export const interval = 10_000;

/** Steps of a run: weights 10 to 50. */
export const steps = 5;

export function canaryName(index: number): string {
  return `app-${String(index).padStart(4, '0')}`;
}

export function deploymentOf(name: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      // A finished Pod's ReplicaSets are the API server's burden, not the controller's.
      revisionHistoryLimit: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { revision: '1' } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image: 'example/app:1', ports: [{ name: 'http', containerPort: 9898 }] }],
        },
      },
    },
  };
}

export function canaryOf(name: string): KubeObject {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace },
    spec: {
      provider: 'gatewayapi:v1',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      progressDeadlineSeconds: 600,
      service: { port: 9898, gatewayRefs: [{ name: 'gateway', namespace: 'default' }] },
      analysis: {
        interval: `${interval / 1000}s`,
        threshold: 5,
        maxWeight: 10 * steps,
        stepWeight: 10,
        metrics: [
          { name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } },
          { name: 'request-duration', interval: '1m', thresholdRange: { max: 500 } },
        ],
      },
    },
  };
}

/** Starts a run. */
export function newRevision(revision: number): unknown {
  return { spec: { template: { metadata: { annotations: { revision: String(revision) } } } } };
}
