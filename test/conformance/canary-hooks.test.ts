/** Acceptance scenarios of a Canary's webhooks: gates, checks, rollback, events, payloads. */
import { describe, expect, it } from 'vitest';
import { canaries } from '#cluster/resource.ts';
import { canaryWorld, hook, withNewImage, type CanaryWorld } from './canary-world.ts';

const phases = (world: CanaryWorld, path: string): unknown[] =>
  world.calls(path).map(({ body }) => (body as { phase: string }).phase); // a webhook payload

describe('gates hold a run', () => {
  it('[canary-17] waits for confirm-rollout, says so once, and starts in the tick that it agrees', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, webhooks: [hook('confirm-rollout', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.ticks(5);
    expect(world.status().phase).toBe('Waiting');
    expect(phases(world, 'gate')).toEqual(['Initialized', 'Waiting', 'Waiting', 'Waiting', 'Waiting']);
    expect(
      world.events().filter((text) => text === '[W] Halt podinfo.default advancement waiting for approval gate'),
    ).toHaveLength(1);
    world.hook('gate', 200);
    await world.ticks(1);
    expect(world.status().phase).toBe('Progressing');
  });

  it('[canary-18] keeps analysing at its weight while confirm-promotion is closed, and promotes when it opens', async () => {
    const world = await withNewImage({
      analysis: { threshold: 2, stepWeight: 50, maxWeight: 50, webhooks: [hook('confirm-promotion', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.ticks(4);
    expect(world.status()).toMatchObject({ phase: 'WaitingPromotion', canaryWeight: 0, iterations: -1 });
    expect(world.weights()).toEqual({ primary: 50, canary: 50 });
    world.metric({ inTurn: [90, 100] });
    await world.ticks(2);
    expect(world.status()).toMatchObject({ phase: 'WaitingPromotion', failedChecks: 1 });
    world.hook('gate', 200);
    await world.ticks(1);
    expect(world.status().phase).toBe('Promoting');
  });

  it('[canary-18] rolls back from there when the checks fail often enough', async () => {
    const world = await withNewImage({
      analysis: { threshold: 2, stepWeight: 50, maxWeight: 50, webhooks: [hook('confirm-promotion', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.ticks(4);
    world.metric(90);
    await world.ticks(3);
    expect(world.status().phase).toBe('Failed');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });

  it('[canary-19] asks a Blue/Green gate every second tick', async () => {
    const world = await withNewImage({
      spec: { provider: 'kubernetes', service: { port: 9898 } },
      analysis: { iterations: 3, webhooks: [hook('confirm-promotion', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.until('WaitingPromotion');
    const seen = [world.status().iterations];
    for (let tick = 0; tick < 3; tick++) {
      await world.ticks(1);
      seen.push(world.status().iterations);
    }
    expect(seen).toEqual([2, 3, 2, 3]);
    expect(world.calls('gate')).toHaveLength(2);
  });

  it('[canary-20] holds the weight while confirm-traffic-increase is closed, without counting it', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, maxWeight: 50, webhooks: [hook('confirm-traffic-increase', 'gate')] },
    });
    await world.ticks(2);
    world.hook('gate', 403);
    await world.ticks(3);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 0 });
    expect(world.events().filter((text) => text.includes('waiting for traffic increase approval gate'))).toHaveLength(
      3,
    );
  });

  it('[canary-20] asks it six times on the way to 50, once of them before the promotion', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, maxWeight: 50, webhooks: [hook('confirm-traffic-increase', 'gate')] },
    });
    await world.until('Succeeded');
    expect(world.calls('gate')).toHaveLength(6);
  });
});

describe('hooks decide about a run', () => {
  it('[canary-21] rolls back in the tick in which a rollback hook says 200', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, webhooks: [hook('rollback', 'back')] },
      hooks: { back: 403 },
    });
    await world.ticks(3);
    expect(world.events().filter((text) => text === 'Rollback hook back not signaling a rollback')).toHaveLength(2);
    world.hook('back', 200);
    await world.ticks(1);
    expect(world.events().slice(-3)).toEqual([
      '[W] Rollback check back passed',
      '[W] Rolling back podinfo.default manual webhook invoked',
      '[W] Canary failed! Scaling down podinfo.default',
    ]);
    expect(world.status().phase).toBe('Failed');
  });

  it('[canary-21] does not ask it while the run waits for its start', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, webhooks: [hook('confirm-rollout', 'gate'), hook('rollback', 'back')] },
      hooks: { gate: 403 },
    });
    await world.ticks(3);
    expect(world.calls('back')).toEqual([]);
  });

  it('[canary-22] passes a check with 202, fails it with 204 and 403, and tries again after a 500', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, webhooks: [hook('rollout', 'load', { retries: 1 })] },
      hooks: { load: { inTurn: [202, 204, { status: 403, body: 'no' }, 500] } },
    });
    await world.ticks(3);
    expect(world.status()).toMatchObject({ canaryWeight: 20, failedChecks: 0 });
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('[W] Halt podinfo.default advancement external check load failed ');
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('[W] Halt podinfo.default advancement external check load failed no');
    await world.ticks(1);
    await world.clock.run(world.clock.elapsed + 1_100);
    expect(world.events().at(-1)).toMatch(/ external check load failed POST .* giving up after 2 attempt\(s\)$/);
    const [first, second] = world.calls('load').slice(-2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(1_000);
    expect(world.status().failedChecks).toBe(3);
  });

  it('[canary-23] sends name, namespace, phase, checksum and metadata', async () => {
    const world = await withNewImage({
      analysis: { stepWeight: 10, webhooks: [hook('pre-rollout', 'before', { metadata: { k: 'v' } })] },
    });
    await world.ticks(2);
    expect(world.calls('before').map(({ body }) => body)).toEqual([
      {
        name: 'podinfo',
        namespace: 'default',
        phase: 'Progressing',
        checksum: expect.stringMatching(/^[456789bcdf]{1,10}$/),
        metadata: { k: 'v' },
      },
    ]);
  });

  it('[canary-24] tells an event hook everything, in order', async () => {
    const gates = [
      'confirm-rollout',
      'pre-rollout',
      'rollout',
      'confirm-traffic-increase',
      'confirm-promotion',
      'post-rollout',
    ];
    const world = await withNewImage({
      analysis: {
        stepWeight: 100,
        stepWeightPromotion: 50,
        webhooks: [hook('event', 'events'), ...gates.map((type) => hook(type, type))],
      },
    });
    const before = world.calls('events').length;
    await world.until('Succeeded');
    const told = world
      .calls('events')
      .slice(before)
      .map(({ body }) => {
        const { phase, metadata } = body as { phase: string; metadata: { eventMessage: string } }; // an event payload
        return `${phase}: ${metadata.eventMessage}`;
      });
    expect(told).toEqual([
      'Initialized: Confirm-rollout check confirm-rollout passed',
      'Progressing: New revision detected! Scaling up podinfo.default',
      'Progressing: Starting canary analysis for podinfo.default',
      'Progressing: Pre-rollout check pre-rollout passed',
      'Progressing: Confirm-traffic-increase check confirm-traffic-increase passed',
      'Progressing: Advance podinfo.default canary weight 100',
      'Progressing: Confirm-traffic-increase check confirm-traffic-increase passed',
      'Progressing: Confirm-promotion check confirm-promotion passed',
      'Progressing: Copying podinfo.default template spec to podinfo-primary.default',
      'Promoting: Advance podinfo.default primary weight 50',
      'Promoting: Advance podinfo.default primary weight 100',
      'Succeeded: Post-rollout check post-rollout passed',
      'Succeeded: Promotion completed! Scaling down podinfo.default',
    ]);
    expect(world.calls('rollout')).toHaveLength(1);
  });
});

