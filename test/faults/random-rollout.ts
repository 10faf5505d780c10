/** Random histories of a Rollout, and what must be true of every one of them. */
import * as fc from 'fast-check';
import { rfc3339 } from '#api/time.ts';
import { httpRoutes, pods, replicaSets, rollouts, services } from '#cluster/resource.ts';
import { hashLabel, hashOf, sizeOf, type ReplicaSet } from '#engine/rollout/replica-sets/replica-set.ts';
import { analysisTemplate, blueGreen, canary, type Json, type RolloutFixture } from '../conformance/rollout-fixture.ts';
import { namespace, type RolloutWorld, rolloutWorld } from '../conformance/rollout-world.ts';
import { failRequests } from './disturbances.ts';
import type { Told } from './random-history.ts';

/** Something that a user, somebody else or the cluster does. */
export type RolloutDeed =
  | { readonly do: 'image'; readonly image: string }
  | { readonly do: 'replicas'; readonly count: number }
  | { readonly do: 'steps'; readonly steps: readonly Json[] }
  | { readonly do: 'pause'; readonly on: boolean }
  | { readonly do: 'metric'; readonly good: boolean }
  | { readonly do: 'select'; readonly service: number; readonly set: number }
  | { readonly do: 'weigh'; readonly canary: number }
  | { readonly do: 'scale-set'; readonly set: number; readonly count: number }
  | { readonly do: 'delete-set' | 'delete-pod' | 'unready-pod'; readonly which: number }
  | { readonly do: 'fail-requests'; readonly seed: number }
  | {
      readonly do:
        | 'abort'
        | 'retry'
        | 'promote'
        | 'promote-full'
        | 'skip'
        | 'restart'
        | 'crash'
        | 'break-watches'
        | 'compact';
    };

export interface RandomRollout {
  readonly seed: number;
  readonly replicas: number;
  readonly kind: 'canary' | 'routed' | 'blue-green';
  readonly strategy: Json;
  readonly minReadySeconds: number;
  readonly deadlineAborts: boolean;
  /** Whether foreign writes and lost answers are among what happens. */
  readonly disturbed: boolean;
  readonly deeds: readonly { readonly seconds: number; readonly deed: RolloutDeed }[];
}

const analysis = { templates: [{ templateName: 'good' }] };

const steps: fc.Arbitrary<readonly Json[]> = fc.array(
  fc.oneof(
    fc.record({ setWeight: fc.integer({ min: 0, max: 100 }) }),
    fc.record({ setWeight: fc.integer({ min: 1, max: 100 }) }),
    fc.constantFrom<Json[]>({ pause: {} }, { pause: { duration: 5 } }, { pause: { duration: '20s' } }, { analysis }),
  ),
  { maxLength: 5 },
);
const limits = fc.constantFrom<(number | string)[]>(0, 1, 2, '25%', '50%', '100%');

const strategies = {
  canary: fc.record({ steps, maxSurge: limits, maxUnavailable: limits }).map((one) =>
    // Both may not be 0.
    one.maxSurge === 0 && one.maxUnavailable === 0 ? { ...one, maxSurge: 1 } : one,
  ),
  routed: fc.record(
    {
      steps,
      dynamicStableScale: fc.boolean(),
      abortScaleDownDelaySeconds: fc.constantFrom(0, 5, 30),
      minPodsPerReplicaSet: fc.constantFrom(1, 2),
    },
    { requiredKeys: ['steps'] },
  ),
  'blue-green': fc.record(
    {
      autoPromotionEnabled: fc.boolean(),
      autoPromotionSeconds: fc.constantFrom(0, 10),
      previewReplicaCount: fc.constantFrom(1, 2),
      scaleDownDelaySeconds: fc.constantFrom(0, 5, 60),
      abortScaleDownDelaySeconds: fc.constantFrom(0, 5),
      prePromotionAnalysis: fc.constant(analysis),
      postPromotionAnalysis: fc.constant(analysis),
    },
    { requiredKeys: [] },
  ),
} satisfies Record<RandomRollout['kind'], fc.Arbitrary<Json>>;

