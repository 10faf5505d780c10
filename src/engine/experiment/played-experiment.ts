/** Plays an Experiment in tests: a small world in which pods come up at once, and runs end as they are told. */
import type { AnalysisRun } from '#api/analysis-run.ts';
import type { AnalysisTemplate } from '#api/analysis-template.ts';
import type { Experiment, ExperimentSpec, ExperimentStatus, ExperimentTemplate } from '#api/experiment.ts';
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { sizeOf } from '../rollout/replica-sets/replica-set.ts';
import type { ReplicaSet } from '../rollout/replica-sets/replica-set.ts';
import type { Effect } from './effects.ts';
import { reconcileExperiment } from './pass.ts';

/** 2026-08-01T10:00:00Z. */
export const start = 1_785_578_400_000;

export interface World {
  readonly sets: Map<string, ReplicaSet>;
  readonly services: Map<string, KubeObject>;
  readonly runs: Map<string, AnalysisRun>;
}

export interface Player {
  readonly templates?: readonly AnalysisTemplate[];
  /** What there is before. */
  readonly world?: Partial<World>;
  /** Images whose pods never become available. */
  readonly bad?: readonly string[];
  /** Phase and message of a run so many seconds after its making; a terminated one is Successful unless this says otherwise. */
  readonly run?: (run: AnalysisRun, seconds: number) => AnalysisRun['status'];
  readonly edit?: (experiment: Experiment, seconds: number) => Experiment;
  /** What the API server says to an effect, in place of doing it. */
  readonly refuse?: (effect: Effect) => string | undefined;
  readonly until?: number;
  /** After so many effects, status writes among them, the process dies before it can do anything else. */
  readonly crashAfter?: number;
}

export interface Played {
  readonly status: ExperimentStatus;
  /** `second: what`, of changes of the world and events. */
  readonly log: readonly string[];
  readonly world: World;
}

export const aTemplate = (name: string, more: Partial<ExperimentTemplate> = {}): ExperimentTemplate => ({
  name,
  selector: { matchLabels: { app: name } },
  template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: `web:${name}` }] } },
  ...more,
});

export const anExperiment = (spec: ExperimentSpec): Experiment => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Experiment',
  metadata: { name: 'exp', namespace: 'test', uid: 'uid-exp' },
  spec,
});

/** An AnalysisTemplate that takes one argument. */
export const check: AnalysisTemplate = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'check' },
  spec: { metrics: [{ name: 'm', provider: { web: { url: 'http://stub' } } }], args: [{ name: 'hash', value: '' }] },
};
/** A run of that age ends so; before that it runs until it is terminated. */
export const after =
  (seconds: number, phase: 'Successful' | 'Failed' | 'Inconclusive', message?: string) =>
  (run: AnalysisRun, age: number) =>
    age >= seconds
      ? { phase, ...(message === undefined ? {} : { message }) }
      : run.spec.terminate === true
        ? undefined
        : { phase: 'Running' as const };

/** A second at a time, as many passes as each of them wants. */
export function play(spec: ExperimentSpec, player: Player): Played {
  const world: World = {
    sets: new Map(player.world?.sets),
    services: new Map(player.world?.services),
    runs: new Map(player.world?.runs),
  };
  const log: string[] = [];
  const begun = new Map<string, number>();
  const countdown = { effects: player.crashAfter ?? Number.POSITIVE_INFINITY };
  let experiment = anExperiment(spec);
  for (let seconds = 0; seconds <= (player.until ?? 100); seconds++) {
    const now = start + seconds * 1000;
    experiment = player.edit?.(experiment, seconds) ?? experiment;
    settle(world, player, begun, seconds);
    for (let again = true, passes = 0; again; passes++) {
      if (passes > 20) throw new Error(`a pass wants another one for ever at ${seconds} s`);
      const outcome = pass(experiment, world, player, now, (line) => log.push(`${seconds}: ${line}`), begun, countdown);
      if (outcome === 'crashed') continue;
      for (const event of outcome.events) {
        log.push(`${seconds}: ${event.on} ${event.type} ${event.reason}: ${event.message}`);
      }
      experiment = { ...experiment, status: outcome.status };
      const hasMoved = settle(world, player, begun, seconds);
      again = hasMoved || (outcome.wakeAt !== undefined && outcome.wakeAt <= now);
    }
  }
  return { status: experiment.status ?? {}, log, world };
}

