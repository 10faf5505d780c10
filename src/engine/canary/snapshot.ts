/** What a pass over a Canary sees of the world when it begins, and what it changes of it on the way. */
import type { Canary } from '#api/canary.ts';
import type { CanaryStatus, Decision } from '#api/canary-status.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { Problem } from '#api/problem.ts';
import type { Workload } from '#api/workload.ts';
import type { Names } from './names.ts';
import type { Policy } from './policy.ts';

/** The controller's flags that reach into the engine. */
export interface EngineSettings {
  /** Provider of Canaries that name none. */
  readonly meshProvider: string;
  /** Keys of which the first one in the target's selector separates primary from canary. */
  readonly selectorLabels: readonly string[];
  /** Prefixes of labels and annotations that are copied to primaries; `*` for all. */
  readonly includeLabelPrefix: readonly string[];
  readonly noCrossNamespaceRefs: boolean;
  /** How long a workload keeps running after the data plane has followed a route away from it, in milliseconds; 0 = not at all. */
  readonly trafficDrain: number;
  /** Shortest analysis interval, in milliseconds. */
  readonly minAnalysisInterval: number;
}

/** A status whose phase and counters are known. */
export type RunStatus = CanaryStatus &
  Required<Pick<CanaryStatus, 'phase' | 'canaryWeight' | 'failedChecks' | 'iterations'>>;

/** A ConfigMap or Secret that the target's pods refer to. */
export interface ConfigRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly optional: boolean;
}

/** What is known of a referenced object. */
export type SeenConfig =
  | { readonly state: 'tracked'; readonly checksum: string; readonly labels: Readonly<Record<string, string>> }
  /** Its owner or its type keeps it from being tracked. */
  | { readonly state: 'untracked' }
  | { readonly state: 'missing'; readonly message: string };

export interface Snapshot {
  /** Wall-clock time, ms since the epoch. */
  readonly now: number;
  /** Why the pass happens: the Canary was written, its regular tick, or traffic drains and it is time to look again. */
  readonly due: 'sync' | 'tick' | 'drain';
  readonly canary: Canary;
  /** What is wrong with the Canary as its user wrote it. */
  readonly problems: readonly Problem[];
  readonly settings: EngineSettings;
  readonly target: Workload | undefined;
  readonly primary: Workload | undefined;
  /** Another Canary that works on the target: then this one does not. */
  readonly rival?: string;
  readonly services: {
    readonly apex: KubeObject | undefined;
    readonly primary: KubeObject | undefined;
    readonly canary: KubeObject | undefined;
  };
  /** What the target's pods refer to; `undefined` while config tracking is off. */
  readonly configs?: readonly (readonly [ConfigRef, SeenConfig])[];
  /** `undefined` without an `autoscalerRef`. */
  readonly scalers?: { readonly target: KubeObject | undefined; readonly primary: KubeObject | undefined };
  /** Whether every parent that reports on the route has accepted its newest generation. */
  readonly routeAccepted: boolean;
  /** Decisions of earlier passes that no status write has taken along yet. */
  readonly unwritten: readonly Decision[];
}

/** The state of a pass: the snapshot, and what the pass has changed since. */
export interface Pass {
  readonly seen: Snapshot;
  readonly canary: Canary;
  readonly names: Names;
  policy: Policy;
  /** The status as the next write will have it. */
  status: RunStatus;
  /** The status as it was read or written last. */
  written: RunStatus;
  target: Workload;
  primary: Workload | undefined;
  decisions: readonly Decision[];
}

/** What a pass leaves behind. */
export interface Outcome {
  /** Look again after this many milliseconds, before the next tick. */
  readonly wakeIn?: number;
  /** Decisions that no status write has taken along. */
  readonly unwritten: readonly Decision[];
}
