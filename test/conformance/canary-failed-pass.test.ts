/** Passes that end with an error that nobody foresaw: the user of the Canary is told, not only who reads the log. */
import { expect, it } from 'vitest';
import { withNewImage } from './canary-world.ts';

it('says on every tick that a pass failed, moves no traffic, and goes on once it can', async () => {
  const world = await withNewImage();
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
