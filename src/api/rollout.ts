/** The Rollout (`argoproj.io/v1alpha1`): pods as a Deployment runs them, where a new version is tried before it replaces the old one. */
import * as z from 'zod';
import type { KubeObject } from './kubernetes.ts';
import { labelSelector } from './label-selector.ts';
import { parseLeniently } from './lenient.ts';
import { podTemplate } from './pod-template-schema.ts';
import type { Problem } from './problem.ts';
import { rolloutStatus, type RolloutStatus } from './rollout-status.ts';
import { rolloutStrategy } from './rollout-strategy.ts';
import { instant, int32, text, type Readable } from './schema.ts';
import type { PodTemplate } from './workload.ts';

const workloadRef = z.object({
  apiVersion: text.exactOptional(),
  kind: text.exactOptional().describe('Deployment, ReplicaSet or PodTemplate.'),
  name: text.exactOptional(),
  scaleDown: text.exactOptional().describe('When the workload goes to 0: `never`, `onsuccess`, `progressively`.'),
});

const rolloutSpec = z.object({
  replicas: int32.exactOptional().describe('Pods that are wanted; default 1.'),
  selector: labelSelector
    .meta({
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: '.spec.selector is immutable' }],
    })
    .exactOptional()
    .describe('The pods of the Rollout.'),
  template: podTemplate.exactOptional().describe('The pods that are wanted.'),
  workloadRef: workloadRef.exactOptional().describe('Takes the template from another workload.'),
  minReadySeconds: int32.exactOptional().describe('How long a pod must be ready to be available; default 0.'),
  rollbackWindow: z
    .object({ revisions: int32.exactOptional() })
    .exactOptional()
    .describe('How many revisions back steps are skipped.'),
  strategy: rolloutStrategy.exactOptional().describe('One of `blueGreen` and `canary`.'),
  revisionHistoryLimit: int32.exactOptional().describe('Old ReplicaSets that are kept; default 10.'),
  paused: z.boolean().exactOptional().describe('Nothing moves on while true.'),
  progressDeadlineSeconds: int32
    .exactOptional()
    .describe('How long it may make no progress before it counts as degraded; default 600.'),
  progressDeadlineAbort: z.boolean().exactOptional().describe('Aborts when that time is over.'),
  restartAt: instant.exactOptional().describe('Pods that were made before are restarted.'),
  analysis: z
    .object({
      successfulRunHistoryLimit: int32.exactOptional(),
      unsuccessfulRunHistoryLimit: int32.exactOptional(),
    })
    .exactOptional()
    .describe('How many AnalysisRuns and Experiments of the past are kept; default 5 each.'),
});

/** The schema of a Rollout without what every object has. */
export const rolloutSchema = z.object({ spec: rolloutSpec, status: rolloutStatus.exactOptional() });

export type WorkloadRef = Readable<z.output<typeof workloadRef>>;
/** The template is raw JSON, and keeps its own type. */
export type RolloutSpec = Omit<Readable<z.output<typeof rolloutSpec>>, 'template'> & {
  readonly template?: PodTemplate;
};
export type {
  AnalysisArgument,
  AnalysisTemplateRef,
  BackgroundAnalysis,
  DryRun,
  EphemeralMetadata,
  MeasurementRetention,
  RolloutAnalysis,
} from './rollout-analysis.ts';
export type {
  AlbStatus,
  AnalysisRunReference,
  BlueGreenRolloutStatus,
  CanaryRolloutStatus,
  PauseCondition,
  PauseReason,
  RolloutCondition,
  RolloutDuration,
  RolloutPhase,
  RolloutStatus,
  StepPluginStatus,
  TrafficWeights,
  WeightDestination,
} from './rollout-status.ts';
export type {
  CanaryStep,
  ExperimentStep,
  ExperimentTemplateStep,
  SetCanaryScale,
  SetHeaderRoute,
  SetMirrorRoute,
  StringMatch,
} from './rollout-steps.ts';
export type {
  AntiAffinity,
  BlueGreenStrategy,
  CanaryStrategy,
  ReplicaProgressThreshold,
  RolloutStrategy,
} from './rollout-strategy.ts';
export type {
  AlbRouting,
  AppMeshRouting,
  IstioDestinationRule,
  IstioRouting,
  IstioVirtualService,
  NginxRouting,
  TrafficRouting,
} from './traffic-routing.ts';

export interface Rollout extends KubeObject {
  readonly spec: RolloutSpec;
  readonly status?: RolloutStatus;
}

export type ParsedRollout =
  | { readonly ok: true; readonly rollout: Rollout; readonly dropped: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a Rollout as the API server returns it. Fields that the CRD does not know are dropped, nulls are absent, and what cannot be
 * decoded is left out and told in `dropped`. The pod template stays as it is.
 */
export function parseRollout(object: KubeObject): ParsedRollout {
  const { spec, status, ...rest } = object;
  const parsed = parseLeniently(rolloutSchema, status === undefined ? { spec } : { spec, status });
  if (!parsed.ok) return parsed;
  return { ok: true, rollout: { ...rest, ...parsed.value }, dropped: parsed.dropped };
}
