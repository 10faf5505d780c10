/** What must be true of every Canary, whatever its spec, its metrics, its users and the cluster do. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { playRandom, randomHistories } from './random-history.ts';

/** Printed by fast-check when a history fails: `FAULTS_SEED=… npx vitest run --project faults` plays the same ones again. */
const seed = Number(process.env['FAULTS_SEED'] ?? 20_260);
const runs = Number(process.env['FAULTS_RUNS'] ?? 25);

/** Seeds that once found a bug. */
const regressions: readonly number[] = [1, 77];

describe('a random history', () => {
  it(`breaks no promise and comes to an end (seed ${seed})`, async () => {
    const holds = fc.asyncProperty(randomHistories, async (random) => {
      expect((await playRandom(random)).broken).toEqual([]);
    });
    await fc.assert(holds, { seed, numRuns: runs, endOnFailure: process.env['FAULTS_SHRINK'] === undefined });
  });

  it('is the same, byte for byte, when it is played again', async () => {
    const repeats = fc.asyncProperty(randomHistories, async (random) => {
      expect((await playRandom(random)).history).toBe((await playRandom(random)).history);
    });
    await fc.assert(repeats, { seed, numRuns: 4, endOnFailure: true });
  });

  it.each(regressions)('of seed %d holds', async (kept) => {
    const holds = fc.asyncProperty(randomHistories, async (random) => {
      expect((await playRandom(random)).broken).toEqual([]);
    });
    await fc.assert(holds, { seed: kept, numRuns: 18, endOnFailure: true });
  });
});
