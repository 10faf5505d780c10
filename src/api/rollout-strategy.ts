/** `spec.strategy` of a Rollout: two whole versions side by side, or one that grows step by step. */
import * as z from 'zod';
import { backgroundAnalysis, ephemeralMetadata, rolloutAnalysis } from './rollout-analysis.ts';
import { canaryStep } from './rollout-steps.ts';
import { int32, intOrText, text, type Readable } from './schema.ts';
import { trafficRouting } from './traffic-routing.ts';

const antiAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: z.object({}).exactOptional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.object({ weight: int32.describe('1 to 100.') }).exactOptional(),
});

const blueGreenStrategy = z.object({
  activeService: text.describe('Service with the traffic of users.'),
  previewService: text.exactOptional().describe('Service of the new version.'),
  previewReplicaCount: int32.exactOptional().describe('Pods of the new version before the switch; default: all.'),
  autoPromotionEnabled: z.boolean().exactOptional().describe('False waits for a user before the switch; default true.'),
  autoPromotionSeconds: int32.exactOptional().describe('Waits that long before the switch.'),
  maxUnavailable: intOrText.exactOptional().describe('Pods that may restart at once; default 25%.'),
  scaleDownDelaySeconds: int32.exactOptional().describe('How long the old pods stay after the switch; default 30.'),
  scaleDownDelayRevisionLimit: int32.exactOptional().describe('Old versions that may stay at once.'),
  abortScaleDownDelaySeconds: int32
    .exactOptional()
    .describe('How long the new pods stay after an abort; default 30, 0: for ever.'),
  prePromotionAnalysis: rolloutAnalysis.exactOptional().describe('Must succeed before the switch.'),
  postPromotionAnalysis: rolloutAnalysis.exactOptional().describe('Goes back to the old version if it fails.'),
  antiAffinity: antiAffinity.exactOptional().describe('Keeps versions on different nodes.'),
  previewMetadata: ephemeralMetadata.exactOptional().describe('Of the pods of the new version, until the switch.'),
  activeMetadata: ephemeralMetadata.exactOptional().describe('Of the pods of the active version.'),
});

const replicaProgressThreshold = z.object({
  type: text.describe('`Percent` or `Pods`.'),
  value: int32,
});

const canaryStrategy = z.object({
  canaryService: text.exactOptional().describe('Service of the new version.'),
  stableService: text.exactOptional().describe('Service of the stable version.'),
  steps: z.array(canaryStep).exactOptional(),
  trafficRouting: trafficRouting
    .exactOptional()
    .describe('Who splits the traffic; without it, the number of pods does.'),
  maxUnavailable: intOrText.exactOptional().describe('Default 25%.'),
  maxSurge: intOrText.exactOptional().describe('Default 25%.'),
  analysis: backgroundAnalysis.exactOptional().describe('Runs beside the steps.'),
  antiAffinity: antiAffinity.exactOptional().describe('Keeps versions on different nodes.'),
  canaryMetadata: ephemeralMetadata.exactOptional().describe('Of the pods of the new version, while it is tried.'),
  stableMetadata: ephemeralMetadata.exactOptional().describe('Of the pods of the stable version.'),
  scaleDownDelaySeconds: int32.exactOptional().describe('How long the old pods stay; default 30 with a router.'),
  scaleDownDelayRevisionLimit: int32.exactOptional().describe('Old versions that may stay at once.'),
  abortScaleDownDelaySeconds: int32
    .exactOptional()
    .describe('How long the new pods stay after an abort; default 30, with a router.'),
  dynamicStableScale: z.boolean().exactOptional().describe('The stable version shrinks as its traffic does.'),
  pingPong: z
    .object({ pingService: text, pongService: text })
    .exactOptional()
    .describe('Two Services that take turns, in place of stable and canary.'),
  minPodsPerReplicaSet: int32.exactOptional().describe('Least pods of a version that has any (with a router).'),
  replicaProgressThreshold: replicaProgressThreshold
    .exactOptional()
    .describe('How many pods must be available for a step to go on; default: all.'),
});

export const rolloutStrategy = z.object({
  blueGreen: blueGreenStrategy.exactOptional(),
  canary: canaryStrategy.exactOptional(),
});

export type AntiAffinity = Readable<z.output<typeof antiAffinity>>;
export type BlueGreenStrategy = Readable<z.output<typeof blueGreenStrategy>>;
export type CanaryStrategy = Readable<z.output<typeof canaryStrategy>>;
export type ReplicaProgressThreshold = Readable<z.output<typeof replicaProgressThreshold>>;
export type RolloutStrategy = Readable<z.output<typeof rolloutStrategy>>;
