import { describe, expect, it } from 'vitest';
import { daemonSets } from '#cluster/resource.ts';

import { podTemplate, testWorld, type TestWorld, web } from '../test-world.ts';

async function running(spec: Readonly<Record<string, unknown>> = {}): Promise<TestWorld> {
  const world = testWorld();
  const selector = { matchLabels: { app: 'web' } };
  world.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { ...web },
      spec: { selector, template: podTemplate('web:1'), ...spec },
    },
    daemonSets,
  );
  await world.pass(1000);
  return world;
}

const images = (world: TestWorld): string[] => world.pods().map((pod) => Object(pod['spec']).containers[0].image);

describe('a DaemonSet', () => {
  it('has one Pod on the node', async () => {
    const world = await running();
    expect(world.status(daemonSets, web)).toEqual({
      currentNumberScheduled: 1,
      desiredNumberScheduled: 1,
      numberMisscheduled: 0,
      numberReady: 1,
      numberAvailable: 1,
      updatedNumberScheduled: 1,
      observedGeneration: 1,
    });
  });

  it('has none where its nodeSelector does not match', async () => {
    const world = await running();
    const template = Object(podTemplate('web:1'));
    const spec = { ...template.spec, nodeSelector: { 'flagger.app/scale-to-zero': 'true' } };
    world.edit(daemonSets, web, { template: { ...template, spec } });
    await world.pass(1000);
    expect(world.pods()).toEqual([]);
    expect(world.status(daemonSets, web)).toEqual({
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
      observedGeneration: 2,
    });
  });

  it('replaces its Pod when the template changes', async () => {
    const world = await running();
    world.edit(daemonSets, web, { template: podTemplate('web:bad') });
    await world.pass(1000);
    expect(images(world)).toEqual(['web:bad']);
    expect(world.status(daemonSets, web)).toMatchObject({
      updatedNumberScheduled: 1,
      numberReady: 0,
      numberUnavailable: 1,
    });
  });

  it('keeps the old Pod until the new one is available when it may surge', async () => {
    const world = await running({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    world.edit(daemonSets, web, { template: podTemplate('web:slow') });
    await world.pass(7000);
    expect(images(world).sort()).toEqual(['web:1', 'web:slow']);
    expect(world.status(daemonSets, web)).toMatchObject({ numberReady: 1 });
    await world.pass(2000);
    expect(images(world)).toEqual(['web:slow']);
  });

  it('leaves its Pod alone with OnDelete', async () => {
    const world = await running({ updateStrategy: { type: 'OnDelete' } });
    world.edit(daemonSets, web, { template: podTemplate('web:2') });
    await world.pass(1000);
    expect(images(world)).toEqual(['web:1']);
    expect(world.status(daemonSets, web)).not.toHaveProperty('updatedNumberScheduled');
  });
});
