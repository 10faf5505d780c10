import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approximateSplit, moveTowards, type Pods, type Sizes } from './basic-size.ts';

const split = (replicas: number, weight: number, surge: number): Sizes =>
  approximateSplit({ replicas, weight, maxWeight: 100, surge });

const rows = (table: string): number[][] =>
  table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/[ /]+/).map(Number));

describe('the split of pods by weight [rollout-16]', () => {
  it.each(
    rows(`
      1 1 0 0/1
      1 50 0 1/0
      1 1 1 1/1
      1 50 1 1/1
      1 99 1 1/1
      2 1 0 1/1
      2 1 1 1/2
      2 99 0 1/1
      2 99 1 2/1
      3 10 0 1/2
      3 10 1 1/3
      3 50 0 2/1
      3 50 1 2/2
      3 33 1 1/2
      5 20 0 1/4
      5 20 1 1/4
      5 20 2 1/4
      5 50 0 3/2
      5 50 1 3/3
      5 80 0 4/1
      5 80 1 4/1
      10 14 0 1/9
      10 15 0 2/8
      10 1 1 1/10
      10 24 1 3/8
      10 25 1 3/8
      10 99 0 9/1
      10 99 1 10/1
      10 18 1 2/9
      10 20 1 2/8
      7 0 0 0/7
      7 0 2 0/7
      1 0 1 0/1
      7 100 0 7/0
      7 100 2 7/0
      1 100 1 1/0
      0 50 1 0/0`),
  )('of %i replicas at %i with a surge of %i is %i/%i', (replicas, weight, surge, canary, stable) => {
    expect(split(replicas ?? 0, weight ?? 0, surge ?? 0)).toEqual({ canary, stable });
  });

  it('reckons with another maximum', () => {
    expect(approximateSplit({ replicas: 5, weight: 200, maxWeight: 1000, surge: 0 })).toEqual({ canary: 1, stable: 4 });
  });

  it('never has more than one pod too many, and gives each side a pod where it may', () => {
    const facts = fc.record({
      replicas: fc.nat({ max: 60 }),
      maxWeight: fc.constantFrom(100, 1000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      surge: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(facts, ({ replicas, maxWeight, share, surge }) => {
        const weight = Math.round(share * maxWeight);
        const { canary, stable } = approximateSplit({ replicas, weight, maxWeight, surge });
        expect(canary + stable).toBeGreaterThanOrEqual(replicas);
        expect(canary + stable).toBeLessThanOrEqual(replicas + Math.min(surge, 1));
        expect(Math.min(canary, stable)).toBeGreaterThanOrEqual(0);
        const isShared = weight > 0 && weight < maxWeight && replicas > 0 && replicas + surge > 1;
        expect(!isShared || Math.min(canary, stable) > 0).toBe(true);
      }),
    );
  });
});

/** Replicas, weight, surge, unavailable; stable and canary as size/available; size of the others; then stable and canary. */
const moves = `
  10 20 2 0 10/10 0/0 0 10 2
  10 20 2 0 10/10 2/2 0 8 2
  10 30 2 0 10/10 0/0 0 10 2
  10 20 0 2 10/10 0/0 0 8 0
  10 50 2 1 10/10 0/0 0 9 2
  10 5 0 1 10/10 0/0 0 9 0
  10 5 0 1 9/9 0/0 0 9 1
  10 30 1 0 1/1 0/0 3 7 1
  10 30 0 3 8/5 4/4 0 7 3
  10 100 1 0 10/2 10/8 0 2 9
  10 100 3 0 7/8 6/3 0 7 6
  10 30 0 1 8/6 4/2 3 8 4
  1 49 0 1 1/1 0/0 0 1 0
  1 51 0 1 1/1 0/0 0 0 0
  1 51 0 1 0/0 0/0 0 0 1
  4 100 1 0 4/1 0/0 0 4 1
  4 100 1 0 4/1 1/1 0 3 1
  3 99 0 2 3/3 0/0 0 1 0
  3 99 0 2 1/1 0/0 0 1 2
  4 0 1 0 0/0 4/4 0 1 4
  4 0 1 0 1/0 4/4 0 1 4
  4 0 1 0 1/1 4/4 0 1 3
  4 100 4 4 4/4 0/0 0 0 4
  4 100 3 0 4/4 0/0 0 4 3`;

describe('one move towards the split [rollout-16]', () => {
  it.each(rows(moves))(
    'of %i replicas at %i, surge %i, unavailable %i, from stable %i (%i) and canary %i (%i), others %i: to %i and %i',
    (...row) => {
      const [replicas = 0, weight = 0, surge = 0, unavailable = 0, ss = 0, sa = 0, cs = 0, ca = 0, others = 0] = row;
      const wanted = split(replicas, weight, surge);
      const canary = { size: cs, available: ca };
      const stable = { size: ss, available: sa };
      const sizes = moveTowards({ replicas, surge, unavailable }, wanted, canary, stable, others);
      expect([sizes.stable, sizes.canary]).toEqual(row.slice(9));
    },
  );

  /** Replicas with a surge or a tolerance: with neither, nothing could move. */
  const bounds = fc
    .record({ replicas: fc.integer({ min: 1, max: 20 }), surge: fc.nat({ max: 20 }), unavailable: fc.nat({ max: 20 }) })
    .map(({ replicas, surge, unavailable }) => ({
      replicas,
      surge,
      unavailable: surge === 0 ? Math.min(replicas, unavailable + 1) : Math.min(replicas, unavailable),
    }));
  const healthy = (size: number): Pods => ({ size, available: size });

  it('reaches every split within the limits when pods become available', () => {
    fc.assert(
      fc.property(bounds, fc.nat({ max: 100 }), fc.nat({ max: 100 }), (limits, from, to) => {
        const at = (weight: number): Sizes => split(limits.replicas, weight, limits.surge);
        const wanted = at(to);
        let now = at(from);
        for (let move = 0; move < 200 && !(now.canary === wanted.canary && now.stable === wanted.stable); move++) {
          const next = moveTowards(limits, wanted, healthy(now.canary), healthy(now.stable), 0);
          // One side a pass: stable first.
          now = next.stable === now.stable ? next : { canary: now.canary, stable: next.stable };
          expect(now.canary + now.stable).toBeLessThanOrEqual(limits.replicas + limits.surge);
          expect(now.canary + now.stable).toBeGreaterThanOrEqual(limits.replicas - limits.unavailable);
        }
        expect(now).toEqual(wanted);
      }),
    );
  });

  it('keeps to the limits while the weight changes and pods take their time, and gets there in the end', () => {
    const event = fc.oneof(
      fc.record({ weight: fc.nat({ max: 100 }) }),
      fc.record({ canaryReady: fc.nat({ max: 5 }), stableReady: fc.nat({ max: 5 }) }),
    );
    const run = fc.tuple(bounds, fc.nat({ max: 100 }), fc.array(event, { maxLength: 30 }), fc.nat({ max: 100 }));
    fc.assert(
      fc.property(run, ([limits, from, events, to]) => {
        const at = (weight: number): Sizes => split(limits.replicas, weight, limits.surge);
        const { replicas, surge, unavailable } = limits;
        const ready = { canaryReady: 20, stableReady: 20 };
        const ending = [{ weight: to }, ...Array.from({ length: 200 }, () => ready)];
        let wanted = at(from);
        let now = { canary: healthy(wanted.canary), stable: healthy(wanted.stable) };
        for (const event of [...events, ...ending]) {
          if ('weight' in event) wanted = at(event.weight);
          else now = grownUp(now, event.canaryReady, event.stableReady);
          const before = now;
          now = moved(now, moveTowards(limits, wanted, now.canary, now.stable, 0));
          expect(now.canary.size + now.stable.size).toBeLessThanOrEqual(replicas + surge);
          expect(availableOf(now)).toBeGreaterThanOrEqual(Math.min(availableOf(before), replicas - unavailable));
        }
        expect({ canary: now.canary.size, stable: now.stable.size }).toEqual(wanted);
      }),
    );
  });

  it('never grows beyond the limit, whatever is available', () => {
    const pods = fc
      .tuple(fc.nat({ max: 25 }), fc.nat({ max: 25 }))
      .map(([size, available]) => ({ size, available: Math.min(size, available) }));
    const facts = fc.tuple(bounds, fc.nat({ max: 100 }), pods, pods, fc.nat({ max: 10 }));
    fc.assert(
      fc.property(facts, ([limits, weight, canary, stable, others]) => {
        const wanted = split(limits.replicas, weight, limits.surge);
        const next = moveTowards(limits, wanted, canary, stable, others);
        const before = canary.size + stable.size;
        expect(next.canary + next.stable + others).toBeLessThanOrEqual(
          Math.max(limits.replicas + limits.surge, before + others),
        );
        expect(Math.min(next.canary, next.stable)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('five replicas with the default limits [rollout-15]', () => {
  const limits = { replicas: 5, surge: 2, unavailable: 1 };
  const start: World = { canary: { size: 0, available: 0 }, stable: { size: 5, available: 5 } };

  /** Moves until nothing is left to do for the pods that are available; says each change of a size. */
  function* movesTo(wanted: Sizes, from: World): Generator<string, World> {
    for (let now = from; ;) {
      const next = moved(now, moveTowards(limits, wanted, now.canary, now.stable, 0));
      if (next.stable.size !== now.stable.size) yield `stable ${now.stable.size} to ${next.stable.size}`;
      else if (next.canary.size !== now.canary.size) yield `canary ${now.canary.size} to ${next.canary.size}`;
      else return now;
      now = next;
    }
  }

  function* play(weights: readonly number[], from: World): Generator<string, World> {
    let now = from;
    for (const weight of weights)
      for (let isMoving = true; isMoving;) {
        const before = now;
        now = yield* movesTo(split(limits.replicas, weight, limits.surge), now);
        isMoving = now !== before;
        if (isMoving) yield 'available';
        now = isMoving ? grownUp(now, 5, 5) : now;
      }
    return now;
  }

  it('go over 20 and 80 to 100', () => {
    expect([...play([20, 80, 100], start)].join(', ')).toBe(
      'stable 5 to 4, canary 0 to 1, available, ' +
        'stable 4 to 3, canary 1 to 4, available, stable 3 to 1, available, ' +
        'stable 1 to 0, canary 4 to 5, available',
    );
  });

  it('come back from 80 without losing more than one pod', () => {
    const from = { canary: { size: 4, available: 4 }, stable: { size: 1, available: 1 } };
    expect([...play([0], from)].join(', ')).toBe(
      'stable 1 to 3, canary 4 to 3, stable 3 to 4, available, canary 3 to 0, stable 4 to 5, available',
    );
  });
});

interface World {
  readonly canary: Pods;
  readonly stable: Pods;
}

const availableOf = ({ canary, stable }: World): number => canary.available + stable.available;

/** Some of the new pods have become available. */
function grownUp({ canary, stable }: World, canaryReady: number, stableReady: number): World {
  const ready = ({ size, available }: Pods, more: number): Pods => ({
    size,
    available: Math.min(size, available + more),
  });
  return { canary: ready(canary, canaryReady), stable: ready(stable, stableReady) };
}

/** One side a pass, stable first. Pods that are not available go first, as the ReplicaSet controller has it. */
function moved({ canary, stable }: World, next: Sizes): World {
  const sized = ({ available }: Pods, size: number): Pods => ({ size, available: Math.min(available, size) });
  return next.stable === stable.size
    ? { canary: sized(canary, next.canary), stable }
    : { canary, stable: sized(stable, next.stable) };
}
