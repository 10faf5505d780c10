/** Random histories of a Canary, and what must be true of every one of them. */
import * as fc from 'fast-check';

import type { KubeObject } from '#api/kubernetes.ts';
import { canaries, httpRoutes, services } from '#cluster/resource.ts';
import { failRequests } from './disturbances.ts';
import { faultWorld, hook, interval, type FaultFixture, type FaultWorld, type Json } from './fault-world.ts';

/** Something that happens between two ticks. */
export type Deed =
  | { readonly do: 'image'; readonly image: string }
  | { readonly do: 'suspend' | 'skip'; readonly on: boolean }
  | { readonly do: 'interval'; readonly seconds: number }
  | { readonly do: 'gate'; readonly open: boolean }
  | { readonly do: 'touch'; readonly what: 'route' | 'service' }
  | { readonly do: 'replicas'; readonly count: number }
  | { readonly do: 'crash' | 'break-watches' | 'compact' }
  | { readonly do: 'fail-requests'; readonly seed: number };

export interface Tick {
  /** What the metric says from now on. */
  readonly metric: 'good' | 'bad' | 'none' | 'error';
  readonly deed?: Deed | undefined;
}

export interface RandomHistory {
  readonly seed: number;
  readonly spec: Json;
  readonly analysis: Json;
  readonly drain: boolean;
  /** A GitOps tool writes its manifest every second: with its own replicas, or leaving them alone. */
  readonly duel: 'none' | 'without-replicas' | 'with-replicas';
  readonly ticks: readonly Tick[];
}

const gates = ['confirm-rollout', 'confirm-traffic-increase', 'confirm-promotion'];

const analyses: fc.Arbitrary<Json> = fc
  .record({
    strategy: fc.constantFrom('weight', 'weights', 'blue-green', 'ab'),
    step: fc.integer({ min: 5, max: 60 }),
    maxWeight: fc.integer({ min: 10, max: 100 }),
    weights: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 4 }),
    iterations: fc.integer({ min: 1, max: 4 }),
    promotion: fc.option(fc.integer({ min: 10, max: 100 })),
    threshold: fc.integer({ min: 1, max: 4 }),
    gate: fc.option(fc.constantFrom(...gates)),
  })
  .map(({ strategy, step, maxWeight, weights, iterations, promotion, threshold, gate }): Json => ({
    threshold,
    ...(strategy === 'weight' ? { stepWeight: step, maxWeight } : {}),
    ...(strategy === 'weights' ? { stepWeights: weights.toSorted((a, b) => a - b) } : {}),
    ...(strategy === 'blue-green' ? { iterations } : {}),
    ...(strategy === 'ab' ? { iterations, match: [{ headers: { 'x-canary': { exact: 'yes' } } }] } : {}),
    ...(promotion === null ? {} : { stepWeightPromotion: promotion }),
    webhooks: [hook('rollout'), ...(gate === null ? [] : [hook(gate, 'gate')])],
  }));

const deeds: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    do: fc.constant('image' as const),
    image: fc.constantFrom('podinfo:1', 'podinfo:2', 'podinfo:3', 'podinfo:bad'),
  }),
  fc.record({ do: fc.constantFrom('suspend' as const, 'skip' as const), on: fc.boolean() }),
  fc.record({ do: fc.constant('interval' as const), seconds: fc.constantFrom(10, 15) }),
  fc.record({ do: fc.constant('gate' as const), open: fc.boolean() }),
  fc.record({ do: fc.constant('touch' as const), what: fc.constantFrom('route' as const, 'service' as const) }),
  fc.record({ do: fc.constant('replicas' as const), count: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constantFrom('crash' as const, 'break-watches' as const, 'compact' as const) }),
  fc.record({ do: fc.constant('fail-requests' as const), seed: fc.integer({ min: 1, max: 1_000 }) }),
);

