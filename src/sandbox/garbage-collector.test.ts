import { describe, expect, it } from 'vitest';
import type { KubeObject, OwnerReference } from '#api/kubernetes.ts';
import { configMaps, deployments, pods, replicaSets } from '#cluster/resource.ts';

import { aDeployment, testWorld, type TestWorld, web } from './test-world.ts';

async function running(): Promise<TestWorld> {
  const world = testWorld();
  world.apply(aDeployment('web:1'));
  await world.pass(1000);
  return world;
}

function aConfigMap(name: string, ownerReferences: readonly OwnerReference[] = []): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name, ownerReferences } };
}

function referenceTo(world: TestWorld, name: string, more: Partial<OwnerReference> = {}): OwnerReference {
  const uid = world.objects.get(configMaps, { namespace: 'default', name })?.metadata.uid ?? '';
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...more };
}

describe('the garbage collector', () => {
  it('removes dependents in the background, level by level, 20 ms each', async () => {
    const world = await running();
    world.objects.delete(deployments, web, { propagation: 'Background' });
    expect(world.left(replicaSets)).toHaveLength(1);
    await world.pass(1000);
    const gone = (kind: string): number | undefined =>
      world.firstAt(({ type, object }) => type === 'DELETED' && object.kind === kind);
    // The Pods are marked at 1040 and leave the node 20 ms later.
    expect([gone('Deployment'), gone('ReplicaSet'), gone('Pod')]).toEqual([1000, 1020, 1060]);
    expect(world.pods()).toEqual([]);
  });

  it('removes dependents before the owner in the foreground', async () => {
    const world = await running();
    world.objects.delete(deployments, web, { propagation: 'Foreground' });
    expect(world.objects.get(deployments, web)?.metadata.finalizers).toEqual(['foregroundDeletion']);
    await world.pass(1000);
    const order = world.changes.filter(({ type }) => type === 'DELETED').map(({ object }) => object.kind);
    expect(order).toEqual(['Pod', 'Pod', 'ReplicaSet', 'Deployment']);
  });

  it('lets dependents go as orphans, and a Deployment of the same labels adopts them', async () => {
    const world = await running();
    const before = world.pods().map(({ metadata }) => metadata.uid);
    world.objects.delete(deployments, web, { propagation: 'Orphan' });
    await world.pass(1000);
    expect(world.left(deployments)).toEqual([]);
    expect(world.objects.list(replicaSets)[0]?.metadata.ownerReferences).toBeUndefined();
    world.apply(aDeployment('web:1'));
    await world.pass(1000);
    expect(world.left(replicaSets)).toHaveLength(1);
    expect(world.pods().map(({ metadata }) => metadata.uid)).toEqual(before);
    expect(world.status(deployments, web)).toMatchObject({ availableReplicas: 2 });
  });

  it('keeps an object until its last owner is gone', async () => {
    const world = testWorld();
    world.apply(aConfigMap('a'), configMaps);
    world.apply(aConfigMap('b'), configMaps);
    world.apply(aConfigMap('child', [referenceTo(world, 'a'), referenceTo(world, 'b')]), configMaps);
    world.objects.delete(configMaps, { namespace: 'default', name: 'a' });
    await world.pass(100);
    const child = world.objects.get(configMaps, { namespace: 'default', name: 'child' });
    expect(child?.metadata.ownerReferences).toEqual([referenceTo(world, 'b')]);
    world.objects.delete(configMaps, { namespace: 'default', name: 'b' });
    await world.pass(100);
    expect(world.left(configMaps)).not.toContain('child');
  });

  it('removes an object whose owner has the name but another uid', async () => {
    const world = testWorld();
    world.apply(aConfigMap('a'), configMaps);
    world.apply(aConfigMap('child', [referenceTo(world, 'a', { uid: 'another' })]), configMaps);
    await world.pass(100);
    expect(world.left(configMaps)).not.toContain('child');
    expect(world.left(configMaps)).toContain('a');
  });

  it('finishes what a finalizer has held back', async () => {
    const world = await running();
    const deployment = world.objects.get(deployments, web) ?? aDeployment('');
    world.objects.update(deployments, { ...deployment, metadata: { ...deployment.metadata, finalizers: ['x/hold'] } });
    world.objects.delete(deployments, web);
    await world.pass(1000);
    expect(world.objects.list(pods)).toHaveLength(2);
    const held = world.objects.get(deployments, web) ?? deployment;
    world.objects.update(deployments, { ...held, metadata: { ...held.metadata, finalizers: [] } });
    await world.pass(1000);
    expect(world.objects.list(pods)).toEqual([]);
  });
});
