/** The Prometheus metrics of Canaries under the original's names: per-Canary series are rendered from what is known at the scrape. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Canary } from '#api/canary.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import { keyOf } from '#cluster/resource.ts';
import type { Observation } from '#engine/canary/effects.ts';
import { namesOf } from '#engine/canary/names.ts';
import { readCanary } from './observing.ts';

/** What the last passes saw of one Canary. */
interface Seen {
  /** Set at the first tick. */
  status?: number;
  weight?: { readonly primary: number; readonly canary: number };
  readonly metrics: Map<string, number>;
}

export interface CanaryGauges {
  observe(canary: Canary, observation: Observation): void;
  /** A tick has ended: the status of the Canary is known from now on. */
  ticked(key: string, phase: string): void;
  /** Seconds that a tick took which ran its checks. */
  tookSeconds(canary: Canary, seconds: number): void;
  forget(key: string): void;
}

/** The Canaries that there are, and that this process works on. */
export interface LiveCanaries {
  list(): Iterable<KubeObject>;
  has(key: string): boolean;
}

export function canaryGauges(
  registry: Registry,
  live: LiveCanaries,
  meshProvider: string,
  version: string,
): CanaryGauges {
  const seen = new Map<string, Seen>();
  const of = (key: string): Seen => {
    const entry = seen.get(key) ?? { metrics: new Map() };
    // A pass may outlive its Canary: what it still sees is nobody's.
    if (live.has(key)) seen.set(key, entry);
    return entry;
  };
  const registers = [registry];
  const info = new Gauge({
    name: 'flagger_info',
    help: 'Version and mesh provider',
    labelNames: ['version', 'mesh_provider'],
    registers,
  });
  info.set({ version, mesh_provider: meshProvider }, 1);
  renderedGauges(registry, live, seen);
  const duration = new Histogram({
    name: 'flagger_canary_duration_seconds',
    help: 'Seconds that a tick with checks took',
    labelNames: ['name', 'namespace'],
    registers,
  });
  const finished = ['success', 'failure'].map(
    (outcome) =>
      new Counter({
        name: outcome === 'success' ? 'flagger_canary_successes_total' : 'flagger_canary_failures_total',
        help: `Runs that ended in ${outcome}`,
        labelNames: ['name', 'namespace', 'deployment_strategy', 'analysis_status'],
        registers,
      }),
  );

  return {
    observe(canary, observation) {
      const { target, namespace } = namesOf(canary);
      const entry = of(keyOf(canary.metadata));
      switch (observation.what) {
        case 'weight':
          entry.weight = { primary: observation.primary, canary: observation.canary };
          return;
        case 'metric':
          entry.metrics.set(observation.metric, observation.value);
          return;
        case 'finished':
          finished[observation.outcome === 'success' ? 0 : 1]?.inc({
            name: target,
            namespace,
            deployment_strategy: observation.strategy,
            analysis_status: observation.analysis,
          });
      }
    },
    ticked(key, phase) {
      of(key).status = phase === 'Progressing' ? 0 : phase === 'Failed' ? 2 : 1;
    },
    tookSeconds(canary, seconds) {
      const { target, namespace } = namesOf(canary);
      duration.observe({ name: target, namespace }, seconds);
    },
    forget(key) {
      seen.delete(key);
    },
  };
}

function renderedGauges(registry: Registry, live: LiveCanaries, seen: ReadonlyMap<string, Seen>): void {
  const registers = [registry];
  const each = function* (): Generator<{ target: string; namespace: string; seen: Seen | undefined }> {
    for (const object of live.list()) {
      const { target, namespace } = namesOf(readCanary(object).canary);
      yield { target, namespace, seen: seen.get(keyOf(object.metadata)) };
    }
  };
  const rendered = (name: string, help: string, labelNames: string[], fill: (gauge: Gauge) => void): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        gauge.reset();
        fill(gauge);
      },
    });
  };
  rendered('flagger_canary_total', 'Canaries in a namespace', ['namespace'], (gauge) => {
    for (const { namespace } of each()) gauge.inc({ namespace });
  });
  rendered('flagger_canary_status', '0 progressing, 1 not, 2 failed', ['name', 'namespace'], (gauge) => {
    for (const one of each())
      if (one.seen?.status !== undefined) gauge.set({ name: one.target, namespace: one.namespace }, one.seen.status);
  });
  rendered('flagger_canary_weight', 'Percent of the traffic', ['workload', 'namespace'], (gauge) => {
    for (const { target, namespace, seen: entry } of each()) {
      if (entry?.weight === undefined) continue;
      gauge.set({ workload: `${target}-primary`, namespace }, entry.weight.primary);
      gauge.set({ workload: target, namespace }, entry.weight.canary);
    }
  });
  rendered('flagger_canary_metric_analysis', 'Last value of a metric', ['name', 'namespace', 'metric'], (gauge) => {
    for (const { target, namespace, seen: entry } of each()) {
      for (const [metric, value] of entry?.metrics ?? []) gauge.set({ name: target, namespace, metric }, value);
    }
  });
}
