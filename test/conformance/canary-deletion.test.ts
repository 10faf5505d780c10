/** Acceptance scenarios of the end of a Canary: with `revertOnDeletion` its users get back what they had. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, deployments, httpRoutes, services } from '#cluster/resource.ts';
import { initialised, type CanaryWorld, type Fixture } from './canary-world.ts';

function revertible({ spec = {}, ...fixture }: Fixture = {}): Promise<CanaryWorld> {
  return initialised({ ...fixture, spec: { revertOnDeletion: true, ...spec } });
}

const usersService: KubeObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'podinfo', namespace: 'default' },
  spec: { selector: { app: 'podinfo' }, ports: [{ name: 'http', port: 9898, targetPort: 9898 }] },
};

const selectorOf = (world: CanaryWorld): unknown =>
  (world.get(services, 'podinfo')?.['spec'] as { selector?: unknown } | undefined)?.selector; // a Service

const last = (world: CanaryWorld): string => world.events().at(-1) ?? '';

describe('[canary-36] a Canary with revertOnDeletion', () => {
  it('has the finalizer, and gives pods and Service back before it goes', async () => {
    const world = await revertible({
      objects: [[services, usersService]],
      deployment: { spec: { replicas: 3 } },
    });
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['finalizer.flagger.app']);
    const phases: unknown[] = [];
    world.world.objects.subscribe(({ resource, object }) => {
      if (resource.kind === 'Canary') phases.push((object['status'] as { phase?: string }).phase); // a Canary's
    });
    world.delete(canaries, 'podinfo');
    await world.ticks(2);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(new Set(phases)).toEqual(new Set(['Initialized', 'Terminating']));
    expect(world.deployment().spec.replicas).toBe(3);
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
    expect(world.events().slice(-2)).toEqual([
      'Terminating canary podinfo.default',
      'Terminated canary podinfo.default',
    ]);
    // What belonged to the Canary goes with it.
    for (const name of ['podinfo-primary', 'podinfo-canary']) expect(world.get(services, name)).toBeUndefined();
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
    expect(world.get(httpRoutes, 'podinfo')).toBeUndefined();
  });

  it('does not send users to the target before its pods are ready', async () => {
    const world = await revertible({
      objects: [[services, usersService]],
      deployment: {
        spec: {
          template: {
            spec: { containers: [{ name: 'podinfod', image: 'podinfo:slow', ports: [{ containerPort: 9898 }] }] },
          },
        },
      },
    });
    world.delete(canaries, 'podinfo');
    await world.clock.run(world.clock.elapsed + 5_000);
    expect(selectorOf(world)).toEqual({ app: 'podinfo-primary' });
    expect(world.status().phase).toBe('Terminating');
    await world.ticks(2);
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
  });

  it('goes in the middle of a run as well', async () => {
    const world = await revertible({ objects: [[services, usersService]] });
    world.setImage('podinfo:2');
    await world.ticks(4);
    world.delete(canaries, 'podinfo');
    await world.ticks(2);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
    expect(world.deployment().spec.replicas).toBe(1);
  });

  it('stays while the target has missed its deadline, says so, and goes once it runs', async () => {
    const world = await revertible({ deployment: { spec: { progressDeadlineSeconds: 15 } } });
    world.setImage('podinfo:2');
    await world.ticks(2);
    world.setImage('podinfo:bad');
    world.delete(canaries, 'podinfo');
    await world.ticks(4);
    expect(last(world)).toMatch(
      /^\[W\] Unable to finalize canary: canary not ready during finalizing: .* exceeded its progress deadline$/,
    );
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['finalizer.flagger.app']);
    expect(world.status().phase).toBe('Terminating');
    world.setImage('podinfo:3');
    await world.ticks(3);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(last(world)).toBe('Terminated canary podinfo.default');
  });

  it('stays while the target does not become ready, says so again and again, and goes once it runs', async () => {
    const world = await revertible();
    // Parked with a broken version: scaling up alone starts no deadline of the Deployment's own.
    world.change(canaries, 'podinfo', { spec: { suspend: true } });
    world.setImage('podinfo:bad');
    await world.ticks(1);
    world.delete(canaries, 'podinfo');
    await world.ticks(3);
    expect(last(world)).toMatch(/^\[W\] Unable to finalize canary: canary not ready during finalizing: /);
    expect(world.get(canaries, 'podinfo')).toBeDefined();
    const said = world.events().length;
    await world.ticks(3);
    expect(world.events().length).toBeGreaterThan(said);
    world.setImage('podinfo:3');
    await world.ticks(3);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
  });

  it('does not stay for a target or a Service that is gone', async () => {
    const world = await revertible();
    world.delete(deployments, 'podinfo');
    world.delete(services, 'podinfo');
    world.delete(canaries, 'podinfo');
    await world.ticks(1);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
  });

  it('goes although its spec has become one that cannot work', async () => {
    const world = await revertible({ objects: [[services, usersService]] });
    world.change(canaries, 'podinfo', { spec: { provider: 'istio' } });
    await world.ticks(2);
    world.delete(canaries, 'podinfo');
    await world.ticks(2);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
  });

  it('loses the finalizer when revertOnDeletion is taken back, and keeps those of others', async () => {
    const world = await revertible();
    world.change(canaries, 'podinfo', { metadata: { finalizers: ['finalizer.flagger.app', 'example.com/mine'] } });
    world.change(canaries, 'podinfo', { spec: { revertOnDeletion: false } });
    await world.ticks(1);
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['example.com/mine']);
    world.change(canaries, 'podinfo', { spec: { revertOnDeletion: true } });
    await world.ticks(1);
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['example.com/mine', 'finalizer.flagger.app']);
  });
});

describe('[canary-36] a Canary without revertOnDeletion', () => {
  it('leaves the target parked, and takes with it what it owns', async () => {
    const world = await initialised({ objects: [[services, usersService]] });
    world.delete(canaries, 'podinfo');
    await world.ticks(2);
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
    expect(selectorOf(world)).toEqual({ app: 'podinfo-primary' });
  });

  it('makes nothing again while somebody else still keeps it', async () => {
    const world = await revertible({ objects: [[services, usersService]] });
    world.change(canaries, 'podinfo', { metadata: { finalizers: ['finalizer.flagger.app', 'example.com/other'] } });
    world.delete(canaries, 'podinfo');
    await world.ticks(1);
    world.delete(deployments, 'podinfo-primary');
    await world.ticks(3);
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['example.com/other']);
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
    expect(world.get(deployments, 'podinfo-primary')).toBeUndefined();
    expect(last(world)).toBe('Terminated canary podinfo.default');
  });

  it('gets a finalizer that is missing with its next tick', async () => {
    const world = await revertible();
    world.change(canaries, 'podinfo', { metadata: { finalizers: null } });
    await world.ticks(1);
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['finalizer.flagger.app']);
  });

  it('gives back what it took although a field of it cannot be read any more', async () => {
    const world = await revertible({ unchecked: true, objects: [[services, usersService]] });
    world.change(canaries, 'podinfo', { metadata: { generation: 2 }, spec: { analysis: { stepWeight: 2.5 } } });
    await world.ticks(2);
    expect(world.get(canaries, 'podinfo')?.metadata.finalizers).toEqual(['finalizer.flagger.app']);
    world.delete(canaries, 'podinfo');
    await world.ticks(2);
    expect(world.get(canaries, 'podinfo')).toBeUndefined();
    expect(world.deployment().spec.replicas).toBe(1);
    expect(selectorOf(world)).toEqual({ app: 'podinfo' });
  });
});
