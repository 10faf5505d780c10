/** The Prometheus metrics of Rollouts under the original's names: what Rollouts say of themselves is rendered at the scrape. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { keyOf, refOfKey } from '#cluster/resource.ts';
import type { FinishedUpdate } from '#engine/rollout/duration-record.ts';
import { metricsPhase, metricsPhases } from '#engine/rollout/metrics-phase.ts';
import { replicasOf, trafficRoutingOf } from '#engine/rollout/defaults.ts';
import { readRollout } from './observing.ts';
import type { Build } from './settings.ts';

export interface RolloutMetrics {
  event(key: string, type: string, reason: string): void;
  reconciled(key: string, seconds: number): void;
  failed(key: string): void;
  finished(update: FinishedUpdate): void;
  /** There is a Rollout of this name, maybe again. */
  appeared(key: string): void;
  /** The Rollout is gone: its series go 65 s later, so that the last scrape has seen its end. */
  forget(key: string): void;
}

/** How long the series of a Rollout that is gone stay, in milliseconds. */
const keptAfterEnd = 65_000;

const passBuckets = [0.01, 0.15, 0.25, 0.5, 1];
const named = ['namespace', 'name'] as const;

export function rolloutMetrics(
  registry: Registry,
  list: () => Iterable<KubeObject>,
  build: Build,
  monotonic: () => number,
): RolloutMetrics {
  const registers = [registry];
  const events = new Counter({
    name: 'rollout_events_total',
    help: 'Events of Rollouts',
    labelNames: [...named, 'type', 'reason'],
    registers,
  });
  const passes = new Histogram({
    name: 'rollout_reconcile',
    help: 'Seconds that a look at a Rollout took',
    labelNames: [...named],
    buckets: passBuckets,
    registers,
  });
  const failures = new Counter({
    name: 'rollout_reconcile_error',
    help: 'Looks at a Rollout that failed',
    labelNames: [...named],
    registers,
  });
  const reasons = new Map<string, Map<string, { type: string; reason: string }>>();
  const gone = new Map<string, number>();
  const sweep = (): void => {
    for (const [key, at] of gone) {
      if (monotonic() - at < keptAfterEnd) continue;
      gone.delete(key);
      const labels = labelsOf(key);
      for (const told of reasons.get(key)?.values() ?? []) events.remove({ ...labels, ...told });
      reasons.delete(key);
      passes.remove(labels);
      failures.remove(labels);
    }
  };
  renderedGauges(registry, list, sweep);
  buildGauges(registry, build);
  const durations = durationMetrics(registry);
  return {
    event(key, type, reason) {
      const told = { type, reason };
      const known = reasons.get(key) ?? new Map<string, typeof told>();
      reasons.set(key, known.set(`${type} ${reason}`, told));
      events.inc({ ...labelsOf(key), ...told });
    },
    reconciled: (key, seconds) => passes.observe(labelsOf(key), seconds),
    failed: (key) => failures.inc(labelsOf(key)),
    finished: durations,
    appeared: (key) => void gone.delete(key),
    forget: (key) => void gone.set(key, monotonic()),
  };
}

function labelsOf(key: string): { readonly namespace: string; readonly name: string } {
  const { namespace = '', name } = refOfKey(key);
  return { namespace, name };
}

type Labels = Readonly<Record<string, string>>;
type Series = readonly [labels: Labels, value: number];

function renderedGauges(registry: Registry, list: () => Iterable<KubeObject>, sweep: () => void): void {
  const rendered = (
    name: string,
    help: string,
    labelNames: readonly string[],
    seriesOf: (rollout: Rollout) => readonly Series[],
  ): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [...named, ...labelNames],
      registers: [registry],
      collect() {
        sweep();
        gauge.reset();
        for (const object of list())
          for (const [labels, value] of seriesOf(readRollout(object)))
            gauge.set({ ...labelsOf(keyOf(object.metadata)), ...labels }, value);
      },
    });
  };
  rendered('rollout_info', 'What there is of Rollouts', ['strategy', 'traffic_router', 'phase'], (rollout) => [
    [{ strategy: strategyOf(rollout), traffic_router: routerOf(rollout), phase: metricsPhase(rollout) }, 1],
  ]);
  for (const [name, help, count] of counts)
    rendered(`rollout_info_replicas_${name}`, help, [], (rollout) => [[{}, count(rollout)]]);
  rendered('rollout_phase', 'Deprecated: rollout_info has the phase', ['strategy', 'phase'], (rollout) => {
    const current = metricsPhase(rollout);
    return metricsPhases.map((phase) => [{ strategy: strategyOf(rollout), phase }, phase === current ? 1 : 0]);
  });
}

const counts: readonly (readonly [name: string, help: string, count: (rollout: Rollout) => number])[] = [
  ['available', 'Pods that are available', ({ status }) => status?.availableReplicas ?? 0],
  [
    'unavailable',
    'Pods that are not available',
    ({ status }) => (status?.replicas ?? 0) - (status?.availableReplicas ?? 0),
  ],
  ['desired', 'Pods that are wanted', replicasOf],
  ['updated', 'Pods of the newest version', ({ status }) => status?.updatedReplicas ?? 0],
];

function strategyOf({ spec }: Rollout): string {
  if (spec.strategy?.blueGreen !== undefined) return 'blueGreen';
  return spec.strategy?.canary === undefined ? 'none' : 'canary';
}

/** The last one counts. */
const routerNames = [
  ['alb', 'ALB'],
  ['ambassador', 'Ambassador'],
  ['istio', 'Istio'],
  ['nginx', 'Nginx'],
  ['smi', 'SMI'],
  ['appMesh', 'AppMesh'],
] as const;

function routerOf(rollout: Rollout): string {
  const routing = trafficRoutingOf(rollout);
  return routerNames.findLast(([key]) => routing?.[key] !== undefined)?.[1] ?? '';
}

function buildGauges(registry: Registry, { version, runtime, architecture }: Build): void {
  const registers = [registry];
  const controller = new Gauge({
    name: 'argo_rollouts_controller_info',
    help: 'The version that runs',
    labelNames: ['version'],
    registers,
  });
  controller.set({ version }, 1);
  const info = new Gauge({
    name: 'build_info',
    help: 'What runs',
    labelNames: ['version', 'goversion', 'goarch', 'commit'],
    registers,
  });
  info.set({ version, goversion: runtime, goarch: architecture, commit: '' }, 1);
}

function durationMetrics(registry: Registry): (update: FinishedUpdate) => void {
  const duration = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name, help, labelNames: ['status'], buckets, registers: [registry] });
  const whole = duration(
    'rollout_duration_seconds',
    'From the start of an update to its end',
    [30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800],
  );
  const moving = duration(
    'rollout_progression_duration_seconds',
    'The same without what it waited for people',
    [30, 60, 120, 300, 600, 900, 1800, 3600],
  );
  const waiting = duration(
    'rollout_manual_pause_duration_seconds',
    'How much of it it waited for people',
    [0, 60, 300, 600, 1800, 3600, 7200, 14400, 28800],
  );
  return ({ status, seconds, pausedSeconds }) => {
    whole.observe({ status }, seconds);
    moving.observe({ status }, Math.max(0, seconds - pausedSeconds));
    waiting.observe({ status }, pausedSeconds);
  };
}
