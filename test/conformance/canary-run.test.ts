/** Acceptance scenarios of a Canary's run: initialisation, steps, promotion, rollback, restart. */
import { afterEach, describe, expect, it } from 'vitest';
import { services } from '#cluster/resource.ts';
import { canaryWorld, type CanaryWorld, type Fixture } from './canary-world.ts';

let running: CanaryWorld | undefined;
afterEach(() => running?.stop());

async function start(fixture?: Fixture): Promise<CanaryWorld> {
  running = await canaryWorld(fixture);
  return running;
}

describe('a Canary is initialised', () => {
  it('[canary-1] makes services and primary, and waits for the primary', async () => {
    const world = await start();
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
    const world = await start();
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
    const world = await start();
    await world.until('Initialized');
    const said = world.events().length;
    const writes: string[] = [];
    world.world.objects.subscribe(({ resource, object }) => writes.push(`${resource.kind} ${object.metadata.name}`));
    await world.ticks(3);
    expect(writes).toEqual([]);
    expect(world.events()).toHaveLength(said);
    expect(await world.metrics()).toContain('flagger_canary_status{name="podinfo",namespace="default"} 1');
  });
});