export const randomHistories: fc.Arbitrary<RandomHistory> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000 }),
  spec: fc.record({ provider: fc.constantFrom('gatewayapi:v1', 'gatewayapi:v1', 'kubernetes') }),
  analysis: analyses,
  drain: fc.boolean(),
  duel: fc.constantFrom('none' as const, 'none' as const, 'without-replicas' as const, 'with-replicas' as const),
  ticks: fc.array(
    fc.record({
      metric: fc.constantFrom(
        'good' as const,
        'good' as const,
        'good' as const,
        'bad' as const,
        'none' as const,
        'error' as const,
      ),
      deed: fc.option(deeds, { nil: undefined }),
    }),
    { minLength: 3, maxLength: 18 },
  ),
});

export interface Told {
  /** What was broken, in words; empty when all is well. */
  readonly broken: readonly string[];
  /** Everything that was written and said, in order. */
  readonly history: string;
}

/** Ticks that a run may take when nobody disturbs it any more. */
const rest = 60;

export async function playRandom(random: RandomHistory): Promise<Told> {
  const fixture: FaultFixture = {
    spec: { ...random.spec, progressDeadlineSeconds: 60 },
    target: { spec: { progressDeadlineSeconds: 60 } },
    analysis: { ...random.analysis, ...affinityOf(random) },
    seed: random.seed,
    ...(random.drain ? { flags: ['-traffic-drain=5s'] } : {}),
  };
  const world = await faultWorld(fixture);
  const broken: string[] = [];
  try {
    await world.phase('Initialized');
    watchPromotions(world, random, broken);
    if (random.duel !== 'none') duel(world, random.duel);
    world.setImage('podinfo:2');
    for (const { metric, deed } of random.ticks) {
      world.metric(metric === 'good' ? 100 : metric === 'bad' ? 50 : metric === 'none' ? 'empty' : { status: 500 });
      if (deed !== undefined) act(world, deed);
      await world.ticks(1);
    }
    calm(world);
    await world.ticks(rest);
    const end = world.status().phase ?? '';
    if (!['Succeeded', 'Failed', 'Initialized'].includes(end)) broken.push(waitingFor(world, end));
    return { broken: [...world.broken, ...broken], history: historyOf(world) };
  } finally {
    await world.stop();
  }
}

/** Every third one keeps users with their version. Not drawn by itself: the seeds that are kept would mean other histories. */
function affinityOf({ seed, spec }: RandomHistory): Json {
  if (seed % 3 !== 0 || spec['provider'] === 'kubernetes') return {};
  return { sessionAffinity: { cookieName: 'version', ...(seed % 2 === 0 ? { primaryCookieName: 'stable' } : {}) } };
}

/** Everything that held the run is taken away: it must come to its end by itself. */
function calm(world: FaultWorld): void {
  world.world.api.intercept(undefined);
  world.metric(100);
  world.hook('gate', 200);
  world.change(canaries, 'podinfo', { spec: { suspend: false } });
}

function act(world: FaultWorld, deed: Deed): void {
  switch (deed.do) {
    case 'image':
      return world.setImage(deed.image);
    case 'suspend':
      return world.change(canaries, 'podinfo', { spec: { suspend: deed.on } });
    case 'skip':
      return world.change(canaries, 'podinfo', { spec: { skipAnalysis: deed.on } });
    case 'interval':
      return world.change(canaries, 'podinfo', { spec: { analysis: { interval: `${deed.seconds}s` } } });
    case 'gate':
      return world.hook('gate', deed.open ? 200 : 403);
    case 'touch': {
      const patch = {
        metadata: { labels: { 'cloud.example/touched': 'yes' }, annotations: { 'cloud.example/id': '7' } },
      };
      const resource = deed.what === 'route' ? httpRoutes : services;
      if (world.get(resource, 'podinfo') !== undefined) world.change(resource, 'podinfo', patch);
      return;
    }
    case 'replicas':
      return world.change(world.target, 'podinfo', { spec: { replicas: deed.count } });
    case 'crash':
      return world.crash(3_000);
    case 'break-watches':
      return world.world.api.breakWatches();
    case 'compact':
      world.world.api.compact();
      return world.world.api.breakWatches();
    case 'fail-requests':
      return failRequests(world, deed.seed, 20);
  }
}

