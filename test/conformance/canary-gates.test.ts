/** Acceptance scenarios of the webhooks as the integrations' specification tells them: counts, phases and what becomes of the run. */
import { describe, expect, it } from 'vitest';
import { hook, withNewImage, type CanaryWorld, type Fixture } from './canary-world.ts';

interface Payload {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly checksum: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Payloads that arrived at a hook, oldest first. */
const payloads = (world: CanaryWorld, path: string): readonly Payload[] =>
  world.calls(path).map(({ body }) => body as Payload); // of a webhook

const phases = (world: CanaryWorld, path: string): readonly string[] => payloads(world, path).map(({ phase }) => phase);

const count = (world: CanaryWorld, text: string): number => world.events().filter((event) => event === text).length;

const steps = { stepWeight: 10, maxWeight: 50, threshold: 5 };

describe('[integrations-30] confirm-rollout', () => {
  it('closed: one Warning, and no pods for the target; open: the run starts in that tick', async () => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('confirm-rollout', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.ticks(3);
    expect(world.status().phase).toBe('Waiting');
    expect(world.deployment().spec.replicas).toBe(0);
    expect(count(world, '[W] Halt podinfo.default advancement waiting for approval gate')).toBe(1);
    world.hook('gate', 200);
    await world.ticks(1);
    expect(world.events().slice(-2)).toEqual([
      'Confirm-rollout check gate passed',
      'New revision detected! Scaling up podinfo.default',
    ]);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    expect(world.deployment().spec.replicas).toBe(1);
    expect(phases(world, 'gate')).toEqual(['Initialized', 'Waiting', 'Waiting', 'Waiting']);
  });

  it('holds a run without an analysis as well', async () => {
    const world = await withNewImage({
      spec: { skipAnalysis: true },
      analysis: { ...steps, webhooks: [hook('confirm-rollout', 'gate')] },
      hooks: { gate: 403 },
    });
    await world.ticks(2);
    expect(world.status().phase).toBe('Waiting');
    world.hook('gate', 200);
    await world.until('Succeeded', 3);
  });

  it('is asked one after the other, up to the first that refuses', async () => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: ['one', 'two', 'three'].map((name) => hook('confirm-rollout', name)) },
      hooks: { two: 403 },
    });
    await world.ticks(1);
    expect(['one', 'two', 'three'].map((name) => world.calls(name).length)).toEqual([1, 1, 0]);
  });
});

describe('[integrations-31] pre-rollout', () => {
  it('refusing as often as checks may fail: rolled back on the next tick, without traffic for the canary', async () => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('pre-rollout', 'before'), hook('post-rollout', 'after')] },
      hooks: { before: { status: 403, body: 'not today' } },
    });
    await world.ticks(1);
    for (let failed = 1; failed <= 5; failed++) {
      await world.ticks(1);
      expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: failed, canaryWeight: 0 });
      expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    }
    expect(count(world, '[W] Halt podinfo.default advancement pre-rollout check before failed not today')).toBe(5);
    await world.ticks(1);
    expect(world.status().phase).toBe('Failed');
    expect(world.calls('before')).toHaveLength(5);
    expect(phases(world, 'after')).toEqual(['Failed']);
  });
});

describe('[integrations-32] confirm-traffic-increase', () => {
  it('closed: the weight stays, checks go on, nothing is counted', async () => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('confirm-traffic-increase', 'gate'), hook('rollout', 'check')] },
    });
    await world.ticks(2);
    world.hook('gate', 403);
    const checked = world.calls('check').length;
    await world.ticks(3);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 0 });
    expect(count(world, '[W] Halt podinfo.default advancement waiting for traffic increase approval gate')).toBe(3);
    expect(world.calls('check')).toHaveLength(checked + 3);
    world.hook('gate', 200);
    await world.ticks(1);
    expect(world.status().canaryWeight).toBe(20);
  });
});

