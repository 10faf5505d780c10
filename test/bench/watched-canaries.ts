/** Follows the canaries of the benchmark by a watch of its own: where each stands, and when its weight moved. */
import type { KubeObject } from '#api/kubernetes.ts';
import { canaries } from '#cluster/resource.ts';

import type { Bed } from '../bed/bed.ts';

export interface WatchedCanary {
  readonly phase: string;
  readonly weight: number;
  /** When each weight of the present run was seen first, in milliseconds of `performance.now()`. */
  readonly reached: ReadonlyMap<number, number>;
}

export interface WatchedCanaries {
  all(): readonly WatchedCanary[];
  /** Forgets when weights were reached: a new run is about to begin. */
  forgetRun(): void;
  stop(): void;
}

export function watchCanaries(bed: Bed): WatchedCanaries {
  const seen = new Map<string, WatchedCanary>();
  const abort = new AbortController();
  bed.api.watch(
    canaries,
    ({ object }) => {
      const { phase = '', canaryWeight: weight = 0 } = statusOf(object);
      const before = seen.get(object.metadata.name);
      const reached = new Map(before?.reached);
      if (!reached.has(weight)) reached.set(weight, performance.now());
      seen.set(object.metadata.name, { phase, weight, reached });
    },
    abort.signal,
  );
  return {
    all: () => [...seen.values()],
    forgetRun() {
      for (const [name, canary] of seen) seen.set(name, { ...canary, reached: new Map() });
    },
    stop: () => abort.abort(),
  };
}

/** How much longer than the interval it took from one weight to the next, in seconds. */
export function stepDelays(canary: WatchedCanary, interval: number): number[] {
  const times = [...canary.reached].filter(([weight]) => weight > 0).map(([, at]) => at);
  return times.slice(1).map((at, index) => Math.max(0, at - (times[index] ?? at) - interval) / 1000);
}

function statusOf(object: KubeObject): { phase?: string; canaryWeight?: number } {
  return object['status'] ?? {};
}
