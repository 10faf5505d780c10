/** Acceptance scenarios of a Canary's run: initialisation, steps, promotion, rollback, restart. */
import { describe, expect, it } from 'vitest';
import { canaries, deployments, pods as podsKind, services } from '#cluster/resource.ts';
import { canaryWorld, hook, initialised, withNewImage } from './canary-world.ts';

describe('a Canary is initialised', () => {
  it('[canary-1] makes services and primary, and waits for the primary', async () => {
    const world = await canaryWorld();
    expect(world.get(services, 'podinfo-canary')).toBeDefined();
    expect(world.get(services, 'podinfo-primary')).toBeDefined();
    expect(world.get(services, 'podinfo')).toBeUndefined();
    const primary = world.deployment('podinfo-primary');
    expect(primary.spec.replicas).toBe(1);
    expect(primary.spec.selector.matchLabels).toEqual({ app: 'podinfo-primary' });
    expect(primary.spec.template.metadata?.annotations?.['flagger-id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(world.deployment().spec.replicas).toBe(1);
    expect(world.status().phase).toBe('Initializing');
    expect(world.events().at(-1)).toMatch(/^\[W\] podinfo-primary\.default not ready: waiting for rollout to finish: /);
  });

  it('[canary-2] sends users to the primary and parks the target once the primary is ready', async () => {
    const world = await canaryWorld();
    await world.ticks(1);
    expect(world.get(services, 'podinfo')?.['spec']).toMatchObject({ selector: { app: 'podinfo-primary' } });
    expect(world.deployment().spec.replicas).toBe(0);
    const { phase, lastAppliedSpec, lastPromotedSpec, conditions } = world.status();
    expect(phase).toBe('Initialized');
    expect(lastAppliedSpec).toBe(lastPromotedSpec);
    expect(conditions).toMatchObject([
      { type: 'Promoted', status: 'True', reason: 'Initialized', message: 'Deployment initialization completed.' },
    ]);
    expect(world.events().filter((text) => !text.includes('not ready'))).toEqual([
      'all the metrics providers are available!',
      'all the metrics providers are available!',
      'Initialization done! podinfo.default',
    ]);
  });

  it('[canary-3] writes and says nothing while nothing changes', async () => {
    const world = await initialised();
    const said = world.events().length;
    const writes: string[] = [];
    world.world.objects.subscribe(({ resource, object }) => writes.push(`${resource.kind} ${object.metadata.name}`));
    await world.ticks(3);
    expect(writes).toEqual([]);
    expect(world.events()).toHaveLength(said);
    expect(await world.metrics()).toContain('flagger_canary_status{name="podinfo",namespace="default"} 1');
  });
});

describe('a Canary is promoted', () => {
  it('[canary-4] scales the target up when its image changes, and moves no traffic yet', async () => {
    const world = await withNewImage();
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('New revision detected! Scaling up podinfo.default');
    expect(world.deployment().spec.replicas).toBe(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing', canaryWeight: 0 });
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(await world.metrics()).toContain('flagger_canary_status{name="podinfo",namespace="default"} 0');
  });

  it('[canary-5] walks from 10 to 50, copies the spec, gives the primary its traffic back and succeeds', async () => {
    const world = await withNewImage();
    await world.ticks(1);
    const weights = [];
    for (let tick = 2; tick <= 6; tick++) {
      await world.ticks(1);
      weights.push(world.status().canaryWeight);
    }
    expect(weights).toEqual([10, 20, 30, 40, 50]);
    await world.ticks(1);
    expect(world.status()).toMatchObject({ phase: 'Promoting', canaryWeight: 50 });
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:2');
    expect(world.weights()).toEqual({ primary: 50, canary: 50 });
    await world.ticks(1);
    expect(world.status().phase).toBe('Finalising');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    await world.ticks(1);
    expect(world.status().phase).toBe('Succeeded');
    expect(world.deployment().spec.replicas).toBe(0);
    expect(await world.metrics()).toContain(
      'flagger_canary_successes_total{name="podinfo",namespace="default",deployment_strategy="canary",analysis_status="completed"} 1',
    );
  });

  it('[canary-6] gives traffic back in steps when stepWeightPromotion says so', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 100, stepWeightPromotion: 50 } });
    const states = [];
    for (let tick = 1; tick <= 6; tick++) {
      await world.ticks(1);
      states.push(`${world.status().phase} ${world.status().canaryWeight}`);
    }
    expect(states).toEqual([
      'Progressing 0',
      'Progressing 100',
      'Promoting 100',
      'Promoting 50',
      'Finalising 0',
      'Succeeded 0',
    ]);
  });

  it.each([
    [{ stepWeight: 20, maxWeight: 50 }, [100, 80, 60, 40]],
    [{ stepWeights: [1, 2, 10, 80] }, [100, 99, 98, 90, 20]],
    [{ stepWeights: [1, 2, 10, 200] }, [100, 99, 98, 90, 0]],
  ])('[canary-7] with %j the primary goes through %j and is promoted', async (analysis, expected) => {
    const world = await withNewImage({ analysis });
    const seen = [];
    for (;;) {
      await world.ticks(1);
      if (world.status().phase === 'Promoting') break;
      seen.push(world.weights().primary);
    }
    expect(seen).toEqual(expected);
  });

  it('[canary-25] promotes without checks when skipAnalysis is set, also in the middle of a run', async () => {
    const world = await canaryWorld({
      spec: { skipAnalysis: true },
      analysis: { stepWeight: 10, webhooks: [hook('post-rollout', 'after')] },
    });
    await world.until('Initialized');
    world.setImage('podinfo:2');
    await world.ticks(1);
    expect(world.status().phase).toBe('Progressing');
    await world.ticks(1);
    expect(world.status().phase).toBe('Succeeded');
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:2');
    expect(world.calls('after').map(({ body }) => body)).toMatchObject([{ phase: 'Succeeded' }]);
    expect(await world.metrics()).toContain('analysis_status="skipped"} 1');

    world.change(canaries, 'podinfo', { spec: { skipAnalysis: false } });
    world.setImage('podinfo:3');
    await world.ticks(4);
    expect(world.weights()).toEqual({ primary: 70, canary: 30 });
    world.change(canaries, 'podinfo', { spec: { skipAnalysis: true } });
    await world.ticks(1);
    expect(world.status().phase).toBe('Succeeded');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
  });
});

