/** Rollouts against the real API server and the real workload controllers, with nothing but the shipped rules; Pods are data. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinitions } from '#api/crds.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { rfc3339 } from '#api/time.ts';
import { deployments, events, pods, replicaSets, rollouts, services } from '#cluster/resource.ts';
import { type Bed, startBed } from '../bed/bed.ts';
import type { Child } from '../bed/children.ts';
import { shippedRules } from '../bed/shipped-rules.ts';
import { workload } from '../bed/workload.ts';

const service = (namespace: string, name: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
`;

const budget = (namespace: string): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: all, namespace: ${namespace}}
spec:
  minAvailable: 2
  selector: {matchLabels: {app: web}}
`;
const budgetPath = '/apis/policy/v1/namespaces/restart/poddisruptionbudgets/all';

const rollout = (namespace: string, strategy: string, more = ''): string => `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: ${namespace}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: 'example/web:1', ports: [{containerPort: 8080}]}
  strategy: ${strategy}
${more}`;

describe('Rollouts on a real control plane', () => {
  let bed: Bed;
  let serin: Child;

  beforeAll(async () => {
    bed = await startBed();
    await bed.applyManifest(customResourceDefinitions);
    await bed.applyManifest(shippedRules('serin-deployed'));
    const flags = ['--leader-elect=false', '--metricsPort=8090', '--healthzPort=8081'];
    serin = bed.startSerin(['controller', 'argo-rollouts', ...flags], { user: 'serin-deployed' });
  });
  afterAll(async () => {
    await bed?.stop();
  });

  const until = async (namespace: string, holds: (rollout: Rollout) => boolean): Promise<Rollout> => {
    try {
      // The kind says so.
      return (await bed.waitForObject(
        rollouts,
        { namespace, name: 'web' },
        (object) => holds(object as Rollout),
        60_000,
      )) as Rollout;
    } catch (error) {
      const stands = JSON.stringify((await bed.get(rollouts, { namespace, name: 'web' }))?.['status']);
      throw new Error(`${String(error)}\n${stands}\n${serin.output().slice(-3_000)}`, { cause: error });
    }
  };
  const isHealthy =
    (revision: string) =>
    ({ metadata, status }: Rollout): boolean =>
      status?.phase === 'Healthy' && metadata.annotations?.['rollout.argoproj.io/revision'] === revision;
  const isPaused = ({ status }: Rollout): boolean => status?.phase === 'Paused';
  const setImage = (namespace: string, image: string): Promise<void> =>
    bed.patch(
      rollouts,
      { namespace, name: 'web' },
      { spec: { template: { spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }] } } } },
    );
  const evictionsSince = (mark: number): number =>
    bed.audit.requestsBy('serin-deployed', mark).by['create pods/eviction'] ?? 0;
  const hashBehind = async (namespace: string, name: string): Promise<string | undefined> => {
    const { selector } = ((await bed.get(services, { namespace, name }))?.['spec'] ?? {}) as {
      selector?: Record<string, string>;
    }; // a Service
    return selector?.['rollouts-pod-template-hash'];
  };

  it('delivers a canary in steps, and waits where it is told to', async () => {
    await bed.createNamespace('steps');
    await bed.applyManifest(rollout('steps', '{canary: {steps: [{setWeight: 50}, {pause: {}}]}}'));
    await until('steps', isHealthy('1'));
    await setImage('steps', 'example/web:2');
    const paused = await until('steps', isPaused);
    expect(paused.status).toMatchObject({ currentStepIndex: 1, message: 'CanaryPauseStep', updatedReplicas: 1 });
    const promoted = await bed.serin(['rollouts', 'promote', 'web', '-n', 'steps']);
    expect(promoted.stdout).toBe("rollout 'web' promoted\n");
    const done = await until('steps', isHealthy('2'));
    expect(done.status).toMatchObject({ currentStepIndex: 2, availableReplicas: 2 });
    expect(done.status?.stableRS).toBe(done.status?.currentPodHash);
  });

  it('[rollout-7] waits for a missing Service, and switches the one that it has', async () => {
    await bed.createNamespace('bluegreen');
    const strategy = '{blueGreen: {activeService: active, scaleDownDelaySeconds: 2}}';
    await bed.applyManifest(rollout('bluegreen', strategy));
    const refused = await until('bluegreen', ({ status }) => status?.phase === 'Degraded');
    expect(refused.status?.message).toBe(
      'InvalidSpec: The Rollout "web" is invalid: spec.strategy.blueGreen.activeService: Invalid value: "active": service "active" not found',
    );
    await bed.applyManifest(service('bluegreen', 'active'));
    const first = await until('bluegreen', isHealthy('1'));
    expect(await hashBehind('bluegreen', 'active')).toBe(first.status?.stableRS);
    await setImage('bluegreen', 'example/web:2');
    const second = await until('bluegreen', isHealthy('2'));
    expect(await hashBehind('bluegreen', 'active')).toBe(second.status?.stableRS);
    await bed.waitFor('the old ReplicaSet to be empty', async () => {
      const sets = await bed.list(replicaSets, 'bluegreen');
      return sets.filter((set) => sizeOf(set) > 0).length === 1;
    });
  });

  it('[rollout-1] takes the pods of a Deployment over, whose defaults the API server has written', async () => {
    await bed.createNamespace('taken');
    await bed.applyManifest([workload({ namespace: 'taken', name: 'web', image: 'example/web:1' })]);
    await bed.applyManifest(service('taken', 'active'));
    await bed.applyManifest(`
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: taken}
spec:
  replicas: 2
  workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web, scaleDown: onsuccess}
  strategy: {blueGreen: {activeService: active, autoPromotionEnabled: false}}
`);
    const healthy = await until('taken', isHealthy('1'));
    expect(healthy.spec.template).toBeUndefined();
    await bed.waitForObject(deployments, { namespace: 'taken', name: 'web' }, (object) => sizeOf(object) === 0);
    const { items } = { items: await bed.list(replicaSets, 'taken') };
    const own = items.filter(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Rollout');
    expect(own).toHaveLength(1);
    await serin.stop(10_000);
    serin = bed.startSerin(
      ['controller', 'argo-rollouts', '--leader-elect=false', '--metricsPort=8090', '--healthzPort=8081'],
      { user: 'serin-deployed' },
    );
    const told = (): Promise<KubeObject[]> => bed.list(events, 'taken');
    await bed.waitFor('the second controller', async () => {
      const added = (await told()).filter(({ reason }) => reason === 'RolloutAddedToInformer');
      return added.reduce((sum, event) => sum + Number(event['count'] ?? 1), 0) >= 2;
    });
    const after = (await bed.list(replicaSets, 'taken')).filter(
      ({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Rollout',
    );
    expect(after.map(({ metadata }) => metadata.generation)).toEqual(own.map(({ metadata }) => metadata.generation));
  });

  it('[rollout-22] restarts no pod that a disruption budget keeps', async () => {
    await bed.createNamespace('restart');
    await bed.applyManifest(rollout('restart', '{canary: {}}'));
    await until('restart', isHealthy('1'));
    await bed.applyManifest(budget('restart'));
    const namesOfPods = async (): Promise<Set<string>> =>
      new Set((await bed.list(pods, 'restart')).map(({ metadata }) => metadata.name));
    const before = await namesOfPods();
    await bed.waitFor('the budget to be reckoned', async () => {
      const found = await bed.api.call('GET', budgetPath);
      return (found.body as { status?: { expectedPods?: number } }).status?.expectedPods === 2; // a PodDisruptionBudget
    });
    const mark = bed.audit.mark();
    // Pods are as old as the second in which they were made.
    const restartAt = rfc3339(Date.now() + 1_000);
    await bed.patch(rollouts, { namespace: 'restart', name: 'web' }, { spec: { restartAt } });
    await bed.waitFor('an eviction', () => evictionsSince(mark) > 0);
    const held = await until('restart', ({ status }) => status?.message === 'rollout is restarting');
    expect(held.status?.restartedAt).not.toBe(restartAt);
    expect(await namesOfPods()).toEqual(before);
    // Each of the two pods once, and once more with what the first attempt has written.
    expect(evictionsSince(mark)).toBeLessThanOrEqual(4);
    await bed.api.call('DELETE', budgetPath);
    await until('restart', ({ status }) => status?.restartedAt === restartAt);
    expect((await namesOfPods()).isDisjointFrom(before)).toBe(true);
  });
});

function sizeOf(object: KubeObject): number {
  return (object['spec'] as { replicas?: number }).replicas ?? 1; // a workload
}