/** Makes pods and runs what they are by now; answers whether anything has changed. */
function settle({ sets, runs }: World, player: Player, begun: ReadonlyMap<string, number>, seconds: number): boolean {
  const before = JSON.stringify([...sets.values(), ...runs.values()]);
  for (const [name, set] of sets) {
    const image = set.spec.template.spec.containers[0]?.image ?? '';
    const replicas = sizeOf(set);
    const availableReplicas = (player.bad ?? []).includes(image) ? 0 : replicas;
    sets.set(name, { ...set, status: { replicas, readyReplicas: availableReplicas, availableReplicas } });
  }
  for (const [name, run] of runs) {
    const status =
      player.run?.(run, seconds - (begun.get(name) ?? 0)) ??
      (run.spec.terminate === true ? { phase: 'Successful' as const } : undefined);
    if (status !== undefined) runs.set(name, { ...run, status });
  }
  return JSON.stringify([...sets.values(), ...runs.values()]) !== before;
}

function pass(
  experiment: Experiment,
  world: World,
  player: Player,
  now: number,
  tell: (line: string) => void,
  begun: Map<string, number>,
  countdown: { effects: number },
) {
  const crashes = (): boolean => (countdown.effects -= 1) === 0;
  const steps = reconcileExperiment({
    experiment,
    sets: [...world.sets.values()],
    services: [...world.services.values()],
    runs: [...world.runs.values()],
    findTemplate: (name, clusterScope) =>
      player.templates?.find(
        (one) => one.metadata.name === name && (one.kind === 'ClusterAnalysisTemplate') === clusterScope,
      ),
    now,
  });
  let step = steps.next();
  while (step.done !== true) {
    const refused = player.refuse?.(step.value);
    const answer =
      refused === undefined ? perform(step.value, world, tell) : { how: 'refused', ok: false, message: refused };
    if (step.value.do === 'create-run' && refused === undefined)
      begun.set(step.value.object.metadata.name, (now - start) / 1000);
    if (crashes()) return 'crashed';
    step = steps.next(answer);
  }
  return crashes() ? 'crashed' : step.value;
}

function perform(effect: Effect, world: World, tell: (line: string) => void): unknown {
  switch (effect.do) {
    case 'event':
      return tell(`${effect.on} ${effect.type} ${effect.reason}: ${effect.message}`);
    case 'create-set':
      return create(world.sets, effect.object, tell);
    case 'create-service':
      return create(world.services, effect.object, tell);
    case 'create-run':
      return create(world.runs, effect.object, tell);
    case 'change-set':
      return change(world.sets, effect.set, effect.changes, tell);
    case 'change-run':
      return change(world.runs, effect.run, effect.changes, tell);
    case 'delete-service':
      world.services.delete(effect.service.metadata.name);
      tell(`deleted Service ${effect.service.metadata.name}`);
      return { ok: true };
    case 'find-run':
      return world.runs.get(effect.name);
  }
}

function create<T extends KubeObject>(into: Map<string, T>, object: T, tell: (line: string) => void): unknown {
  const { name } = object.metadata;
  const found = into.get(name);
  if (found !== undefined) return { how: 'exists', object: found, message: `"${name}" already exists` };
  into.set(name, object);
  tell(`created ${object.kind} ${name}`);
  return { how: 'created', object };
}

function change<T extends KubeObject>(
  all: Map<string, T>,
  object: T,
  changes: readonly FieldChange[],
  tell: (line: string) => void,
): unknown {
  const copy: T = structuredClone(object);
  for (const { path, value } of changes) {
    let at: unknown = copy;
    for (const key of path.slice(0, -1)) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
    if (typeof at === 'object' && at !== null) Reflect.set(at, path.at(-1) ?? '', value);
    tell(`${object.metadata.name} ${path.join('.')} = ${String(value)}`);
  }
  all.set(object.metadata.name, copy);
  return { ok: true };
}