describe('Blue/Green and A/B', () => {
  it('[canary-11] tests behind the kubernetes provider in ten ticks, without a route', async () => {
    const world = await withNewImage({ spec: { provider: 'kubernetes' }, analysis: { iterations: 5 } });
    const weights = [];
    for (let tick = 1; tick <= 10; tick++) {
      await world.ticks(1);
      const [, canary] =
        /flagger_canary_weight\{workload="podinfo",namespace="default"\} (\d+)/.exec(await world.metrics()) ?? [];
      weights.push(canary);
    }
    expect(weights).toEqual(['0', '0', '100', '100', '100', '100', '100', '100', '100', '0']);
    expect(world.status().phase).toBe('Succeeded');
    expect(world.events().filter((text) => text.startsWith('Advance'))).toEqual(
      [1, 2, 3, 4, 5].map((n) => `Advance podinfo.default canary iteration ${n}/5`),
    );
    expect(
      world.world.objects.list({
        group: 'gateway.networking.k8s.io',
        version: 'v1',
        plural: 'httproutes',
        kind: 'HTTPRoute',
        namespaced: true,
      }),
    ).toEqual([]);
  });

  it('[canary-11] turns weights into ten iterations there, and says so on every tick', async () => {
    const world = await withNewImage({ spec: { provider: 'kubernetes' }, analysis: { stepWeight: 10 } });
    await world.ticks(3);
    expect(world.events().slice(-6)).toEqual([
      '[W] Progressive traffic is not supported when using the kubernetes provider',
      '[W] Setting canaryAnalysis.iterations: 10',
      'Advance podinfo.default canary iteration 1/10',
      '[W] Progressive traffic is not supported when using the kubernetes provider',
      '[W] Setting canaryAnalysis.iterations: 10',
      'Advance podinfo.default canary iteration 2/10',
    ]);
  });

  it('[canary-10] gives a Blue/Green on a router all traffic for one tick', async () => {
    const world = await withNewImage({ analysis: { iterations: 1 } });
    const seen = [];
    for (let tick = 1; tick <= 6; tick++) {
      await world.ticks(1);
      seen.push(`${world.status().phase} ${world.status().iterations} ${world.weights().canary}`);
    }
    expect(seen).toEqual([
      'Progressing 0 0',
      'Progressing 1 0',
      'Progressing 2 100',
      'Promoting 2 100',
      'Finalising 0 0',
      'Succeeded 0 0',
    ]);
    expect(world.events()).toContain('Routing all traffic to canary');
  });

  it('[canary-9] gives matching requests to the canary for the iterations of an A/B test', async () => {
    const world = await withNewImage({
      analysis: { iterations: 10, match: [{ headers: { 'x-canary': { exact: 'insider' } } }] },
    });
    const seen = [];
    for (let tick = 1; tick <= 14; tick++) {
      await world.ticks(1);
      seen.push(`${world.status().phase} ${world.status().iterations}`);
      expect(world.status().canaryWeight).toBe(0);
    }
    expect(seen).toEqual([
      'Progressing 0',
      ...Array.from({ length: 10 }, (_, n) => `Progressing ${n + 1}`),
      'Promoting 10',
      'Finalising 0',
      'Succeeded 0',
    ]);
  });
});