const byUsers: fc.Arbitrary<RolloutDeed>[] = [
  fc.record({
    do: fc.constant('image' as const),
    image: fc.constantFrom('web:1', 'web:2', 'web:3', 'web:slow', 'web:bad', 'web:crash'),
  }),
  fc.record({ do: fc.constant('image' as const), image: fc.constantFrom('web:1', 'web:2', 'web:3') }),
  fc.record({ do: fc.constant('replicas' as const), count: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ do: fc.constant('steps' as const), steps }),
  fc.record({ do: fc.constant('pause' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('metric' as const), good: fc.boolean() }),
  fc.record({ do: fc.constantFrom('abort' as const, 'retry' as const, 'promote' as const, 'promote-full' as const) }),
  fc.record({ do: fc.constantFrom('promote' as const, 'skip' as const, 'restart' as const) }),
];
const byOthers: fc.Arbitrary<RolloutDeed>[] = [
  fc.record({ do: fc.constant('select' as const), service: fc.nat(1), set: fc.nat(2) }),
  fc.record({ do: fc.constant('weigh' as const), canary: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ do: fc.constant('scale-set' as const), set: fc.nat(2), count: fc.integer({ min: 0, max: 5 }) }),
  fc.record({
    do: fc.constantFrom('delete-set' as const, 'delete-pod' as const, 'unready-pod' as const),
    which: fc.nat(3),
  }),
  fc.record({ do: fc.constantFrom('crash' as const, 'break-watches' as const, 'compact' as const) }),
  fc.record({ do: fc.constant('fail-requests' as const), seed: fc.integer({ min: 1, max: 1_000 }) }),
];

export const randomRollouts: fc.Arbitrary<RandomRollout> = fc
  .tuple(fc.constantFrom('canary' as const, 'routed' as const, 'blue-green' as const), fc.boolean())
  .chain(([kind, disturbed]) =>
    fc.record({
      seed: fc.integer({ min: 1, max: 1_000 }),
      replicas: fc.integer({ min: 1, max: 5 }),
      kind: fc.constant(kind),
      strategy: strategies[kind],
      minReadySeconds: fc.constantFrom(0, 0, 3),
      deadlineAborts: fc.boolean(),
      disturbed: fc.constant(disturbed),
      deeds: fc.array(
        fc.record({
          seconds: fc.constantFrom(0.2, 1, 4, 11, 35),
          deed: fc.oneof(...byUsers, ...(disturbed ? byOthers : [])),
        }),
        { minLength: 3, maxLength: 16 },
      ),
    }),
  );

/** Caches that were cut off know late what has happened. */
const lagOfDisturbed = 40_000;

export async function playRandomRollout(random: RandomRollout): Promise<Told> {
  const world = await rolloutWorld(fixtureOf(random));
  try {
    await world.promoted('web:1');
    for (const { deed, seconds } of random.deeds) {
      act(world, random, deed);
      await world.pass(seconds * 1_000);
    }
    const broken = await rest(world);
    return { broken: [...world.broken, ...broken], history: historyOf(world) };
  } finally {
    await world.stop();
  }
}

function fixtureOf({ seed, replicas, kind, strategy, minReadySeconds, ...random }: RandomRollout): RolloutFixture {
  const common = {
    seed,
    spec: {
      replicas,
      minReadySeconds,
      progressDeadlineSeconds: 60,
      progressDeadlineAbort: random.deadlineAborts,
    },
    objects: [analysisTemplate('good')],
    ...(random.disturbed ? { lag: lagOfDisturbed } : {}),
  };
  if (kind === 'blue-green') return blueGreen(strategy, common);
  return canary(strategy, { ...common, behind: kind === 'routed' ? 'gatewayApi' : 'none' });
}

function act(world: RolloutWorld, { kind }: RandomRollout, deed: RolloutDeed): void {
  const { currentStepIndex = 0 } = world.status();
  switch (deed.do) {
    case 'image':
      return world.setImage(deed.image);
    case 'replicas':
      return world.edit({ replicas: deed.count });
    case 'steps':
      return kind === 'blue-green' ? undefined : world.edit({ strategy: { canary: { steps: deed.steps } } });
    case 'pause':
      return world.edit({ paused: deed.on });
    case 'metric':
      return world.metric(deed.good ? 1 : 0.1);
    case 'abort':
      return world.editStatus({ abort: true });
    case 'retry':
      return world.editStatus({ abort: null });
    case 'promote':
      return world.editStatus({ pauseConditions: null });
    case 'promote-full':
      return world.editStatus({ promoteFull: true });
    case 'skip':
      return kind === 'blue-green' ? undefined : skip(world, currentStepIndex);
    case 'restart':
      return world.edit({ restartAt: rfc3339(world.clock.as('player').now()) });
    case 'crash':
      return world.crash(3_000);
    case 'break-watches':
      return world.world.api.breakWatches();
    case 'compact':
      world.world.api.compact();
      return world.world.api.breakWatches();
    case 'fail-requests':
      return failRequests(world, deed.seed, 20);
    case 'select':
    case 'weigh':
    case 'scale-set':
    case 'delete-set':
    case 'delete-pod':
    case 'unready-pod':
      return meddle(world, kind, deed);
  }
}

/** As `promote --skip-current-step`: not beyond the last one. */
function skip(world: RolloutWorld, index: number): void {
  const { steps = [] } = world.rollout().spec.strategy?.canary ?? {};
  if (index < steps.length) world.editStatus({ currentStepIndex: index + 1, pauseConditions: null });
}

type Meddling = Extract<
  RolloutDeed,
  { readonly do: 'select' | 'weigh' | 'scale-set' | 'delete-set' | 'delete-pod' | 'unready-pod' }
>;

/** What somebody does who knows nothing of the Rollout. */
function meddle(world: RolloutWorld, kind: RandomRollout['kind'], deed: Meddling): void {
  const sets = world.list(replicaSets) as readonly ReplicaSet[]; // the kind says so
  switch (deed.do) {
    case 'select': {
      const names = kind === 'blue-green' ? ['web-active', 'web-preview'] : ['web-stable', 'web-canary'];
      const name = names[deed.service] ?? '';
      const hash = hashOf(sets[deed.set]);
      if (world.get(services, name) !== undefined)
        world.change(services, name, { spec: { selector: { [hashLabel]: hash === '' ? null : hash } } });
      return;
    }
    case 'weigh': {
      if (kind !== 'routed') return;
      const backendRefs = [
        { name: 'web-stable', port: 80, weight: 100 - deed.canary },
        { name: 'web-canary', port: 80, weight: deed.canary },
      ];
      return world.change(httpRoutes, 'web', { spec: { rules: [{ backendRefs }] } });
    }
    case 'scale-set': {
      const set = sets[deed.set];
      if (set !== undefined) world.change(replicaSets, set.metadata.name, { spec: { replicas: deed.count } });
      return;
    }
    case 'delete-set': {
      const set = sets[deed.which];
      if (set !== undefined) world.delete(replicaSets, set.metadata.name);
      return;
    }
    case 'delete-pod':
    case 'unready-pod': {
      const pod = world.list(pods)[deed.which];
      if (pod === undefined) return;
      if (deed.do === 'delete-pod') world.delete(pods, pod.metadata.name);
      else world.world.node.setReady({ namespace, name: pod.metadata.name }, false);
    }
  }
}

/** Longer than any delay, deadline and analysis of the histories. */
const patience = 180_000;
/** Pauses of as many steps as there can be. */
const mostPauses = 8;

/** Everything that held the Rollout is taken away: it must come to its end by itself, or say what is wrong. */
async function rest(world: RolloutWorld): Promise<readonly string[]> {
  world.world.api.intercept(undefined);
  world.metric(1);
  for (const pod of world.list(pods)) world.world.node.setReady({ namespace, name: pod.metadata.name }, true);
  world.edit({ paused: false });
  for (let pause = 0; pause < mostPauses; pause++) {
    await world.pass(patience);
    if (world.status().phase !== 'Paused') break;
    world.editStatus({ pauseConditions: null });
  }
  const writes = world.writes.length;
  await world.pass(patience);
  return [...unfinished(world), ...restless(world, writes)];
}

function unfinished(world: RolloutWorld): readonly string[] {
  const { phase = '', message = '', observedGeneration, stableRS, currentPodHash } = world.status();
  const told = `${phase} "${message}"`;
  if (observedGeneration !== String(world.rollout().metadata.generation))
    return [`the last edit is not observed: ${told}`];
  const isGood = /web:(?:\d|slow)$/.test(imageOf(world));
  if (phase === 'Healthy' && stableRS === currentPodHash) return [];
  if (phase === 'Degraded' && message !== '') return [];
  return isGood || message === '' ? [`still ${told} in the end, with ${world.sizes()}`] : [];
}

function imageOf(world: RolloutWorld): string {
  return world.rollout().spec.template?.spec?.containers?.[0]?.image ?? '';
}

/** Nothing is written where nothing changes. */
function restless(world: RolloutWorld, writes: number): readonly string[] {
  const late = world.writes.slice(writes).map(({ method, path }) => `${method} ${path}`);
  const sizes = (world.list(replicaSets) as readonly ReplicaSet[]).map(sizeOf).join(); // the kind says so
  return late.length === 0 ? [] : [`${late.length} writes at rest (sizes ${sizes}): ${late.slice(0, 3).join(', ')}`];
}

function historyOf(world: RolloutWorld): string {
  const said = world.events().map(({ at, text }) => `${at} ${text}`);
  const written = world.writes.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`);
  return [...said, ...written, JSON.stringify(world.get(rollouts, 'web'))].join('\n');
}
