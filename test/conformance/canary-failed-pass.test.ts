/** Passes that end with an error that nobody foresaw: the user of the Canary is told, not only who reads the log. */
import { afterEach, expect, it } from 'vitest';
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
  const repaired = world.http.register('metrics.sandbox:80', () => {
    throw new RangeError('nobody foresaw this');
  });
  await world.ticks(3);
  const told = world.events().filter((text) => text.startsWith('[W] A pass failed: nobody foresaw this'));
  expect(told).toHaveLength(3);
  expect(world.weights()).toEqual({ primary: 80, canary: 20 });
  repaired();
  await world.until('Succeeded');
});
