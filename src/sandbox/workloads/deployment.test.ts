import { describe, expect, it } from 'vitest';
import { deployments, pods, refOf, replicaSets } from '#cluster/resource.ts';

import { aDeployment, podTemplate, testWorld, type TestWorld, web } from '../test-world.ts';

import { isActive, isReady } from './pods.ts';
import { shaped } from './shapes.ts';

const status = (world: TestWorld): Readonly<Record<string, unknown>> => world.status(deployments, web);
const progressing = (world: TestWorld): string | undefined => world.condition(deployments, web, 'Progressing')?.reason;

/** Replicas of the ReplicaSets, the oldest first. */
function sizes(world: TestWorld): unknown[] {
  return world.objects
    .list(replicaSets)
    .map((object) => shaped('ReplicaSet', object))
    .sort((a, b) => revision(a) - revision(b))
    .map((replicaSet) => replicaSet.spec.replicas);
}

function revision(object: { metadata: { annotations?: Readonly<Record<string, string>> } }): number {
  return Number(object.metadata.annotations?.['deployment.kubernetes.io/revision']);
}

async function running(image: string, spec: Readonly<Record<string, unknown>> = {}): Promise<TestWorld> {
  const world = testWorld();
  world.apply(aDeployment(image, spec));
  await world.pass(5000);
  return world;
}

