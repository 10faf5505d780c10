/** A small release for tests of the controller itself: two Pods that are data, a route, one metric, three steps of a second each. */
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, deployments, httpRoutes } from '#cluster/resource.ts';
import type { Bed } from './bed.ts';
import { workload } from './workload.ts';

export interface ReleaseOptions {
  readonly namespace: string;
  readonly name?: string;
  /** Further lines of `spec.analysis.metrics[0]` and `spec.analysis`, as flow YAML. */
  readonly metric?: string;
  readonly analysis?: string;
}

export interface Release {
  readonly namespace: string;
  readonly name: string;
  /** Begins a run. */
  change(): Promise<void>;
  /** Waits until the run has given the canary some weight. */
  advanced(): Promise<void>;
  until(phase: string, timeout?: number): Promise<KubeObject>;
  canary(): Promise<CanaryStatus | undefined>;
  /** Of the primary and the canary. */
  weights(): Promise<readonly number[]>;
}

export interface CanaryStatus {
  readonly phase?: string;
  readonly canaryWeight?: number;
  readonly held?: object;
}

/** Needs a namespace; to be followed by `until('Initialized')`. */
export async function release(bed: Bed, options: ReleaseOptions): Promise<Release> {
  const { namespace, name = 'podinfo' } = options;
  const ref = { namespace, name };
  await bed.applyManifest([workload({ namespace, name, image: 'example/podinfo:1', replicas: 1 })]);
  await bed.applyManifest(manifest({ ...options, name }));
  const canary = async (): Promise<CanaryStatus | undefined> =>
    (await bed.get(canaries, ref))?.['status'] as CanaryStatus; // of a Canary
  let version = 1;
  return {
    namespace,
    name,
    canary,
    async change() {
      version += 1;
      const annotations = { image: String(version) };
      await bed.patch(deployments, ref, { spec: { template: { metadata: { annotations } } } });
    },
    async advanced() {
      await bed.waitFor(`weight for ${name}.${namespace}`, async () => ((await canary())?.canaryWeight ?? 0) > 0);
    },
    until: (phase, timeout = 90_000) =>
      bed.waitForObject(
        canaries,
        ref,
        (object) => (object['status'] as CanaryStatus | undefined)?.phase === phase,
        timeout,
      ), // of a Canary
    async weights() {
      const route = await bed.get(httpRoutes, ref);
      const spec = route?.['spec'] as { rules: { backendRefs: { weight: number }[] }[] } | undefined; // an HTTPRoute
      return spec?.rules[0]?.backendRefs.map(({ weight }) => weight) ?? [];
    },
  };
}

function manifest({ namespace, name, metric, analysis }: ReleaseOptions & { name: string }): string {
  return `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  provider: gatewayapi:v1
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  progressDeadlineSeconds: 600
  service: {port: 9898, targetPort: 9898, gatewayRefs: [{name: gateway, namespace: default}]}
  analysis:
    interval: 1s
    threshold: 2
    stepWeight: 20
    maxWeight: 60
    ${analysis ?? ''}
    metrics: [{name: request-success-rate, interval: 1m, thresholdRange: {min: 99}${metric === undefined ? '' : `, ${metric}`}}]
`;
}
