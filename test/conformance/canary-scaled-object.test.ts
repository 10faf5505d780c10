/** KEDA's ScaledObjects: the primary has its own, and that of the target rests while the target is parked. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { scaledObjects } from '#cluster/resource.ts';
import { initialised, type Fixture } from './canary-world.ts';

const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'scaledobjects.keda.sh' },
  spec: {
    group: 'keda.sh',
    scope: 'Namespaced',
    names: { plural: 'scaledobjects', singular: 'scaledobject', kind: 'ScaledObject', listKind: 'ScaledObjectList' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const scaledObject: KubeObject = {
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: {
    name: 'podinfo-so',
    namespace: 'default',
    labels: { team: 'web' },
    annotations: { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' },
  },
  spec: {
    scaleTargetRef: { name: 'podinfo' },
    minReplicaCount: 2,
    maxReplicaCount: 6,
    pollingInterval: 10,
    advanced: { horizontalPodAutoscalerConfig: { name: 'podinfo-hpa' } },
    triggers: [
      {
        type: 'prometheus',
        name: 'requests',
        metadata: { query: 'sum(x{app="podinfo-canary", svc="podinfo"})', threshold: '100' },
      },
    ],
  },
};

const fixture = (autoscaler: Readonly<Record<string, unknown>> = {}): Fixture => ({
  definitions: [definition],
  objects: [[scaledObjects, scaledObject]],
  spec: {
    autoscalerRef: { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'podinfo-so', ...autoscaler },
  },
});

const pauseKey = 'autoscaling.keda.sh/paused-replicas';

describe('a ScaledObject', () => {
  it('[canary-34] is made for the primary, with the primary in its queries', async () => {
    const world = await initialised(fixture());
    const primary = world.get(scaledObjects, 'podinfo-so-primary');
    expect(primary?.metadata).toMatchObject({
      labels: { team: 'web' },
      annotations: { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' },
      ownerReferences: [{ kind: 'Canary', name: 'podinfo' }],
    });
    expect(primary?.metadata.annotations).not.toHaveProperty([pauseKey]);
    expect(primary?.['spec']).toMatchObject({
      scaleTargetRef: { name: 'podinfo-primary' },
      minReplicaCount: 2,
      pollingInterval: 10,
      advanced: { horizontalPodAutoscalerConfig: { name: 'podinfo-hpa-primary' } },
      triggers: [{ metadata: { query: 'sum(x{app="podinfo-primary", svc="podinfo-primary"})', threshold: '100' } }],
    });
  });

  it('[canary-34] takes queries and replicas that the Canary gives to the primary', async () => {
    const own = { primaryScalerQueries: { requests: 'sum(y)' }, primaryScalerReplicas: { minReplicas: 4 } };
    const world = await initialised(fixture(own));
    expect(world.get(scaledObjects, 'podinfo-so-primary')?.['spec']).toMatchObject({
      minReplicaCount: 4,
      maxReplicaCount: 6,
      triggers: [{ metadata: { query: 'sum(y)' } }],
    });
  });

  it.each([
    { ends: 'Succeeded', answer: 100 },
    { ends: 'Failed', answer: 50 },
  ])('[canary-34] of the target rests before a run and after one that has $ends', async ({ ends, answer }) => {
    const world = await initialised(fixture());
    const pause = (): string | undefined => world.get(scaledObjects, 'podinfo-so')?.metadata.annotations?.[pauseKey];
    expect(pause()).toBe('0');
    world.metric(answer);
    world.setImage('podinfo:2');
    await world.until('Progressing');
    expect(pause()).toBeUndefined();
    expect(world.deployment().spec.replicas).toBe(2);
    await world.until(ends, 40);
    expect(pause()).toBe('0');
    expect(world.deployment().spec.replicas).toBe(0);
  });

  it('follows the target with a promotion', async () => {
    const world = await initialised(fixture());
    world.change(scaledObjects, 'podinfo-so', { spec: { maxReplicaCount: 9 } });
    world.setImage('podinfo:2');
    await world.until('Succeeded', 40);
    expect(world.get(scaledObjects, 'podinfo-so-primary')?.['spec']).toMatchObject({ maxReplicaCount: 9 });
  });
});
