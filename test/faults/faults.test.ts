/** What clusters, networks, metric servers and webhook receivers do to a run: it comes out right all the same. */
import { describe, expect, it } from 'vitest';
import { cutOff, every, failRequests } from './disturbances.ts';
import { faultWorld, hook, successRate, type FaultFixture, type FaultWorld } from './fault-world.ts';
import { drained, failedByMetric, promoted } from './histories.ts';
import { compare, type History, playHistory } from './killing.ts';

const succeeds: History = { fixture: { analysis: { stepWeight: 25, maxWeight: 50 }, ...drained }, play: promoted };
const fails: History = { fixture: { analysis: { stepWeight: 10, threshold: 2 } }, play: failedByMetric };

async function differences(history: History, disturb: (world: FaultWorld) => void): Promise<readonly string[]> {
  const undisturbed = await playHistory(history);
  return compare(undisturbed, await playHistory({ ...history, disturb }));
}

const disturbances: Readonly<Record<string, (world: FaultWorld) => void>> = {
  'one request in ten fails (seed 1)': (world) => failRequests(world, 1, 10),
  'one request in ten fails (seed 2)': (world) => failRequests(world, 2, 10),
  'one request in three fails (seed 3)': (world) => failRequests(world, 3, 33),
  'one request in three fails (seed 4)': (world) => failRequests(world, 4, 33),
  'watches break every seven seconds': (world) => every(world, 7_000, () => world.world.api.breakWatches()),
  'the history is compacted and watches break every seven seconds': (world) =>
    every(world, 7_000, () => {
      world.world.api.compact();
      world.world.api.breakWatches();
    }),
  'the watches fall silent once': (world) => void world.clock.as('player').after(15_000, () => world.silenceWatches()),
  'the API server is away for a minute': (world) =>
    void world.clock.as('player').after(15_000, () => cutOff(world, 60_000)),
  'the controller dies every 17 seconds': (world) => every(world, 17_000, () => world.crash(1_000)),
};

describe('the API server and the network', () => {
  it.each(Object.entries(disturbances))('a promotion succeeds although %s', async (_name, disturb) => {
    expect(await differences(succeeds, disturb)).toEqual([]);
  });

  it.each(Object.entries(disturbances))('a rollback gets through although %s', async (_name, disturb) => {
    expect(await differences(fails, disturb)).toEqual([]);
  });
});

describe('a metric server that is gone for five minutes in the middle of a run', () => {
  const atHalf = async (fixture: FaultFixture): Promise<FaultWorld> => {
    const world = await faultWorld(fixture);
    await world.phase('Initialized');
    world.setImage('podinfo:2');
    await world.until('at 50%', () => world.weights()?.canary === 50);
    world.metricServer('off');
    return world;
  };

  it('ends the run when every failed query counts, as it does with the original', async () => {
    const world = await atHalf({ analysis: { stepWeight: 10, threshold: 3 } });
    await world.ticks(2);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 2 });
    await world.phase('Failed', 3);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.broken).toEqual([]);
    await world.stop();
  });

  it('is waited for with onProviderError: hold, is told of once, and the run goes on afterwards', async () => {
    const metrics = [{ ...successRate, onProviderError: 'hold' }];
    const world = await atHalf({ analysis: { stepWeight: 10, threshold: 3, metrics } });
    for (let tick = 0; tick < 30; tick++) {
      await world.ticks(1);
      expect(world.weights()).toEqual({ primary: 50, canary: 50 });
      expect(world.status()).toMatchObject({ phase: 'Progressing', canaryWeight: 50, failedChecks: 0 });
    }
    expect(world.events().filter(({ text }) => text.includes('Hold podinfo.default at its weight'))).toHaveLength(1);
    world.metricServer('on');
    await world.phase('Succeeded', 12);
    expect(world.status()).not.toHaveProperty('held');
    expect(world.broken).toEqual([]);
    await world.stop();
  });

  it('is still told of once when the controller dies meanwhile', async () => {
    const metrics = [{ ...successRate, onProviderError: 'hold' }];
    const world = await atHalf({ analysis: { stepWeight: 10, metrics } });
    await world.ticks(3);
    world.crash(2_000);
    await world.ticks(5);
    expect(world.events().filter(({ text }) => text.includes('Hold podinfo.default at its weight'))).toHaveLength(1);
    expect(world.weights()).toEqual({ primary: 50, canary: 50 });
    await world.stop();
  });
});

describe('a webhook receiver that takes calls and never answers', () => {
  const running = async (type: string, more: FaultFixture = {}): Promise<FaultWorld> => {
    const world = await faultWorld({ analysis: { stepWeight: 50, maxWeight: 50, webhooks: [hook(type)] }, ...more });
    await world.phase('Initialized');
    world.hook(type, 'hang');
    world.setImage('podinfo:2');
    return world;
  };

  it.each(['rollout', 'pre-rollout'])('fails the run as a %s hook', async (type) => {
    const world = await running(type);
    await world.phase('Failed');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.broken).toEqual([]);
    await world.stop();
  });

  it.each(['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion'])(
    'holds the run as a %s hook, and no longer than it hangs',
    async (type) => {
      const world = await running(type);
      await world.ticks(10);
      expect(['Waiting', 'Progressing', 'WaitingPromotion']).toContain(world.status().phase);
      world.hook(type, 200);
      await world.phase('Succeeded');
      expect(world.broken).toEqual([]);
      await world.stop();
    },
  );

  it.each(['rollback', 'post-rollout', 'event'])('changes nothing as a %s hook', async (type) => {
    const world = await running(type);
    await world.phase('Succeeded', 90);
    expect(world.broken).toEqual([]);
    await world.stop();
  });
});
