/** What users of a canary get while pods are missing, and while one version after the other is tried. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import { pods } from '#cluster/resource.ts';
import { pausedRollout } from './rollout-beginnings.ts';
import { canary, type RolloutFixture } from './rollout-fixture.ts';
import type { RolloutWorld } from './rollout-world.ts';

const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }, { pause: {} }];

const imageOf = (pod: KubeObject): string => JSON.stringify(pod['spec']);

const podsOf = (world: RolloutWorld, image: string): readonly KubeObject[] =>
  world.list(pods).filter((pod) => imageOf(pod).includes(image));

/** Pods of a version that do not become ready any more, once `broken` says so. */
function breaking(broken: { image?: string }): NonNullable<RolloutFixture['behaviour']> {
  return (pod) => {
    const [{ image } = {}] = pod.spec.containers ?? [];
    return image === broken.image ? { readyAfter: 'never' } : {};
  };
}

describe('an abort', () => {
  it('gives up pods also while the Rollout is paused by hand', async () => {
    const world = await pausedRollout(canary({ steps }, { spec: { replicas: 4 } }));
    world.edit({ paused: true });
    await world.pass(1_000);
    world.editStatus({ abort: true });
    await world.pass(5_000);
    expect([world.status().phase, world.sizes()]).toEqual(['Degraded', 'web:1=4']);
  });

  it('takes the traffic back also while the Rollout is paused by hand and its replicas have changed', async () => {
    const world = await pausedRollout(canary({ steps }, { behind: 'gatewayApi', spec: { replicas: 4 } }));
    world.edit({ paused: true, replicas: 6 });
    await world.pass(1_000);
    world.editStatus({ abort: true });
    await world.pass(5_000);
    expect(world.weights()).toEqual({ stable: 100, canary: 0 });
  });

  it('takes the traffic back though a stable pod is missing for good', async () => {
    const broken: { image?: string } = {};
    const world = await pausedRollout(
      canary({ steps }, { behind: 'gatewayApi', spec: { replicas: 4 }, behaviour: breaking(broken) }),
    );
    broken.image = 'web:1';
    world.delete(pods, podsOf(world, 'web:1')[0]?.metadata.name ?? '');
    await world.pass(1_000);
    world.editStatus({ abort: true });
    await world.pass(5_000);
    expect(world.weights()).toEqual({ stable: 100, canary: 0 });
  });

  it('leaves nothing on a canary without pods, whatever stable has by then', async () => {
    const broken: { image?: string } = {};
    const world = await pausedRollout(
      canary(
        { steps, dynamicStableScale: true },
        { behind: 'gatewayApi', spec: { replicas: 4 }, behaviour: breaking(broken) },
      ),
    );
    await world.until('shrunk', () => world.sizes() === 'web:2=2 web:1=2');
    broken.image = 'web:2';
    for (const pod of podsOf(world, 'web:2')) world.delete(pods, pod.metadata.name);
    world.editStatus({ abort: true });
    await world.pass(50);
    expect(world.weights()).toEqual({ stable: 100, canary: 0 });
    await world.pass(60_000);
    expect(world.sizes()).toBe('web:1=4');
  });
});

it('takes the traffic from a canary that has lost all its pods, though a stable pod is missing', async () => {
  const broken: { image?: string } = {};
  const world = await pausedRollout(
    canary({ steps }, { behind: 'gatewayApi', spec: { replicas: 4 }, behaviour: breaking(broken) }),
  );
  broken.image = 'web:1';
  world.delete(pods, podsOf(world, 'web:1')[0]?.metadata.name ?? '');
  await world.pass(1_000);
  broken.image = 'web:2';
  for (const pod of podsOf(world, 'web:2')) world.delete(pods, pod.metadata.name);
  await world.pass(1_000);
  expect(world.weights()).toEqual({ stable: 100, canary: 0 });
});

describe('a third version', () => {
  const names = { stableService: null, canaryService: null };
  const pingPong = { pingPong: { pingService: 'web-stable', pongService: 'web-canary' } };

  it.each([
    ['with dynamicStableScale', { dynamicStableScale: true }],
    ['with ping and pong', { ...names, ...pingPong }],
    ['with both', { dynamicStableScale: true, ...names, ...pingPong }],
  ])('gets the traffic of the second one when it has the pods for it, %s', async (_name, strategy) => {
    const world = await pausedRollout(canary({ steps, ...strategy }, { behind: 'gatewayApi', spec: { replicas: 10 } }));
    await world.pass(2_000);
    const bare: string[] = [];
    const forget = world.world.objects.subscribe(() => {
      const served = world.sets().find(({ image }) => image === world.selected('web-canary'));
      const { canary: weight = 0 } = world.weights() ?? {};
      if ((served?.available ?? 0) < Math.floor(weight / 10)) bare.push(`${weight}% to ${served?.available} pods`);
    });
    world.setImage('web:3');
    await world.paused();
    forget();
    expect([world.selected('web-canary'), bare]).toEqual(['web:3', []]);
  });
});

it('times a version out also when an older one was aborted', async () => {
  const world = await pausedRollout(
    canary({ steps }, { behind: 'gatewayApi', spec: { replicas: 2, progressDeadlineSeconds: 60 } }),
  );
  world.editStatus({ abort: true });
  await world.pass(60_000);
  world.setImage('web:bad');
  await world.pass(100_000);
  expect(world.status().message).toMatch(/^ProgressDeadlineExceeded/);
});