describe('[integrations-33] confirm-promotion', () => {
  const closed: Fixture = {
    analysis: { ...steps, webhooks: [hook('confirm-promotion', 'gate')] },
    hooks: { gate: 403 },
  };

  it('closed: the route keeps its weight, and checks that fail roll back', async () => {
    const world = await withNewImage(closed);
    await world.until('WaitingPromotion');
    expect(world.status()).toMatchObject({ canaryWeight: 0, iterations: -1 });
    expect(world.weights()).toEqual({ primary: 50, canary: 50 });
    world.metric(50);
    await world.ticks(5);
    expect(world.status()).toMatchObject({ phase: 'WaitingPromotion', failedChecks: 5 });
    await world.ticks(1);
    expect(world.status().phase).toBe('Failed');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });

  it('open: the spec is copied in that tick', async () => {
    const world = await withNewImage(closed);
    await world.until('WaitingPromotion');
    await world.ticks(2);
    world.hook('gate', 200);
    await world.ticks(1);
    expect(world.status().phase).toBe('Promoting');
    expect(world.events().slice(-2)).toEqual([
      expect.stringContaining('Confirm-promotion check gate passed'),
      expect.stringContaining('Copying podinfo.default template spec to podinfo-primary.default'),
    ]);
    expect(new Set(phases(world, 'gate'))).toEqual(new Set(['Progressing']));
  });

  it('closed: another revision starts the analysis again', async () => {
    const world = await withNewImage(closed);
    await world.until('WaitingPromotion');
    world.setImage('podinfo:3');
    await world.ticks(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing', iterations: 0 });
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });
});

describe('[integrations-34] rollback', () => {
  it('asked for at weight 20: rolled back at once, without a word of failed checks', async () => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('rollback', 'back')] },
      hooks: { back: 403 },
    });
    await world.ticks(3);
    expect(world.status().canaryWeight).toBe(20);
    world.hook('back', 200);
    await world.ticks(1);
    expect(world.events().slice(-3)).toEqual([
      '[W] Rollback check back passed',
      '[W] Rolling back podinfo.default manual webhook invoked',
      '[W] Canary failed! Scaling down podinfo.default',
    ]);
    expect(world.events().join('\n')).not.toContain('failed checks threshold');
    expect(world.status().phase).toBe('Failed');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });

  it.each([500, 'hang'] as const)('hook that is down (%s): the run goes on', async (answer) => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('rollback', 'back', { timeout: '1s' })] },
      hooks: { back: answer },
    });
    await world.until('Succeeded');
    expect(world.events()).toContain('Rollback hook back not signaling a rollback');
  });
});

describe('[integrations-35] an event hook', () => {
  it('is told what happened, in its own words and the user’s, instead of the global one', async () => {
    const metadata = { env: 'prod', eventType: 'mine' };
    const world = await withNewImage({
      flags: ['-event-webhook=http://hooks.sandbox/global'],
      analysis: { ...steps, webhooks: [hook('event', 'told', { metadata })] },
    });
    await world.ticks(1);
    expect(payloads(world, 'told').at(-1)).toEqual({
      name: 'podinfo',
      namespace: 'default',
      phase: 'Progressing',
      checksum: expect.stringMatching(/^[456789bcdf]{1,10}$/),
      metadata: {
        env: 'prod',
        eventMessage: 'New revision detected! Scaling up podinfo.default',
        eventType: 'Normal',
        timestamp: expect.stringMatching(/^\d{13}$/),
      },
    });
    expect(world.calls('global')).toEqual([]);
  });

  it('of the flag is told of Canaries without one of their own', async () => {
    const world = await withNewImage({ flags: ['-event-webhook=http://hooks.sandbox/global'] });
    await world.ticks(1);
    expect(payloads(world, 'global').map((payload) => payload.metadata?.['eventMessage'])).toEqual(
      world.events().map((text) => text.replace('[W] ', '')),
    );
  });

  it.each([500, 'hang'] as const)('that is down (%s) does not stop a run', async (answer) => {
    const world = await withNewImage({
      analysis: { ...steps, webhooks: [hook('event', 'told', { timeout: '1s' })] },
      hooks: { told: answer },
    });
    await world.until('Succeeded');
    expect(world.status().failedChecks).toBe(0);
  });
});
