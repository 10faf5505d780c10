/** What `get rollout` prints, byte for byte as people have seen it from the original in walk-throughs. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain } from './paint.ts';
import { rolloutInfo } from './rollout-info.ts';
import { rolloutText } from './rollout-text.ts';
import { seedBelongings, seedRollout } from './seeds/seed-objects.ts';
import { type SeedState, seedStates } from './seeds/states.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const folder = path.join(import.meta.dirname, 'seeds');

const printed = (state: SeedState): string =>
  rolloutText(rolloutInfo(seedRollout(state, now), seedBelongings(state, now)), { paint: plain, now });

describe('[cli-1] [cli-3] [cli-4] [cli-6] the tree of a Rollout', () => {
  it.each(Object.entries(seedStates))('is printed as in the walk-through %s', (id, state) => {
    expect(printed(state)).toBe(readFileSync(path.join(folder, `${id}.txt`), 'utf8'));
  });

  it('was compared with every output that stands there', () => {
    const outputs = readdirSync(folder).filter((name) => name.endsWith('.txt'));
    expect(outputs.map((name) => name.replace('.txt', ''))).toEqual(Object.keys(seedStates).toSorted());
  });
});
