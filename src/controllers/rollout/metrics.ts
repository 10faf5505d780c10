/** The Prometheus metrics of Rollouts under the original's names: what Rollouts say of themselves is rendered at the scrape. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Rollout } from '#api/rollout.ts';
import { keyOf } from '#cluster/resource.ts';
import { replicasOf, trafficRoutingOf } from '#engine/rollout/defaults.ts';
import type { FinishedUpdate } from '#engine/rollout/status/duration-record.ts';
import { metricsPhase, metricsPhases } from '#engine/rollout/status/metrics-phase.ts';
import { labelsOf, passMetrics, type PassMetrics } from '../pass-metrics.ts';
import { renderedGauge, type Series } from '../rendered-gauge.ts';
import { readRollout } from './observing.ts';
import type { Build } from './settings.ts';

export interface RolloutMetrics {
  readonly passes: PassMetrics;
  event(key: string, type: string, reason: string): void;
  finished(update: FinishedUpdate): void;
}

export function rolloutMetrics(
  registry: Registry,
  list: () => Iterable<KubeObject>,
  build: Build,
  monotonic: () => number,
): RolloutMetrics {
  renderedGauges(registry, list);
  buildGauges(registry, build);
  // Before the counter of events: in a scrape what is gone goes first.
  const passes = passMetrics(registry, { prefix: 'rollout', monotonic, swept: (key) => events.remove(key) });
  const events = eventCounter(registry);
  return {
    passes,
    event: events.count,
    finished: durationMetrics(registry),
  };
}

const strategyLabel = 'strategy';
const named = ['namespace', 'name'];

function renderedGauges(registry: Registry, list: () => Iterable<KubeObject>): void {
  const rendered = (
    name: string,
    help: string,
    labelNames: readonly string[],
    seriesOf: (rollout: Rollout) => readonly Series[],
  ): void =>
    renderedGauge(registry, { name, help, labelNames: [...named, ...labelNames] }, function* () {
      for (const object of list())
        for (const [labels, value] of seriesOf(readRollout(object)))
          yield [{ ...labelsOf(keyOf(object.metadata)), ...labels }, value];
    });
  rendered('rollout_info', 'What there is of Rollouts', [strategyLabel, 'traffic_router', 'phase'], (rollout) => [
    [{ strategy: strategyOf(rollout), traffic_router: routerOf(rollout), phase: metricsPhase(rollout) }, 1],
  ]);
  rendered('rollout_phase', 'Deprecated: rollout_info has the phase', [strategyLabel, 'phase'], (rollout) => {
    const current = metricsPhase(rollout);
    return metricsPhases.map((phase) => [{ strategy: strategyOf(rollout), phase }, phase === current ? 1 : 0]);
  });
  for (const [name, help, count] of counts)
    rendered(`rollout_info_replicas_${name}`, help, [], (rollout) => [[{}, count(rollout)]]);
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
  const one = (name: string, help: string, labels: Readonly<Record<string, string>>): void =>
    new Gauge({ name, help, labelNames: Object.keys(labels), registers: [registry] }).set({ ...labels }, 1);
  one('argo_rollouts_controller_info', 'The version that runs', { version });
  one('build_info', 'What runs', { version, goversion: runtime, goarch: architecture, commit: '' });
}

interface EventCounter {
  readonly count: (key: string, type: string, reason: string) => void;
  readonly remove: (key: string) => void;
}

function eventCounter(registry: Registry): EventCounter {
  const counter = new Counter({
    name: 'rollout_events_total',
    help: 'Events of Rollouts',
    labelNames: [...named, 'type', 'reason'],
    registers: [registry],
  });
  const told = new Map<string, Map<string, { readonly type: string; readonly reason: string }>>();
  return {
    count(key, type, reason) {
      const known = told.get(key) ?? new Map();
      told.set(key, known.set(`${type} ${reason}`, { type, reason }));
      counter.inc({ ...labelsOf(key), type, reason });
    },
    remove(key) {
      for (const labels of told.get(key)?.values() ?? []) counter.remove({ ...labelsOf(key), ...labels });
      told.delete(key);
    },
  };
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