describe('a Canary that cannot work', () => {
  it('[canary-39] makes nothing of equal cookie names, and says so', async () => {
    const world = await canaryWorld({
      analysis: { stepWeight: 10, sessionAffinity: { cookieName: 'c', primaryCookieName: 'c' } },
    });
    await world.ticks(2);
    expect(world.status().phase).toBeUndefined();
    expect(world.status()['conditions']).toMatchObject([{ type: 'Accepted', status: 'False' }]);
    expect(world.events()).toEqual([
      '[W] Cannot use spec.analysis.sessionAffinity.primaryCookieName "c": it must differ from cookieName',
    ]);
  });

  it('[canary-39] is refused by the API server when it names two strategies', async () => {
    await expect(canaryWorld({ analysis: { stepWeight: 10, iterations: 5 } })).rejects.toThrow(/spec\.analysis/);
  });

  it('says what is wrong with a metric that nothing answers, and that it is right again', async () => {
    const world = await canaryWorld({ analysis: { stepWeight: 10, metrics: [{ name: 'latency', interval: '1m' }] } });
    await world.ticks(1);
    expect(world.status()['conditions']).toMatchObject([
      { type: 'Promoted' },
      { type: 'Accepted', status: 'False', message: expect.stringContaining('spec.analysis.metrics[0].name') },
    ]);
    world.change(canaries, 'podinfo', { spec: { analysis: { metrics: [] } } });
    await world.ticks(1);
    expect(world.status()['conditions']).toMatchObject([{ type: 'Promoted' }, { type: 'Accepted', status: 'True' }]);
  });
});
