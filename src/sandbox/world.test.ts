import { describe, expect, it } from 'vitest';
import { deployments, namespaces, pods, replicaSets, services } from '#cluster/resource.ts';
import { systemClock } from '#runtime/clock.ts';

import { nodes } from './node.ts';
import { aDeployment, podTemplate, testWorld, web } from './test-world.ts';
import { createWorld } from './world.ts';

describe('a world', () => {
  it('begins with its namespaces and one node', () => {
    const world = testWorld({ namespaces: ['test'] });
    const names = world.objects.list(namespaces).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(['default', 'kube-system', 'test']));
    expect(world.objects.list(nodes)).toHaveLength(1);
  });

  it('has the same history, byte for byte, for the same seed, and another one for another', async () => {
    const history = async (seed: number): Promise<string> => {
      const world = testWorld({ seed });
      world.apply(aDeployment('web:1'));
      world.apply(
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { ...web },
          spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
        },
        services,
      );
      await world.pass(1000);
      world.edit(deployments, web, { template: podTemplate('web:2'), replicas: 5 });
      await world.pass(2000);
      world.edit(deployments, web, { template: podTemplate('web:bad') });
      await world.pass(700_000);
      world.objects.delete(deployments, web);
      await world.pass(1000);
      return JSON.stringify(world.changes);
    };
    const [first, second, other] = [await history(7), await history(7), await history(8)];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });

  it('empties a namespace that is deleted', async () => {
    const world = testWorld();
    world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } }, namespaces);
    const deployment = aDeployment('web:1');
    world.apply({ ...deployment, metadata: { ...deployment.metadata, namespace: 'team' } });
    await world.pass(1000);
    expect(world.objects.list(pods, 'team')).toHaveLength(2);
    world.objects.delete(namespaces, { name: 'team' });
    await world.pass(1000);
    expect(world.objects.list(pods, 'team')).toEqual([]);
    expect(world.objects.get(namespaces, { name: 'team' })).toBeUndefined();
  });

  it('goes on when the API server refuses what one object leads to', async () => {
    const world = testWorld();
    // With its hash the name of the ReplicaSet is longer than names may be.
    world.apply(aDeployment('web:1', {}, 'w'.repeat(250)));
    world.apply(aDeployment('web:1'));
    await world.pass(60_000);
    expect(world.left(replicaSets)).toHaveLength(1);
    expect(world.status(deployments, web)).toMatchObject({ availableReplicas: 2 });
  });

  it('reacts to nothing any more once it is stopped', async () => {
    const world = testWorld();
    world.apply(aDeployment('web:1'));
    await world.pass(1000);
    await world.stop();
    world.edit(deployments, web, { replicas: 7 });
    await world.pass(1000);
    expect(world.objects.list(pods)).toHaveLength(2);
    expect(world.clock.next).toBeUndefined();
  });

  it('runs on the real clock too', async () => {
    const world = createWorld({ clock: systemClock });
    const available = new Promise<void>((resolve) => {
      world.objects.subscribe(({ object }) => {
        if (object.kind === 'Deployment' && Object(object['status']).availableReplicas === 2) resolve();
      });
    });
    world.objects.create(deployments, aDeployment('web:1'));
    await available;
    expect(world.objects.list(pods)).toHaveLength(2);
    await world.stop();
  });
});