describe('a Canary fails', () => {
  it('[canary-12] is rolled back in the tick after the last tolerated failure', async () => {
    const world = await withNewImage({ analysis: { threshold: 2, stepWeight: 10 } });
    await world.ticks(2);
    world.metric(90);
    await world.ticks(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 1 });
    await world.ticks(1);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 2 });
    await world.ticks(1);
    expect(world.events().slice(-2)).toEqual([
      '[W] Rolling back podinfo.default failed checks threshold reached 2',
      '[W] Canary failed! Scaling down podinfo.default',
    ]);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.status()).toMatchObject({ phase: 'Failed', failedChecks: 0 });
    const metrics = await world.metrics();
    expect(metrics).toContain('flagger_canary_status{name="podinfo",namespace="default"} 2');
    expect(metrics).toMatch(/flagger_canary_failures_total\{.*\} 1/);
  });

  it('[canary-12] counts failures together, however many successes lie between them', async () => {
    const world = await withNewImage({ analysis: { threshold: 2, stepWeight: 10 } });
    await world.ticks(2);
    world.metric({ inTurn: [90, 100, 90, 100] });
    await world.ticks(3);
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 2 });
    await world.ticks(1);
    expect(world.status().phase).toBe('Failed');
  });

  it('[canary-15] starts nothing when the old image comes back, and tries again when the failed one does', async () => {
    const world = await withNewImage({ analysis: { threshold: 1, stepWeight: 10 } });
    await world.ticks(2);
    world.metric(90);
    await world.until('Failed');
    const primary = world.deployment('podinfo-primary').metadata.resourceVersion;
    world.setImage('podinfo:1');
    await world.ticks(3);
    expect(world.status().phase).toBe('Failed');
    expect(world.deployment('podinfo-primary').metadata.resourceVersion).toBe(primary);
    world.setImage('podinfo:2');
    await world.ticks(1);
    expect(world.status().phase).toBe('Progressing');
  });

  it('[canary-26] fails at once when the target exceeds its own deadline', async () => {
    const world = await initialised({ deployment: { spec: { progressDeadlineSeconds: 15 } } });
    // A Deployment counts its deadline while it rolls; one that is only scaled up has none of its own.
    world.setImage('podinfo:2');
    await world.ticks(1);
    world.setImage('podinfo:bad');
    await world.until('Failed', 5);
    expect(world.events().at(-2)).toContain('exceeded its progress deadline');
    expect(world.deployment().spec.replicas).toBe(0);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:1');
  });

  it('[canary-27] keeps the healthy canary when the primary breaks while it is promoted', async () => {
    const world = await canaryWorld({
      analysis: { stepWeight: 50, maxWeight: 50 },
      deployment: { spec: { progressDeadlineSeconds: 15 } },
    });
    await world.until('Initialized');
    world.setImage('podinfo:2');
    await world.until('Promoting');
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.until('Failed', 6);
    expect(world.status().canaryWeight).toBe(100);
    expect(world.weights()).toEqual({ primary: 0, canary: 100 });
    expect(world.deployment().spec.replicas).toBe(1);
    expect(world.events().at(-1)).toContain('Promotion of podinfo.default failed, primary not ready: ');
  });

  it.each([
    ['another version', 'podinfo:3'],
    ['the version before', 'podinfo:1'],
  ])('repairs the primary with %s after a failed promotion, and keeps users on what works', async (_name, image) => {
    const world = await canaryWorld({
      analysis: { stepWeight: 50, maxWeight: 50 },
      deployment: { spec: { progressDeadlineSeconds: 15 } },
    });
    await world.until('Initialized');
    world.setImage('podinfo:2');
    await world.until('Promoting');
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.until('Failed', 6);
    world.setImage(image);
    for (let tick = 0; tick < 12 && world.status().phase !== 'Promoting'; tick++) {
      await world.ticks(1);
      expect(world.weights()).toEqual({ primary: 0, canary: 100 });
    }
    await world.until('Succeeded');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe(image);
  });

  it('leads the apex Service to the canary after a failed promotion without a router, until the primary is repaired', async () => {
    const world = await canaryWorld({
      spec: { provider: 'kubernetes' },
      analysis: { iterations: 1 },
      deployment: { spec: { progressDeadlineSeconds: 15 } },
    });
    const apex = (): unknown => world.get(services, 'podinfo')?.['spec'];
    await world.until('Initialized');
    world.setImage('podinfo:2');
    await world.until('Promoting');
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.until('Failed', 6);
    expect(apex()).toMatchObject({ selector: { app: 'podinfo' } });
    await world.ticks(3);
    expect(apex()).toMatchObject({ selector: { app: 'podinfo' } });
    world.setImage('podinfo:3');
    await world.until('Promoting');
    expect(apex()).toMatchObject({ selector: { app: 'podinfo' } });
    await world.until('Succeeded');
    expect(apex()).toMatchObject({ selector: { app: 'podinfo-primary' } });
  });

  it('starts a corrected first version in place of one that never became ready', async () => {
    const world = await canaryWorld({
      deployment: {
        spec: {
          progressDeadlineSeconds: 15,
          template: {
            spec: { containers: [{ name: 'podinfod', image: 'podinfo:bad', ports: [{ containerPort: 9898 }] }] },
          },
        },
      },
    });
    await world.ticks(4);
    expect(world.status().phase).toBe('Initializing');
    expect(world.deployment().spec.replicas).toBe(1);
    world.setImage('podinfo:1');
    await world.until('Initialized', 5);
    expect(world.deployment('podinfo-primary').spec.template.spec.containers[0]?.image).toBe('podinfo:1');
  });

  it('[canary-28] waits while a workload rolls, without counting it', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 10 } });
    await world.ticks(2);
    world.change(deployments, 'podinfo-primary', {
      spec: { replicas: 3, template: { metadata: { annotations: { slow: 'yes' } } } },
    });
    world.setImage('podinfo:bad', 'podinfo-primary');
    await world.ticks(1);
    expect(world.events().at(-1)).toMatch(/^\[W\] podinfo-primary.default not ready: waiting for rollout to finish/);
    expect(world.status()).toMatchObject({ canaryWeight: 10, failedChecks: 0 });
  });
});

