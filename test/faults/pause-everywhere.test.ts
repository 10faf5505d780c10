/** Two processes share the work, and the one that works on the Canary is paused around every single write: the other one ends the run as it would have. */
import { describe, expect, it } from 'vitest';
import { hook } from './fault-world.ts';
import { drained, failedByMetric, promoted } from './histories.ts';
import { compare, type History, playHistory } from './killing.ts';
import { leaseDuration, type PauseOf, twoSharing } from './sharing-processes.ts';

/** Goes on while it still holds its shards, just after it has lost them, and when the run is over. */
const lengths = [leaseDuration / 3, leaseDuration + 4_000, undefined];

async function pauseEverywhere(history: History): Promise<{ pauses: number; differences: readonly string[] }> {
  const undisturbed = await playHistory(history, twoSharing());
  const differences: string[] = undisturbed.broken.map((problem) => `undisturbed: ${problem}`);
  let pauses = 0;
  for (let write = undisturbed.first + 1; write <= undisturbed.writes; write++)
    for (const [index, when] of (['before', 'looked', 'after'] as const).entries()) {
      // Each length with each of the three, in turn.
      const length = lengths[(write + index) % lengths.length];
      pauses += 1;
      const pause: PauseOf = { write, when, ...(length === undefined ? {} : { length }) };
      const paused = await playHistory(history, twoSharing(pause)).catch((error: Error) => error.message);
      const found = typeof paused === 'string' ? [paused] : compare(undisturbed, paused);
      const about = `paused ${when} write ${write} for ${length} ms, ${undisturbed.lastWrites[write - 1]}`;
      differences.push(...found.map((what) => `${about}: ${what}`));
    }
  return { pauses, differences };
}

const hooks = ['confirm-rollout', 'pre-rollout', 'rollout', 'confirm-promotion', 'post-rollout'];

const histories: Readonly<Record<string, History>> = {
  'a promotion': {
    fixture: { analysis: { stepWeight: 50, webhooks: hooks.map((type) => hook(type)) }, ...drained },
    play: promoted,
  },
  'a rollback': {
    fixture: { analysis: { stepWeight: 20, threshold: 2, webhooks: [hook('post-rollout')] }, ...drained },
    play: failedByMetric,
  },
  'a test by iterations': {
    fixture: { analysis: { iterations: 2, stepWeightPromotion: 50 } },
    play: promoted,
  },
};

describe('a paused process changes nothing after it has lost its shards, and ends', () => {
  it.each(Object.entries(histories))('in %s', async (_name, history) => {
    const { pauses, differences } = await pauseEverywhere(history);
    expect(differences.map((difference) => difference.slice(0, 400))).toEqual([]);
    expect(pauses).toBeGreaterThanOrEqual(30);
  });
});
