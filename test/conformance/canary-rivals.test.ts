/** Two Canaries that name one target: the older one works, the younger one says why it does not. */
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries } from '#cluster/resource.ts';
import { initialised, type CanaryWorld } from './canary-world.ts';

const told =
  'Cannot use spec.targetRef.name "podinfo": the Canary "podinfo" works on this Deployment already, name another or delete one of the two';

function rival(world: CanaryWorld, more: object = {}): KubeObject {
  const { metadata, spec, ...rest } = world.get(canaries, 'podinfo') as KubeObject & { spec: object }; // a Canary
  return {
    ...rest,
    status: undefined,
    metadata: { name: 'another', namespace: metadata.namespace ?? '' },
    spec: { ...spec, ...more },
  };
}

const statusOf = (world: CanaryWorld) =>
  (world.get(canaries, 'another')?.['status'] ?? {}) as { phase?: string; conditions?: readonly object[] }; // a Canary

it('the younger one is told and does nothing, while the older one runs on', async () => {
  const world = await initialised();
  const versions = (): unknown[] =>
    [world.deployment(), world.deployment('podinfo-primary')].map(({ metadata }) => metadata.resourceVersion);
  const before = versions();
  world.create(canaries, rival(world, { service: { port: 9898, name: 'elsewhere', gatewayRefs: [{ name: 'gw' }] } }));
  await world.ticks(4);
  expect(world.events().filter((text) => text === `[W] ${told}`)).toHaveLength(1);
  expect(statusOf(world).conditions).toMatchObject([{ type: 'Accepted', status: 'False', message: told }]);
  expect(statusOf(world).phase ?? '').toBe('');
  expect(versions()).toEqual(before);
  world.setImage('podinfo:2');
  await world.until('Succeeded');
});

it('the younger one begins when the older one is gone, or suspended', async () => {
  const world = await initialised();
  world.create(canaries, rival(world));
  await world.ticks(2);
  world.change(canaries, 'podinfo', { spec: { suspend: true } });
  await world.ticks(3);
  expect(statusOf(world)).toMatchObject({ phase: 'Initialized' });
  expect(statusOf(world).conditions).toContainEqual(expect.objectContaining({ type: 'Accepted', status: 'True' }));
});

it('the younger one gives back nothing when it is deleted', async () => {
  const world = await initialised();
  world.create(canaries, rival(world, { revertOnDeletion: true }));
  await world.ticks(2);
  world.delete(canaries, 'another');
  await world.ticks(2);
  expect(world.get(canaries, 'another')).toBeUndefined();
  expect(world.deployment().spec.replicas).toBe(0);
  expect(world.deployment('podinfo-primary').spec.replicas).toBe(1);
  expect(world.weights()).toEqual({ primary: 100, canary: 0 });
});
