/** Passes that end with an error that nobody foresaw: the user of the Canary is told, not only who reads the log. */
import { afterEach, expect, it } from 'vitest';
import { canaries, metricTemplates } from '#cluster/resource.ts';
import { canaryWorld, type CanaryWorld } from './canary-world.ts';

let running: CanaryWorld | undefined;
afterEach(() => running?.stop());

it('says on every tick that a pass failed, moves no traffic, and goes on once it can', async () => {
  running = await canaryWorld();
  const world = running;
  await world.until('Initialized');
  world.setImage('podinfo:2');
  await world.ticks(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  const provider = { type: 'prometheus', address: 'http://metrics.sandbox', secretRef: { name: 'not/a/name' } };
  world.create(metricTemplates, {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'MetricTemplate',
    metadata: { name: 'm', namespace: 'default' },
    spec: { provider, query: 'sum(x{status!~"5.*"})' },
  });
  const byTemplate = { name: 'm', templateRef: { name: 'm' }, thresholdRange: { min: 99 } };
  world.change(canaries, 'podinfo', { spec: { analysis: { metrics: [byTemplate] } } });
  await world.ticks(3);
  const told = world.events().filter((text) => text.startsWith('[W] A pass failed: Cannot address "not/a/name"'));
  expect(told).toHaveLength(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  world.change(canaries, 'podinfo', { spec: { analysis: { metrics: [] } } });
  await world.until('Succeeded');
});
