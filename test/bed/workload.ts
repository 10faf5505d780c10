/** The workload that tests of the bed deliver: a Deployment or DaemonSet as somebody had it before there was a Canary, and its Service. */
import type { KubeObject } from '#api/kubernetes.ts';

export interface WorkloadParts {
  readonly namespace: string;
  readonly image: string;
  /** Default `podinfo`; also the value of its label `app`. */
  readonly name?: string;
  /** Default `Deployment`. */
  readonly kind?: 'Deployment' | 'DaemonSet';
  /** Of a Deployment. Default 2. */
  readonly replicas?: number;
  readonly args?: readonly string[];
  /** How many seconds a Pod still serves after its end was wished. Default 3: longer than the gateway needs to follow. */
  readonly lingering?: number;
}

/** The name of its only container. */
export const containerName = 'podinfod';

export function workload({ kind = 'Deployment', name = 'podinfo', replicas = 2, ...parts }: WorkloadParts): KubeObject {
  const { namespace, image, args = [], lingering = 3 } = parts;
  const labels = { app: name };
  const container = {
    name: containerName,
    image,
    args,
    ports: [{ name: 'http', containerPort: 9898 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
    lifecycle: { preStop: { sleep: { seconds: lingering } } },
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      ...(kind === 'Deployment' ? { replicas } : { updateStrategy: withoutGap }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

/** The bed has one node: its old Pod may go only when the new one is ready. */
const withoutGap = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };

/** Leads port 80 to the workload of that name. */
export function serviceOf({ namespace, name = 'podinfo' }: Pick<WorkloadParts, 'namespace' | 'name'>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
