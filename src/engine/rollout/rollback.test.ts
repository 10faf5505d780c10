import { describe, expect, it } from 'vitest';
import type { RolloutStrategy } from '#api/rollout.ts';
import { parseTime } from '#api/time.ts';
import { annotationKeys, hashLabel, type ReplicaSet } from './replica-sets/replica-set.ts';
import { rollbackOf, type Rollback } from './rollback.ts';

const blueGreen: RolloutStrategy = { blueGreen: { activeService: 'active' } };
const canary: RolloutStrategy = { canary: {} };
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;

/** Made in the minute of its number. */
function replicaSet(number: number, deadline?: string): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${number}`,
      labels: { [hashLabel]: String(number) },
      creationTimestamp: at(number),
      ...(deadline === undefined ? {} : { annotations: { [annotationKeys.scaleDownDeadline]: deadline } }),
    },
    spec: { selector: {}, template: { spec: { containers: [] } } },
  };
}

interface Case {
  readonly sets?: readonly ReplicaSet[];
  /** Number of the ReplicaSet. */
  readonly wanted: number;
  readonly stable: number;
  readonly window?: number;
  readonly strategy?: RolloutStrategy;
}

const four = [1, 2, 3, 4].map((number) => replicaSet(number));

function rollback({ sets = four, wanted, stable, window, strategy = canary }: Case): Rollback {
  const numbered = (number: number): ReplicaSet | undefined =>
    sets.find((set) => set.metadata.name === `web-${number}`);
  return rollbackOf({
    rollout: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'web' },
      spec: { strategy, ...(window === undefined ? {} : { rollbackWindow: { revisions: window } }) },
    },
    newSet: numbered(wanted),
    stableSet: numbered(stable),
    sets,
    now: parseTime(at(30)),
  });
}

const none: Rollback = { isWithinWindow: false, isFast: false };
const fast: Rollback = { isWithinWindow: false, isFast: true };
const withinWindow: Rollback = { isWithinWindow: true, isFast: true };

describe('going back to a version that has run before', () => {
  it.each<[string, Case, Rollback]>([
    ['over one revision, of two [rollout-34]', { wanted: 2, stable: 4, window: 2 }, withinWindow],
    ['over two revisions, of two [rollout-34]', { wanted: 1, stable: 4, window: 2 }, none],
    ['to the one before, of one', { wanted: 3, stable: 4, window: 1 }, withinWindow],
    ['with no window', { wanted: 3, stable: 4 }, none],
    ['with an empty window', { wanted: 3, stable: 4, window: 0 }, none],
    ['forward again', { wanted: 4, stable: 3, window: 2 }, none],
    ['to the stable version itself [rollout-21]', { wanted: 3, stable: 3 }, fast],
    ['from a version that is gone', { wanted: 3, stable: 9, window: 2 }, none],
    ['to a version that has no ReplicaSet yet', { wanted: 9, stable: 4, window: 2 }, none],
  ])('%s', (_, facts, expected) => expect(rollback(facts)).toEqual(expected));

  const lingering = (number: number, deadline: string): readonly ReplicaSet[] =>
    four.map((set) => (set.metadata.name === `web-${number}` ? replicaSet(number, deadline) : set));

  it.each<[string, Case, Rollback]>([
    [
      'whose pods still run [rollout-10]',
      { sets: lingering(3, at(31)), wanted: 3, stable: 4, strategy: blueGreen },
      fast,
    ],
    ['whose delay is over', { sets: lingering(3, at(30)), wanted: 3, stable: 4, strategy: blueGreen }, none],
    ['whose delay nobody can read', { sets: lingering(3, 'soon'), wanted: 3, stable: 4, strategy: blueGreen }, none],
    ['that is younger', { sets: lingering(4, at(31)), wanted: 4, stable: 3, strategy: blueGreen }, none],
    ['of a canary', { sets: lingering(3, at(31)), wanted: 3, stable: 4 }, none],
  ])('%s', (_, facts, expected) => expect(rollback(facts)).toEqual(expected));
});
