/** What the tables of crash tests share: how they are run, and what most of their histories do. */
import { expect, it } from 'vitest';
import type { FaultFixture, FaultWorld } from './fault-world.ts';
import { type History, killEverywhere } from './killing.ts';

/** Serin's own default; the other histories do without it, as the original. */
export const drained = { flags: ['-traffic-drain=5s'] } satisfies FaultFixture;

export async function promoted(world: FaultWorld): Promise<void> {
  world.setImage('podinfo:2');
  await world.phase('Succeeded');
}

/** The metric turns bad as soon as the run is under way. */
export async function failedByMetric(world: FaultWorld): Promise<void> {
  world.setImage('podinfo:2');
  await world.until('under way', () => (world.weights()?.canary ?? 0) > 0);
  world.metric(50);
  await world.phase('Failed');
}

/** A whole HTTPRoute says less than its beginning. */
const longest = 400;

/** One test a history: it must not matter where the controller is killed. */
export function killedEverywhere(histories: Readonly<Record<string, History>>): void {
  it.each(Object.entries(histories))('%s', async (_name, history) => {
    const { kills, differences } = await killEverywhere(history);
    expect(differences.map((difference) => difference.slice(0, longest))).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(10);
  });
}
