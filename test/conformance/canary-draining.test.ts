/** Traffic drains before pods are stopped: the wait is state, and changes nothing that anybody is told. */
import { describe, expect, it } from 'vitest';
import { canaries, httpRoutes } from '#cluster/resource.ts';
import { canaryWorld, hook, withNewImage, type CanaryWorld, type Fixture } from './canary-world.ts';

const drained = { flags: ['-traffic-drain=5s'] } satisfies Fixture;

async function run(
  fixture: Fixture,
  play: (world: CanaryWorld) => Promise<void>,
): Promise<{ events: readonly string[]; states: readonly string[] }> {
  const world = await canaryWorld(fixture);
  const states: string[] = [];
  world.world.objects.subscribe(({ resource, object }) => {
    if (resource.kind !== 'Canary') return;
    const { phase, canaryWeight, iterations } = (object['status'] ?? {}) as Record<string, unknown>; // a Canary's
    const state = `${String(phase)} ${String(canaryWeight)} ${String(iterations)}`;
    if (states.at(-1) !== state) states.push(state);
  });
  await world.until('Initialized');
  await play(world);
  const events = [...world.events()];
  await world.stop();
  return { events, states };
}

const promoted = async (world: CanaryWorld): Promise<void> => {
  world.setImage('podinfo:2');
  await world.until('Succeeded');
};
const rolledBack = async (world: CanaryWorld): Promise<void> => {
  world.setImage('podinfo:2');
  await world.ticks(3);
  world.metric(50);
  await world.until('Failed');
};

describe('draining', () => {
  it.each([
    ['a promotion', promoted, { stepWeight: 50, maxWeight: 50 }, {}],
    ['a rollback', rolledBack, { stepWeight: 20, threshold: 1, webhooks: [hook('post-rollout', 'after')] }, {}],
    ['a skipped analysis', promoted, { stepWeight: 50 }, { skipAnalysis: true }],
    ['a Blue/Green', promoted, { iterations: 2 }, {}],
  ] as const)('%s tells the same with and without it', async (_name, play, analysis, spec) => {
    const without = await run({ analysis, spec }, play);
    const withIt = await run({ analysis, spec, ...drained }, play);
    expect(withIt).toEqual(without);
  });

  it('keeps the pods for the time of the drain after the gateway has followed, and writes the phase last', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, threshold: 1 }, ...drained });
    await world.ticks(3);
    world.metric(50);
    await world.ticks(2);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.deployment().spec.replicas).toBe(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing', draining: { for: '5s', next: 'Failed' } });
    const routed = world.clock.elapsed;
    await world.clock.run(routed + 4_000);
    expect(world.deployment().spec.replicas).toBe(1);
    await world.clock.run(routed + 8_500);
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.status().phase).toBe('Failed');
    expect(world.status()).not.toHaveProperty('draining');
  });

  it('waits for a gateway that has not taken on the route, but not for ever', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, threshold: 1 }, ...drained });
    await world.ticks(3);
    world.metric(50);
    await world.ticks(1);
    world.world.gateway.setMode('silent');
    await world.ticks(1);
    // The status that the gateway wrote is of an older generation: it has not followed.
    await world.clock.run(world.clock.elapsed + 20_000);
    expect(world.deployment().spec.replicas).toBe(1);
    await world.clock.run(world.clock.elapsed + 30_000);
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.status().phase).toBe('Failed');
  });

  it('goes on after a restart, and repeats no event', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, threshold: 1 }, ...drained });
    await world.ticks(3);
    world.metric(50);
    await world.ticks(2);
    const said = world.events().length;
    await world.restart();
    await world.clock.run(world.clock.elapsed + 9_000);
    expect(world.status().phase).toBe('Failed');
    expect(world.events()).toHaveLength(said);
    expect(world.get(httpRoutes, 'podinfo')).toBeDefined();
  });

  it('does not wait where a gateway that reports nothing never will', async () => {
    const world = await canaryWorld({ analysis: { stepWeight: 50, maxWeight: 50 }, ...drained });
    world.world.gateway.setMode('silent');
    await world.until('Initialized');
    world.setImage('podinfo:2');
    await world.until('Succeeded', 8);
    expect(world.deployment().spec.replicas).toBe(0);
  });

  it.each([
    ['suspended', { suspend: true }, { suspend: false }],
    ['one that cannot work', { provider: 'istio' }, { provider: 'gatewayapi:v1' }],
  ])(
    'is over for a Canary that is %s, without passes one after the other, and ends with it',
    async (_how, hold, free) => {
      const world = await withNewImage({ analysis: { stepWeight: 20, threshold: 1 }, ...drained });
      await world.ticks(3);
      world.metric(50);
      while (world.status()['draining'] === undefined) await world.ticks(1);
      world.change(canaries, 'podinfo', { spec: hold });
      await world.ticks(6);
      expect(world.events().filter((text) => text.includes('suspended')).length).toBeLessThanOrEqual(6);
      expect(world.status()['draining']).toBeDefined();
      world.change(canaries, 'podinfo', { spec: free });
      await world.until('Failed', 2);
      expect(world.deployment().spec.replicas).toBe(0);
    },
  );

  it('ends a rollback once, and waits as long, where the CRD of the original drops what it writes down', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, threshold: 1 }, ...drained, foreignCrds: true });
    await world.ticks(3);
    world.metric(50);
    await world.ticks(2);
    expect(world.status()).not.toHaveProperty('draining');
    expect(world.deployment().spec.replicas).toBe(1);
    await world.ticks(1);
    expect(world.status().phase).toBe('Failed');
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.events().filter((text) => text.startsWith('[W] Rolling back'))).toHaveLength(1);
  });
});
