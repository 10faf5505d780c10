/** Plays what happens to a Rollout, with its controller killed or disturbed: where the world ends must not depend on that. */
import { expect, it } from 'vitest';
import type { KubeObject } from '#api/kubernetes.ts';
import {
  analysisRuns,
  deployments,
  experiments,
  httpRoutes,
  ingresses,
  replicaSets,
  rollouts,
  services,
} from '#cluster/resource.ts';
import type { RolloutFixture } from '../conformance/rollout-fixture.ts';
import { namespace, type RolloutWorld, rolloutWorld } from '../conformance/rollout-world.ts';
import { type End, killAround, type Played } from './killing.ts';
import type { Begin } from './processes.ts';

export interface RolloutHistory {
  readonly fixture: RolloutFixture;
  /** What happens once the first version is Healthy: each step waits for what it needs, so that it happens in the disturbed runs too. */
  readonly play: (world: RolloutWorld) => Promise<void>;
  /** What the first version has to lead to before that; default nothing but its being Healthy. */
  readonly ready?: (world: RolloutWorld) => boolean;
  /** Begins what disturbs the history from its first version on. */
  readonly disturb?: (world: RolloutWorld) => void;
  /** Whether the first version's writes are killed too; default only those of what follows. */
  readonly fromTheStart?: boolean;
}

/** Longer than any delay of the histories: what still wants to happen, happens meanwhile. */
const afterwards = 120_000;

export async function playRollout(history: RolloutHistory, begin?: Begin): Promise<Played> {
  const { fixture, ready = () => true, play, disturb } = history;
  const world = await rolloutWorld(fixture, begin);
  try {
    await world.promoted('web:1');
    await world.until('ready', () => ready(world));
    // An empty queue of events: the writes of the beginning end here.
    await world.pass(5_000);
    const first = world.writes.length;
    disturb?.(world);
    await play(world);
    world.world.api.intercept(undefined);
    await world.pass(afterwards);
    return {
      end: endOf(world),
      calls: {},
      broken: world.broken,
      first,
      writes: world.writes.length,
      lastWrites: world.writes.map(({ method, path }) => `${method} ${path}`),
    };
  } finally {
    await world.stop();
  }
}

/** Some histories have a hundred writes, and a machine may have other work. */
const timeout = 300_000;

/** A whole object says less than its beginning. */
const longest = 400;

/** One test a history: it must not matter where the controller is killed. */
export function rolloutsKilledEverywhere(histories: Readonly<Record<string, RolloutHistory>>): void {
  it.each(Object.entries(histories))('%s', { timeout }, async (_name, history) => {
    const { kills, differences } = await killAround((begin) => playRollout(history, begin), {
      fromTheStart: history.fromTheStart,
      // Nothing is decided by Events, and whatever is written before and after them has its own turn.
      skip: (write) => write.endsWith('/events'),
    });
    expect(differences.map((difference) => difference.slice(0, longest))).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(10);
  });
}

const kinds = [rollouts, replicaSets, services, httpRoutes, ingresses, deployments, analysisRuns, experiments] as const;

function endOf(world: RolloutWorld): End {
  const entries = kinds.flatMap((resource) =>
    world.world.objects
      .list(resource, namespace)
      .map((object): [string, unknown] => [`${resource.kind} ${object.metadata.name}`, timeless(object)]),
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Fields that say when something happened, or how often it had to be done. */
const timely = new Set([
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'managedFields',
  'generation',
  'observedGeneration',
  'metricResults',
  'runSummary',
  'totalManualPauseDurationSeconds',
  'serin.dev/rollout-version',
  // The old version has that of the change which no process was there to see.
  'rollout.argoproj.io/workload-generation',
]);
/** Of these only counts that they are there. */
const deadlines = new Set(['scale-down-deadline', 'abortedAt', 'restartedAt']);

function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return byType(value) ?? value.map((part) => timeless(part));
  // How many measurements a run has taken follows from the time that it had.
  if (typeof value === 'string') return value.replace(/\d+ of \d+ measurements/, 'n measurements');
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key]) => deadlines.has(key) || !(timely.has(key) || /(?:Time|At)$/.test(key)))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]): [string, unknown] => [key, deadlines.has(key) ? 'some time' : timeless(part)]);
  return Object.fromEntries(kept);
}

/** Conditions come in the order of their last changes: as a map they can be compared one by one. */
function byType(parts: readonly unknown[]): unknown {
  const typed = parts.map((part) => [(part as KubeObject | null)?.['type'], part] as const); // whatever it is
  if (typed.length === 0 || typed.some(([type]) => typeof type !== 'string')) return undefined;
  return timeless(Object.fromEntries(typed));
}
