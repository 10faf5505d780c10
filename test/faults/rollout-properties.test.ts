/** What must be true of every Rollout, whatever its spec, its pods, its users, other writers and the cluster do. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { playRandomRollout, randomRollouts } from './random-rollout.ts';

/** Printed by fast-check when a history fails: `FAULTS_SEED=… npx vitest run --project faults` plays the same ones again. */
const seed = Number(process.env['FAULTS_SEED'] ?? 20_261);
const runs = Number(process.env['FAULTS_RUNS'] ?? 40);

/** Seeds that once found a bug, and how far they must go for it. */
const regressions = [
  [3, 30],
  [21, 50],
] as const;

describe('a random history of a Rollout', () => {
  it(`breaks no promise and comes to an end (seed ${seed})`, async () => {
    const holds = fc.asyncProperty(randomRollouts, async (random) => {
      expect((await playRandomRollout(random)).broken).toEqual([]);
    });
    await fc.assert(holds, { seed, numRuns: runs, endOnFailure: process.env['FAULTS_SHRINK'] === undefined });
  });

  it('is the same, byte for byte, when it is played again', async () => {
    const repeats = fc.asyncProperty(randomRollouts, async (random) => {
      expect((await playRandomRollout(random)).history).toBe((await playRandomRollout(random)).history);
    });
    await fc.assert(repeats, { seed, numRuns: 4, endOnFailure: true });
  });

  it.each(regressions)('of seed %d holds', async (kept, numRuns) => {
    const holds = fc.asyncProperty(randomRollouts, async (random) => {
      expect((await playRandomRollout(random)).broken).toEqual([]);
    });
    await fc.assert(holds, { seed: kept, numRuns, endOnFailure: true });
  });
});