/** Writes the target's spec again, every second, as a GitOps tool that owns the fields of its manifest. */
function duel(world: FaultWorld, kind: 'without-replicas' | 'with-replicas'): void {
  const again = (): void => {
    const labels = { 'gitops.example/owned': 'yes' };
    if (world.get(world.target, 'podinfo') !== undefined)
      world.change(world.target, 'podinfo', {
        metadata: { labels },
        ...(kind === 'with-replicas' ? { spec: { replicas: 2 } } : {}),
      });
    world.clock.as('player').after(1_000, again);
  };
  again();
}

/** A primary gets another template only after as many passed checks as its strategy asks for since the run began, or began again. */
function watchPromotions(world: FaultWorld, random: RandomHistory, broken: string[]): void {
  const required = requiredChecks(random);
  let atStart = 0;
  let skippedAt = -Infinity;
  world.world.objects.subscribe(({ resource, object, before }) => {
    if (resource.kind === 'Canary' && before !== undefined) {
      if (skips(object) || skips(before)) skippedAt = world.clock.elapsed;
      if (beginsRun(object, before)) atStart = world.passedChecks();
    }
    if (resource !== world.target || object.metadata.name !== 'podinfo-primary' || before === undefined) return;
    if (promotionOf(object) === promotionOf(before) || skips(world.get(canaries, 'podinfo'))) return;
    const passed = world.passedChecks() - atStart;
    // A pass that began with the old spec may still promote without checks.
    if (passed < required && skippedAt < world.clock.elapsed - interval)
      broken.push(`promoted after ${passed} of ${required} passed checks at ${world.clock.elapsed / 1000} s`);
  });
}

function requiredChecks({ spec, analysis }: RandomHistory): number {
  const { iterations, match, stepWeights, stepWeight, maxWeight } = analysis as {
    iterations?: number;
    match?: readonly unknown[];
    stepWeights?: readonly number[];
    stepWeight?: number;
    maxWeight?: number;
  }; // as `analyses` makes it
  if (spec['provider'] === 'kubernetes') return (iterations ?? 10) + 1;
  if (iterations !== undefined) return match === undefined ? iterations + 1 : iterations;
  return stepWeights?.length ?? Math.ceil((maxWeight ?? 100) / (stepWeight ?? 1));
}

interface RunState {
  readonly phase?: string;
  readonly lastAppliedSpec?: string;
}

function beginsRun(canary: KubeObject, before: KubeObject): boolean {
  const [now, then] = [canary, before].map((object) => (object['status'] ?? {}) as RunState); // of a Canary
  if (now?.phase !== 'Progressing') return false;
  return (
    !['Progressing', 'WaitingPromotion'].includes(then?.phase ?? '') || now.lastAppliedSpec !== then?.lastAppliedSpec
  );
}

function skips(canary: KubeObject | undefined): boolean {
  return (canary?.['spec'] as { skipAnalysis?: boolean } | undefined)?.skipAnalysis === true; // of a Canary
}

/** Changes with every promotion. */
function promotionOf(workload: KubeObject): string {
  const { template } = workload['spec'] as {
    template: { metadata?: { annotations?: Readonly<Record<string, string>> } };
  }; // of a workload
  return template.metadata?.annotations?.['flagger-id'] ?? '';
}

/** A run that has not ended says why, in an event of the last ticks. */
function waitingFor(world: FaultWorld, phase: string): string {
  const recent = world.events().filter(({ at }) => at > world.clock.elapsed - 3 * interval);
  const said = recent.map(({ text }) => text);
  return `still ${phase} after ${rest} quiet ticks: ${said.length === 0 ? 'says nothing' : said.slice(-3).join(' | ')}`;
}

function historyOf(world: FaultWorld): string {
  const said = world.events().map(({ at, text }) => `${at} ${text}`);
  const written = world.writes.map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)}`);
  return [...said, ...written].join('\n');
}
