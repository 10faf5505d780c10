/** Plays a history once undisturbed, then once for every write with the controller killed there, and compares where the world ends. */
import {
  canaries,
  configMaps,
  daemonSets,
  deployments,
  horizontalPodAutoscalers,
  httpRoutes,
  secrets,
  services,
} from '#cluster/resource.ts';
import { type FaultFixture, type FaultWorld, faultWorld } from './fault-world.ts';
import type { Kill } from './mortal-process.ts';
import { type Begin, oneMortal } from './processes.ts';

export interface History {
  readonly fixture: FaultFixture;
  /** What happens to the Canary: each step waits for what it needs, so that it happens in the disturbed runs too. */
  readonly play: (world: FaultWorld) => Promise<void>;
  /** Begins what disturbs the history from its first version on. */
  readonly disturb?: (world: FaultWorld) => void;
  /** Whether the first version's writes are killed too; default only those of what follows. */
  readonly fromTheStart?: boolean;
}

export interface Played {
  readonly end: End;
  readonly calls: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
  /** Writes before the play began, and in all. */
  readonly first: number;
  readonly writes: number;
  readonly lastWrites: readonly string[];
}

/** Every object that users see, by kind and name, less what says when and how often. */
export type End = Readonly<Record<string, unknown>>;

/** What a killed run did otherwise than the undisturbed one. */
export interface Difference {
  readonly kill: Kill;
  readonly write: string;
  readonly what: string;
}

/** Quiet ticks at the end: what still wants to happen, happens in them. */
const afterwards = 4;

export async function playHistory({ fixture, play, disturb }: History, begin?: Begin): Promise<Played> {
  const world = await faultWorld(fixture, begin);
  try {
    await world.phase('Initialized');
    // An empty queue of events: the writes of the beginning end here.
    await world.pass(3_000);
    const first = world.writes.length;
    disturb?.(world);
    await play(world);
    world.world.api.intercept(undefined);
    world.resume();
    await world.ticks(afterwards);
    const calls: Record<string, number> = {};
    for (const { path } of world.calls()) calls[path] = (calls[path] ?? 0) + 1;
    return {
      end: endOf(world),
      calls,
      broken: world.broken,
      first,
      writes: world.writes.length,
      lastWrites: world.writes.map(({ method, path }) => `${method} ${path}`),
    };
  } finally {
    await world.stop();
  }
}

/** Downtimes in turn: shorter than a tick, and longer than some. */
const downtimes = [500, 4_000, 23_000];

export interface Kills {
  readonly kills: number;
  readonly differences: readonly string[];
}

/** Kills the controller before and after every write of the history; answers what then came out otherwise. */
export function killEverywhere(history: History): Promise<Kills> {
  return killAround((begin) => playHistory(history, begin), history);
}

export interface KillOptions {
  readonly fromTheStart?: boolean | undefined;
  /** Writes, as method and path, at which it is not worth the time. */
  readonly skip?: (write: string) => boolean;
}

/** As `killEverywhere`, for whatever is played. */
export async function killAround(
  play: (begin?: Begin) => Promise<Played>,
  { fromTheStart = false, skip = () => false }: KillOptions = {},
): Promise<Kills> {
  const undisturbed = await play();
  const differences: string[] = undisturbed.broken.map((problem) => `undisturbed: ${problem}`);
  let kills = 0;
  for (let write = fromTheStart ? 1 : undisturbed.first + 1; write <= undisturbed.writes; write++) {
    if (skip(undisturbed.lastWrites[write - 1] ?? '')) continue;
    for (const when of ['before', 'after'] as const) {
      const kill: Kill = { write, when, downtime: downtimes[kills % downtimes.length] ?? 0 };
      kills += 1;
      const about = `killed ${when} write ${write}, ${undisturbed.lastWrites[write - 1]}`;
      const killed = await play(oneMortal(kill)).catch((error: unknown) => error);
      const found = killed instanceof Error ? [killed.message] : compare(undisturbed, killed as Played); // as it is no error
      differences.push(...found.map((what) => `${about}: ${what}`));
    }
  }
  return { kills, differences };
}

/** A hook whose answer was on its way when the process died is asked again; what follows a run is told at most once. */
function atMostOnceMore(path: string, undisturbed: number): number {
  return path === 'post-rollout' ? undisturbed : undisturbed + 1;
}

/** What `killed` did otherwise than `undisturbed`, and what it never should have done. */
export function compare(undisturbed: Played, killed: Played): string[] {
  const names = new Set([...Object.keys(undisturbed.end), ...Object.keys(killed.end)]);
  const objects = [...names].flatMap((name) => differencesOf(name, undisturbed.end[name], killed.end[name]));
  const hooks = Object.entries(killed.calls).flatMap(([path, count]) => {
    const most = atMostOnceMore(path, undisturbed.calls[path] ?? 0);
    return count > most ? [`hook ${path} was called ${count} times, at most ${most} are right`] : [];
  });
  return [...killed.broken, ...objects, ...hooks];
}

function differencesOf(path: string, wanted: unknown, found: unknown): string[] {
  if (JSON.stringify(wanted) === JSON.stringify(found)) return [];
  if (!isMap(wanted) || !isMap(found)) return [`${path} is ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`];
  const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  return [...keys].flatMap((key) => differencesOf(`${path}.${key}`, wanted[key], found[key]));
}

const kinds = [
  canaries,
  deployments,
  daemonSets,
  services,
  httpRoutes,
  horizontalPodAutoscalers,
  configMaps,
  secrets,
] as const;

function endOf({ world }: FaultWorld): End {
  const named = cookieNames();
  const entries = kinds.flatMap((resource) =>
    world.objects
      .list(resource, 'default')
      .map((object): [string, unknown] => [`${resource.kind} ${object.metadata.name}`, timeless(object, named)]),
  );
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Fields that say when something happened, how often it had to be done, or what chance made of it. */
const timely = new Set([
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'managedFields',
  'generation',
  'observedGeneration',
  'flagger-id',
  'deployment.kubernetes.io/revision',
  'deprecated.daemonset.template.generation',
  'decisions',
  'since',
]);

/** Gives the values of session cookies, which chance makes, the same names in every run: equal ones stay equal, others stay others. */
function cookieNames(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) =>
    text.replace(/(?<==|\.\*)[a-zA-Z]{10}(?=;|\.\*$|$)/g, (value) => {
      const name = known.get(value) ?? `COOKIE${known.size + 1}`;
      known.set(value, name);
      return name;
    });
}

function timeless(value: unknown, named: (text: string) => string): unknown {
  if (typeof value === 'string') return named(value);
  if (Array.isArray(value)) return value.map((part) => timeless(part, named));
  if (!isMap(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => !timely.has(key) && !key.endsWith('Time'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    // The message of a Deployment's condition names its ReplicaSet, whose hash follows from the id of the promotion.
    .map(([key, part]): [string, unknown] => [
      key,
      key === 'message' ? String(part).replace(/podinfo-[\w-]*[0-9a-f]{8,10}\b/g, 'RS') : timeless(part, named),
    ]);
  return Object.fromEntries(kept);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
