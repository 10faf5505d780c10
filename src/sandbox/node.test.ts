import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { deployments, pods, refOf } from '#cluster/resource.ts';

import type { PodRunner } from './pod-runner.ts';
import { aDeployment, testWorld, type TestWorld, web } from './test-world.ts';
import { conditionOf } from './workloads/conditions.ts';
import { isReady } from './workloads/pods.ts';
import { shaped } from './workloads/shapes.ts';

const pod = { namespace: 'default', name: 'p' };

function aPod(image: string, spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const containers = [{ name: 'c', image }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...pod }, spec: { containers, ...spec } };
}

function start(image: string, spec?: Readonly<Record<string, unknown>>): TestWorld {
  const world = testWorld();
  world.apply(aPod(image, spec), pods);
  return world;
}

/** When each change of readiness of the Pod was seen. */
function readiness(world: TestWorld): [number, boolean][] {
  const seen: [number, boolean][] = [];
  for (const { object, at } of world.changes) {
    if (object.kind !== 'Pod') continue;
    const ready = isReady(shaped('Pod', object));
    if (ready !== (seen.at(-1)?.[1] ?? false)) seen.push([at, ready]);
  }
  return seen;
}

describe('the node', () => {
  it.each([
    ['web:1', [[100, true]]],
    ['registry:5000/web', [[100, true]]],
    ['web:slow', [[8000, true]]],
    ['web:bad', []],
    ['web:crash', []],
    [
      'web:flaky',
      [
        [100, true],
        [10_100, false],
      ],
    ],
  ])('makes a Pod of %s behave as its tag says', async (image, expected) => {
    const world = start(image);
    await world.pass(60_000);
    expect(readiness(world)).toEqual(expected);
    expect(world.status(pods, pod)).toMatchObject({ phase: 'Running', podIP: expect.any(String) });
  });

  it('restarts what crashes with longer and longer pauses', async () => {
    const world = start('web:crash');
    await world.pass(10_000);
    const restarts = (): unknown => Object(world.status(pods, pod))['containerStatuses'][0];
    expect(restarts()).toMatchObject({ restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } });
    await world.pass(25_000);
    expect(restarts()).toMatchObject({ restartCount: 3 });
  });

  it('gives and takes readiness when it is told to', async () => {
    const world = start('web:1');
    await world.pass(1000);
    world.node.setReady(pod, false);
    await world.pass(1000);
    world.node.setReady(pod, true);
    expect(readiness(world)).toEqual([
      [100, true],
      [1000, false],
      [2000, true],
    ]);
  });

  it('keeps a Pod that it is not selected by', async () => {
    const world = start('web:1', { nodeSelector: { disk: 'fast' } });
    await world.pass(1000);
    expect(world.status(pods, pod)).toMatchObject({ phase: 'Pending' });
    expect(world.condition(pods, pod, 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable' });
  });

  it('removes a deleted Pod after 20 ms', async () => {
    const world = start('web:1');
    await world.pass(1000);
    world.objects.delete(pods, pod);
    expect(world.pods()[0]?.metadata.deletionTimestamp).toBeDefined();
    await world.pass(19);
    expect(world.pods()).toHaveLength(1);
    await world.pass(1);
    expect(world.pods()).toHaveLength(0);
  });

  it('stops a running Pod after it is not Ready, and removes it when it has stopped', async () => {
    const log: string[] = [];
    let stopped = (): void => {};
    const runner: PodRunner = {
      start: ({ metadata }) => ({
        ip: '127.0.0.1',
        port: 4711,
        ready: Promise.resolve(),
        stop: (graceMs) => {
          const current = world.objects.get(pods, { namespace: 'default', name: metadata.name });
          const ready = conditionOf(Object(current?.['status']).conditions, 'Ready')?.status;
          log.push(`stop within ${graceMs} ms, Ready ${ready}`);
          return new Promise((resolve) => (stopped = resolve));
        },
      }),
    };
    const world = testWorld({ pods: { runner } });
    world.apply(aDeployment('web:1', { replicas: 1 }));
    await world.pass(1000);
    expect(world.status(deployments, web)).toMatchObject({ availableReplicas: 1 });
    const [own] = world.pods().map(refOf);
    expect(own && world.node.running(own)?.port).toBe(4711);
    world.edit(deployments, web, { replicas: 0 });
    await world.pass(1000);
    expect(log).toEqual(['stop within 30000 ms, Ready False']);
    expect(world.pods()).toHaveLength(1);
    stopped();
    await world.pass(0);
    expect(world.pods()).toHaveLength(0);
  });

  it('starts a process again that ends by itself, and lets that of a Job end', async () => {
    let starts = 0;
    const code = (policy: unknown): number => (policy === 'Never' ? 0 : 1);
    const runner: PodRunner = {
      start: (object) => {
        starts += 1;
        const exited = Promise.resolve(code(shaped('Pod', object).spec['restartPolicy']));
        return { ip: '127.0.0.1', ready: Promise.resolve(), exited, stop: () => Promise.resolve() };
      },
    };
    const world = testWorld({ pods: { runner } });
    world.apply(aPod('web:1'), pods);
    await world.pass(10_000);
    expect(Object(world.status(pods, pod))['containerStatuses'][0]).toMatchObject({ restartCount: 1 });
    await world.pass(1000);
    expect(starts).toBe(2);
    world.objects.delete(pods, pod);
    await world.pass(1000);
    world.apply(aPod('web:1', { restartPolicy: 'Never' }), pods);
    await world.pass(1000);
    expect(world.status(pods, pod)).toMatchObject({ phase: 'Succeeded' });
  });
});