describe('a Canary changes while it runs', () => {
  it('[canary-13] starts again from zero on another revision, without asking the start gate', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 10, webhooks: [hook('confirm-rollout', 'gate')] } });
    await world.ticks(2);
    expect(world.weights().canary).toBe(10);
    const asked = world.calls('gate').length;
    world.setImage('podinfo:3');
    await world.ticks(1);
    expect(world.events().at(-1)).toBe('New revision detected! Restarting analysis for podinfo.default');
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.status()).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
    expect(world.calls('gate')).toHaveLength(asked);
  });

  it('[canary-16] goes on when the target is set back to the promoted template', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 10 } });
    await world.ticks(2);
    world.setImage('podinfo:1');
    await world.ticks(1);
    expect(world.events().join()).not.toContain('Restarting');
    expect(world.status()).toMatchObject({ phase: 'Progressing', canaryWeight: 20 });
  });

  it('[canary-37] stands still while suspended, and follows a changed interval within the control loop', async () => {
    const world = await canaryWorld({ analysis: { stepWeight: 10, interval: '60s' } });
    await world.ticks(20);
    world.setImage('podinfo:2');
    await world.ticks(18);
    expect(world.status().canaryWeight).toBe(20);
    world.change(canaries, 'podinfo', { spec: { suspend: true } });
    await world.ticks(18);
    expect(world.status().canaryWeight).toBe(20);
    expect(world.events().slice(-3)).toEqual(
      Array.from({ length: 3 }, () => 'skipping canary run as object is suspended'),
    );
    world.change(canaries, 'podinfo', { spec: { suspend: false } });
    await world.ticks(6);
    expect(world.status().canaryWeight).toBe(30);
    world.change(canaries, 'podinfo', { spec: { analysis: { interval: '30s' } } });
    await world.clock.run(world.clock.elapsed + 1_100);
    expect(world.status().canaryWeight).toBe(40);
    await world.ticks(3);
    expect(world.status().canaryWeight).toBe(50);
  });

  it('[canary-37] does not tick more often than every ten seconds', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 10, interval: '5s' } });
    await world.ticks(3);
    expect(world.status().canaryWeight).toBe(20);
  });

  it('[canary-38] goes on from the weight of the route after a restart of the controller', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 10, webhooks: [hook('pre-rollout', 'before')] } });
    await world.ticks(4);
    expect(world.weights()).toEqual({ primary: 70, canary: 30 });
    const asked = world.calls('before').length;
    await world.restart();
    expect(world.weights()).toEqual({ primary: 60, canary: 40 });
    expect(world.calls('before')).toHaveLength(asked);
  });
});

