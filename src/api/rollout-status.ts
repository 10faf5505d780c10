/** `status` of a Rollout: where it stands, what it waits for, and what users ask of it. */
import * as z from 'zod';
import { anyObject, instant, int32, oneOfTexts, text, type Readable } from './schema.ts';

export const pauseReasons = [
  'CanaryPauseStep',
  'BlueGreenPause',
  'InconclusiveAnalysisRun',
  'InconclusiveExperiment',
] as const;

export const rolloutPhases = ['', 'Healthy', 'Degraded', 'Progressing', 'Paused'] as const;

const condition = z.object({
  type: text,
  status: text,
  lastUpdateTime: instant,
  lastTransitionTime: instant,
  reason: text,
  message: text,
});

const pauseCondition = z.object({ reason: oneOfTexts(pauseReasons), startTime: instant });

const weightDestination = z.object({
  weight: int32,
  serviceName: text.exactOptional(),
  podTemplateHash: text.exactOptional(),
});

const trafficWeights = z.object({
  canary: weightDestination,
  stable: weightDestination,
  additional: z.array(weightDestination).exactOptional().describe('Of experiments.'),
  verified: z.boolean().exactOptional().describe('The router has been seen to do what it was told.'),
});

const analysisRunReference = z.object({
  name: text,
  status: text.describe('Phase of the AnalysisRun.'),
  message: text.exactOptional(),
});

const stepPluginStatus = z.object({
  index: int32.describe('Of the step.'),
  name: text,
  operation: text.describe('`Run`, `Terminate` or `Abort`.'),
  phase: text.exactOptional(),
  message: text.exactOptional(),
  startedAt: instant.exactOptional(),
  updatedAt: instant.exactOptional(),
  finishedAt: instant.exactOptional(),
  backoff: text.exactOptional(),
  executions: int32.exactOptional(),
  disabled: z.boolean().exactOptional(),
  status: anyObject.exactOptional(),
});

const canary = z.object({
  currentStepAnalysisRunStatus: analysisRunReference.exactOptional(),
  currentBackgroundAnalysisRunStatus: analysisRunReference.exactOptional(),
  currentExperiment: text.exactOptional(),
  weights: trafficWeights.exactOptional().describe('How the traffic is split; only with a router.'),
  stablePingPong: oneOfTexts(['', 'ping', 'pong']).exactOptional(),
  stepPluginStatuses: z.array(stepPluginStatus).exactOptional(),
});

const blueGreen = z.object({
  previewSelector: text.exactOptional().describe('Hash that the preview Service selects.'),
  activeSelector: text.exactOptional().describe('Hash that the active Service selects.'),
  scaleUpPreviewCheckPoint: z.boolean().exactOptional(),
  prePromotionAnalysisRunStatus: analysisRunReference.exactOptional(),
  postPromotionAnalysisRunStatus: analysisRunReference.exactOptional(),
});

const awsResource = z.object({ name: text, arn: text, fullName: text.exactOptional() });

const albStatus = z.object({
  loadBalancer: awsResource.exactOptional(),
  canaryTargetGroup: awsResource.exactOptional(),
  stableTargetGroup: awsResource.exactOptional(),
  ingress: text.exactOptional(),
});

const duration = z.object({
  rolloutStartedAt: instant.exactOptional(),
  manualPauseStartedAt: instant.exactOptional(),
  totalManualPauseDurationSeconds: z.int().exactOptional(),
  finishedAt: instant.exactOptional(),
  completionStatus: text.exactOptional(),
});

export const rolloutStatus = z.object({
  abort: z.boolean().exactOptional().describe('A user, or an analysis, wants the stable version back.'),
  abortedAt: instant.exactOptional(),
  pauseConditions: z.array(pauseCondition).exactOptional().describe('What it waits for; a user clears them to go on.'),
  controllerPause: z.boolean().exactOptional(),
  promoteFull: z.boolean().exactOptional().describe('A user wants the rest skipped.'),
  currentPodHash: text.exactOptional().describe('Hash of the wanted pod template.'),
  currentStepHash: text.exactOptional(),
  currentStepIndex: int32.exactOptional().describe('Steps that are done.'),
  stableRS: text.exactOptional().describe('Hash of the version that was promoted last.'),
  replicas: int32.exactOptional(),
  updatedReplicas: int32.exactOptional(),
  readyReplicas: int32.exactOptional(),
  availableReplicas: int32.exactOptional(),
  HPAReplicas: int32.exactOptional().describe('What autoscalers count.'),
  selector: text.exactOptional().describe('The pods that autoscalers look at.'),
  collisionCount: int32.exactOptional(),
  observedGeneration: text.exactOptional(),
  workloadObservedGeneration: text.exactOptional(),
  conditions: z.array(condition).exactOptional(),
  canary: canary.exactOptional(),
  blueGreen: blueGreen.exactOptional(),
  restartedAt: instant.exactOptional(),
  phase: oneOfTexts(rolloutPhases).exactOptional(),
  message: text.exactOptional(),
  alb: albStatus.exactOptional(),
  albs: z.array(albStatus).exactOptional(),
  duration: duration.exactOptional().describe('How long the last update took.'),
});

export type PauseReason = (typeof pauseReasons)[number];
export type RolloutPhase = (typeof rolloutPhases)[number];
export type RolloutCondition = Readable<z.output<typeof condition>>;
export type PauseCondition = Readable<z.output<typeof pauseCondition>>;
export type WeightDestination = Readable<z.output<typeof weightDestination>>;
export type TrafficWeights = Readable<z.output<typeof trafficWeights>>;
export type AnalysisRunReference = Readable<z.output<typeof analysisRunReference>>;
export type StepPluginStatus = Readable<z.output<typeof stepPluginStatus>>;
export type CanaryRolloutStatus = Readable<z.output<typeof canary>>;
export type BlueGreenRolloutStatus = Readable<z.output<typeof blueGreen>>;
export type AlbStatus = Readable<z.output<typeof albStatus>>;
export type RolloutDuration = Readable<z.output<typeof duration>>;
export type RolloutStatus = Readable<z.output<typeof rolloutStatus>>;