describe('a Deployment', () => {
  it('comes up by reactions of 20 ms, its Pods Ready 100 ms after their creation', async () => {
    const world = await running('web:1');
    const at = (kind: string, type = 'ADDED'): number | undefined =>
      world.firstAt((change) => change.object.kind === kind && change.type === type);
    expect([at('ReplicaSet'), at('Pod')]).toEqual([20, 40]);
    const ready = world.firstAt(({ object }) => object.kind === 'Pod' && isReady(shaped('Pod', object)));
    expect(ready).toBe(140);
    const complete = world.firstAt(
      ({ object }) => Object(object['status']).availableReplicas === 2 && object.kind === 'Deployment',
    );
    expect(complete).toBe(180);
  });

  it('shows the status of the real controller when it is done', async () => {
    const world = await running('web:1');
    expect(status(world)).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(status(world)).not.toHaveProperty('unavailableReplicas');
    expect(world.condition(deployments, web, 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
    });
    const [replicaSet] = world.left(replicaSets);
    expect(world.condition(deployments, web, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${replicaSet}" has successfully progressed.`,
    });
    expect(world.objects.get(deployments, web)?.metadata).toMatchObject({
      generation: 1,
      annotations: { 'deployment.kubernetes.io/revision': '1' },
    });
  });

  it('leaves every counter out when it is scaled to zero', async () => {
    const world = await running('web:1');
    world.edit(deployments, web, { replicas: 0 });
    await world.pass(1000);
    const { conditions: _, ...counters } = status(world);
    expect(counters).toEqual({ observedGeneration: 2 });
    expect(world.pods()).toEqual([]);
    world.edit(deployments, web, { replicas: 3 });
    await world.pass(1000);
    expect(status(world)).toMatchObject({ replicas: 3, availableReplicas: 3 });
  });

  it('updates without ever having fewer available Pods or more Pods than its strategy allows', async () => {
    const world = await running('web:1', {
      replicas: 4,
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    });
    let least = Infinity;
    let most = 0;
    world.edit(deployments, web, { template: podTemplate('web:2') });
    for (let instant = 0; instant < 200; instant += 1) {
      await world.pass(20);
      const active = world
        .pods()
        .map((pod) => shaped('Pod', pod))
        .filter(isActive);
      least = Math.min(least, active.filter(isReady).length);
      most = Math.max(most, active.length);
    }
    expect([least, most]).toEqual([3, 5]);
    expect(sizes(world)).toEqual([0, 4]);
    expect(progressing(world)).toBe('NewReplicaSetAvailable');
    expect(world.pods()).toHaveLength(4);
    expect(revision(world.objects.get(deployments, web) ?? aDeployment(''))).toBe(2);
  });

  it('stops at what maxUnavailable allows when the new Pods never become Ready', async () => {
    const world = await running('web:1', { progressDeadlineSeconds: 60 });
    world.edit(deployments, web, { template: podTemplate('web:bad') });
    await world.pass(10_000);
    expect(sizes(world)).toEqual([2, 1]);
    expect(status(world)).toMatchObject({
      replicas: 3,
      updatedReplicas: 1,
      availableReplicas: 2,
      unavailableReplicas: 1,
    });
    expect(world.condition(deployments, web, 'Available')?.status).toBe('True');
    expect(progressing(world)).toBe('ReplicaSetUpdated');
  });

  it('exceeds its progress deadline within a second after it, and recovers with the next image', async () => {
    const world = await running('web:1', { progressDeadlineSeconds: 60 });
    world.edit(deployments, web, { template: podTemplate('web:bad') });
    await world.pass(60_000);
    expect(progressing(world)).toBe('ReplicaSetUpdated');
    await world.pass(1100);
    expect(world.condition(deployments, web, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
    const timedOut = world.firstAt(({ object }) =>
      JSON.stringify(object['status'] ?? {}).includes('ProgressDeadlineExceeded'),
    );
    expect(timedOut).toBe(66_000);
    world.edit(deployments, web, { template: podTemplate('web:3') });
    await world.pass(2000);
    expect(world.condition(deployments, web, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    });
  });

  it('counts Pods as available after minReadySeconds', async () => {
    const world = testWorld();
    world.apply(aDeployment('web:1', { minReadySeconds: 10 }));
    await world.pass(9900);
    expect(status(world)).toMatchObject({ readyReplicas: 2, unavailableReplicas: 2 });
    expect(status(world)).not.toHaveProperty('availableReplicas');
    await world.pass(200);
    expect(status(world)).toMatchObject({ readyReplicas: 2, availableReplicas: 2 });
  });

  it('recreates: no new Pod before the last old one is gone', async () => {
    const world = await running('web:1', { strategy: { type: 'Recreate' } });
    world.edit(deployments, web, { template: podTemplate('web:2') });
    await world.pass(2000);
    const deleted = world.changes.findLastIndex(({ type, object }) => object.kind === 'Pod' && type === 'DELETED');
    const created = world.changes.findIndex(
      ({ type, object }) => type === 'ADDED' && object.kind === 'Pod' && JSON.stringify(object).includes('web:2'),
    );
    expect(created).toBeGreaterThan(deleted);
    expect(sizes(world)).toEqual([0, 2]);
    expect(progressing(world)).toBe('NewReplicaSetAvailable');
  });

  it('does not roll while it is paused, but scales', async () => {
    const world = await running('web:1');
    world.edit(deployments, web, { paused: true, template: podTemplate('web:2'), replicas: 3 });
    await world.pass(1000);
    expect(sizes(world)).toEqual([3]);
    expect(progressing(world)).toBe('DeploymentPaused');
    world.edit(deployments, web, { paused: false });
    await world.pass(2000);
    expect(sizes(world)).toEqual([0, 3]);
  });

  it('takes an earlier template up again under a new revision, and forgets beyond revisionHistoryLimit', async () => {
    const world = await running('web:1', { revisionHistoryLimit: 1 });
    for (const image of ['web:2', 'web:1', 'web:3']) {
      world.edit(deployments, web, { template: podTemplate(image) });
      await world.pass(2000);
    }
    const revisions = world.objects.list(replicaSets).map(revision);
    expect(new Set(revisions)).toEqual(new Set([3, 4]));
    const histories = world.objects
      .list(replicaSets)
      .map((object) => object.metadata.annotations?.['deployment.kubernetes.io/revision-history']);
    expect(histories).toContain('1');
  });

  it('keeps proportions when it is scaled in the middle of a rollout', async () => {
    const world = await running('web:1', {
      replicas: 10,
      strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    });
    world.edit(deployments, web, { template: podTemplate('web:bad') });
    await world.pass(1000);
    expect(sizes(world)).toEqual([8, 5]);
    world.edit(deployments, web, { replicas: 15 });
    await world.pass(1000);
    expect(sizes(world)).toEqual([11, 7]);
  });

  it('replaces a Pod that somebody deletes', async () => {
    const world = await running('web:1');
    const [victim] = world.pods();
    if (victim !== undefined) world.objects.delete(pods, refOf(victim));
    expect(world.objects.list(pods)[0]?.metadata.deletionTimestamp).toBeDefined();
    await world.pass(1000);
    expect(world.pods()).toHaveLength(2);
    expect(world.left(pods)).not.toContain(victim?.metadata.name);
  });

  it('takes another name for its ReplicaSet when somebody else has the first one', async () => {
    const first = await running('web:1');
    const [taken = ''] = first.left(replicaSets);
    const world = testWorld();
    const labels = { app: 'other' };
    const template = { ...podTemplate('other:1'), metadata: { labels } };
    const metadata = { namespace: 'default', name: taken };
    const spec = { replicas: 0, selector: { matchLabels: labels }, template };
    world.apply({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec }, replicaSets);
    world.apply(aDeployment('web:1'));
    await world.pass(1000);
    expect(world.left(replicaSets)).toHaveLength(2);
    expect(status(world)).toMatchObject({ collisionCount: 1, availableReplicas: 2 });
  });
});
