/** Acceptance scenarios of targets with an autoscaler, and of DaemonSets. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Workload } from '#api/workload.ts';
import { canaries, daemonSets, deployments, horizontalPodAutoscalers, pods, services } from '#cluster/resource.ts';
import { canaryWorld, initialised, type CanaryWorld, type Fixture } from './canary-world.ts';

type Json = Readonly<Record<string, unknown>>;

const namespace = 'default';

describe('[canary-33] a target with a HorizontalPodAutoscaler', () => {
  const autoscaler: KubeObject = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'podinfo-hpa', namespace, labels: { team: 'a', 'kustomize.toolkit.fluxcd.io/name': 'apps' } },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo' },
      minReplicas: 2,
      maxReplicas: 4,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  };
  const scaled = (more: Json = {}): Fixture => ({
    objects: [[horizontalPodAutoscalers, autoscaler]],
    spec: {
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'podinfo-hpa', ...more },
    },
  });
  const scalerOf = (world: CanaryWorld): Json =>
    world.get(horizontalPodAutoscalers, 'podinfo-hpa-primary')?.['spec'] as Json; // it has one

  it('gives the primary a scaler of its own, with its own bounds', async () => {
    const world = await initialised(scaled({ primaryScalerReplicas: { minReplicas: 3, maxReplicas: 6 } }));
    const made = world.get(horizontalPodAutoscalers, 'podinfo-hpa-primary');
    expect(made?.['spec']).toMatchObject({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'podinfo-primary' },
      minReplicas: 3,
      maxReplicas: 6,
      metrics: [{ type: 'Resource', resource: { name: 'cpu' } }],
    });
    expect(made?.metadata.labels).toEqual({ team: 'a' });
    expect(made?.metadata.ownerReferences).toMatchObject([{ kind: 'Canary', name: 'podinfo', controller: true }]);
    await world.ticks(4);
    expect(world.deployment('podinfo-primary').spec.replicas).toBe(3);
    expect(world.deployment().spec.replicas).toBe(0);
  });

  it('starts a run with the pods that the scaler wants at least', async () => {
    const world = await initialised(scaled());
    world.setImage('podinfo:2');
    await world.ticks(1);
    expect(world.deployment().spec.replicas).toBe(2);
  });

  it('takes over what is changed in the scaler with the next promotion, and not before', async () => {
    const world = await initialised(scaled());
    const change = { spec: { maxReplicas: 8, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } } };
    world.change(horizontalPodAutoscalers, 'podinfo-hpa', change);
    await world.ticks(4);
    expect(scalerOf(world)).toMatchObject({ maxReplicas: 4 });
    world.setImage('podinfo:2');
    await world.until('Promoting');
    expect(scalerOf(world)).toMatchObject({ maxReplicas: 4 });
    await world.until('Finalising');
    expect(scalerOf(world)).toMatchObject(change.spec);
  });

  it('leaves the number of the primary’s pods to its scaler', async () => {
    const world = await initialised(scaled());
    world.world.hpaWants({ namespace, name: 'podinfo-hpa-primary' }, 4);
    await world.ticks(2);
    expect(world.deployment('podinfo-primary').spec.replicas).toBe(4);
    world.setImage('podinfo:2');
    await world.until('Succeeded');
    expect(world.deployment('podinfo-primary').spec.replicas).toBe(4);
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:2');
    expect(world.deployment().spec.replicas).toBe(0);
  });

  it('lets both scale while the run goes on', async () => {
    const world = await initialised({ ...scaled(), analysis: { stepWeight: 10, maxWeight: 50 } });
    world.setImage('podinfo:2');
    await world.ticks(3);
    world.world.hpaWants({ namespace, name: 'podinfo-hpa' }, 4);
    world.world.hpaWants({ namespace, name: 'podinfo-hpa-primary' }, 3);
    await world.ticks(1);
    expect(world.deployment().spec.replicas).toBe(4);
    expect(world.deployment('podinfo-primary').spec.replicas).toBe(3);
    await world.until('Succeeded');
    expect(world.status().failedChecks).toBe(0);
  });

  it('makes the primary’s scaler again when somebody deletes it', async () => {
    const world = await initialised(scaled());
    world.delete(horizontalPodAutoscalers, 'podinfo-hpa-primary');
    await world.ticks(1);
    expect(scalerOf(world)).toMatchObject({ minReplicas: 2, maxReplicas: 4 });
  });

  it('takes the scaler over without an analysis, too', async () => {
    const { spec, objects = [] } = scaled();
    const world = await initialised({ objects, spec: { ...spec, skipAnalysis: true } });
    world.change(horizontalPodAutoscalers, 'podinfo-hpa', { spec: { maxReplicas: 8 } });
    world.setImage('podinfo:2');
    await world.until('Succeeded');
    expect(scalerOf(world)).toMatchObject({ maxReplicas: 8 });
  });
});

describe('[canary-35] a DaemonSet', () => {
  const parking = { 'flagger.app/scale-to-zero': 'true' };
  const template = (image: string): Json => ({
    metadata: { labels: { app: 'podinfo' } },
    spec: {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      containers: [{ name: 'podinfod', image, ports: [{ name: 'http', containerPort: 9898 }] }],
    },
  });
  const daemonSet = (more: Json = {}): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'podinfo', namespace },
    spec: { selector: { matchLabels: { app: 'podinfo' } }, template: template('podinfo:1'), ...more },
  });
  const fixture = (more?: Json): Fixture => ({
    deployment: 'none',
    objects: [[daemonSets, daemonSet(more)]],
    spec: { targetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'podinfo' } },
  });
  const workload = (world: CanaryWorld, name = 'podinfo'): Workload => world.get(daemonSets, name) as Workload; // it exists
  const nodeSelector = (world: CanaryWorld, name?: string): unknown =>
    workload(world, name).spec.template.spec['nodeSelector'];
  const imageOf = (world: CanaryWorld, name?: string): unknown =>
    workload(world, name).spec.template.spec.containers[0]?.image;
  const setImage = (world: CanaryWorld, image: string): void => {
    const containers = [{ name: 'podinfod', image, ports: [{ name: 'http', containerPort: 9898 }] }];
    world.change(daemonSets, 'podinfo', { spec: { template: { spec: { containers } } } });
  };
  const podsOf = (world: CanaryWorld, app: string): number =>
    world.world.objects.list(pods, namespace).filter(({ metadata }) => metadata.labels?.['app'] === app).length;

  it('is parked by a node selector, which is no new revision', async () => {
    const world = await initialised(fixture());
    expect(nodeSelector(world)).toEqual({ 'kubernetes.io/os': 'linux', ...parking });
    expect(nodeSelector(world, 'podinfo-primary')).toEqual({ 'kubernetes.io/os': 'linux' });
    await world.ticks(4);
    expect(world.status().phase).toBe('Initialized');
    expect(podsOf(world, 'podinfo')).toBe(0);
    expect(podsOf(world, 'podinfo-primary')).toBe(1);
    expect(world.status()['conditions']).toMatchObject([{ message: 'DaemonSet initialization completed.' }]);
  });

  it('runs while it is tested, is promoted and parked again', async () => {
    const world = await initialised(fixture());
    setImage(world, 'podinfo:2');
    await world.ticks(1);
    expect(nodeSelector(world)).toEqual({ 'kubernetes.io/os': 'linux' });
    await world.ticks(2);
    expect(podsOf(world, 'podinfo')).toBe(1);
    expect(world.weights()).toEqual({ primary: 80, canary: 20 });
    await world.until('Succeeded');
    expect(imageOf(world, 'podinfo-primary')).toBe('podinfo:2');
    expect(nodeSelector(world, 'podinfo-primary')).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(nodeSelector(world)).toEqual({ 'kubernetes.io/os': 'linux', ...parking });
    await world.ticks(3);
    expect(world.status().phase).toBe('Succeeded');
  });

  it('is parked after a rollback, and the primary keeps its version', async () => {
    const world = await initialised({ ...fixture(), analysis: { stepWeight: 10, threshold: 1 } });
    setImage(world, 'podinfo:2');
    await world.ticks(2);
    world.metric(50);
    await world.until('Failed');
    expect(nodeSelector(world)).toMatchObject(parking);
    expect(imageOf(world, 'podinfo-primary')).toBe('podinfo:1');
  });

  it('that is parked gives a primary that is made again its pods all the same', async () => {
    const world = await initialised(fixture());
    world.delete(daemonSets, 'podinfo-primary');
    await world.ticks(2);
    expect(nodeSelector(world, 'podinfo-primary')).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(podsOf(world, 'podinfo-primary')).toBe(1);
  });

  it('that a deploy tool re-applies without the selector is parked once its run has ended', async () => {
    const world = await initialised(fixture());
    world.world.objects.update(daemonSets, daemonSet({ template: template('podinfo:2') }));
    await world.until('Succeeded');
    expect(nodeSelector(world)).toMatchObject(parking);
    expect(imageOf(world, 'podinfo-primary')).toBe('podinfo:2');
  });

  it('fails when its pods do not become available in time', async () => {
    const world = await initialised({ ...fixture(), spec: { ...fixture().spec, progressDeadlineSeconds: 30 } });
    setImage(world, 'podinfo:bad');
    await world.until('Failed', 8);
    expect(world.events().find((text) => text.includes('exceeded its progressDeadlineSeconds: 30'))).toBeDefined();
    expect(nodeSelector(world)).toMatchObject(parking);
  });

  it('with the strategy OnDelete gets no primary, and the user is told', async () => {
    const world = await canaryWorld(fixture({ updateStrategy: { type: 'OnDelete' } }));
    await world.ticks(2);
    expect(world.get(daemonSets, 'podinfo-primary')).toBeUndefined();
    expect(world.events().at(-1)).toBe(
      '[W] createPrimaryDaemonSet failed: daemonset podinfo.default must have RollingUpdate strategy but have OnDelete',
    );
    expect(world.get(services, 'podinfo')).toBeUndefined();
    expect(nodeSelector(world)).toEqual({ 'kubernetes.io/os': 'linux' });
  });

  it('gets its pods back when a Canary with revertOnDeletion goes', async () => {
    const world = await initialised({ ...fixture(), spec: { ...fixture().spec, revertOnDeletion: true } });
    world.delete(canaries, 'podinfo');
    await world.ticks(3);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(nodeSelector(world)).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
  });
});