describe('the canary vanishes while it has traffic', () => {
  it('gives its traffic to the primary when its pods are gone, and begins anew when they are back', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, maxWeight: 60 } });
    await world.ticks(3);
    expect(world.weights()).toEqual({ primary: 60, canary: 40 });
    const pods = world.world.objects
      .list(podsKind, 'default')
      .filter(({ metadata }) => /^podinfo-[^p]/.test(metadata.name));
    for (const { metadata } of pods) world.world.node.setReady({ namespace: 'default', name: metadata.name }, false);
    await world.ticks(1);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.status()).toMatchObject({ phase: 'Progressing', canaryWeight: 0, failedChecks: 0 });
    expect(world.events().at(-1)).toBe('[W] Routing all traffic to primary: podinfo.default has no available pods');
    for (const { metadata } of pods) world.world.node.setReady({ namespace: 'default', name: metadata.name }, true);
    await world.until('Succeeded');
  });

  it('gives its traffic to the primary when the target is deleted', async () => {
    const world = await withNewImage({ analysis: { stepWeight: 20, maxWeight: 60 } });
    await world.ticks(3);
    world.delete(deployments, 'podinfo');
    await world.ticks(1);
    expect(world.weights()).toEqual({ primary: 100, canary: 0 });
    expect(world.events().at(-1)).toContain('deployment podinfo.default get query error');
  });
});
