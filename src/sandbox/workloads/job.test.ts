import { describe, expect, it } from 'vitest';

import { testWorld, type TestWorld, web } from '../test-world.ts';

import { jobs } from './job.ts';

function start(script: string, spec: Readonly<Record<string, unknown>> = {}): TestWorld {
  const world = testWorld();
  const containers = [{ name: 'c', image: 'busybox', command: ['sh', '-c', script] }];
  const template = { metadata: {}, spec: { restartPolicy: 'Never', containers } };
  world.apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { ...web }, spec: { template, ...spec } }, jobs);
  return world;
}

describe('a Job', () => {
  it('is complete when its Pod has succeeded', async () => {
    const world = start('echo done');
    await world.pass(2000);
    expect(world.status(jobs, web)).toMatchObject({ succeeded: 1, completionTime: '2026-01-01T00:00:01Z' });
    expect(world.condition(jobs, web, 'Complete')).toMatchObject({ status: 'True' });
  });

  it('fails when its Pods have failed more often than backoffLimit allows', async () => {
    const world = start('exit 3', { backoffLimit: 1 });
    await world.pass(5000);
    expect(world.status(jobs, web)).toMatchObject({ failed: 1 });
    expect(world.condition(jobs, web, 'Failed')).toBeUndefined();
    await world.pass(10_000);
    expect(world.status(jobs, web)).toMatchObject({ failed: 2 });
    expect(world.condition(jobs, web, 'Failed')).toMatchObject({ status: 'True', reason: 'BackoffLimitExceeded' });
  });

  it('ends at its deadline, and goes when its time to live is over', async () => {
    const world = testWorld({ pods: { behaviour: () => ({}) } });
    const spec = { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] };
    const job = { activeDeadlineSeconds: 30, ttlSecondsAfterFinished: 10, template: { spec } };
    world.apply({ apiVersion: 'batch/v1', kind: 'Job', metadata: { ...web }, spec: job }, jobs);
    await world.pass(29_000);
    expect(world.status(jobs, web)).toMatchObject({ active: 1 });
    await world.pass(2000);
    expect(world.condition(jobs, web, 'Failed')).toMatchObject({ reason: 'DeadlineExceeded' });
    await world.pass(15_000);
    expect(world.left(jobs)).toEqual([]);
    expect(world.pods()).toEqual([]);
  });
});
