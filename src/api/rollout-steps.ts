/** `spec.strategy.canary.steps` of a Rollout: what is done one after the other until the new version has everything. */
import * as z from 'zod';
import { labelSelector } from './label-selector.ts';
import { analysisArgument, dryRun, ephemeralMetadata, rolloutAnalysis } from './rollout-analysis.ts';
import { anyObject, int32, intOrText, text, type Readable } from './schema.ts';

const stringMatch = z
  .object({ exact: text.exactOptional(), prefix: text.exactOptional(), regex: text.exactOptional() })
  .describe('Exactly one of them.');

const setHeaderRoute = z.object({
  name: text.exactOptional().describe('Name of one of the managed routes.'),
  match: z
    .array(z.object({ headerName: text, headerValue: stringMatch }))
    .exactOptional()
    .describe('Requests that go to the canary; without it the route is removed.'),
});

const mirrorMatch = z.object({
  method: stringMatch.exactOptional(),
  path: stringMatch.exactOptional(),
  headers: z.record(z.string(), stringMatch).exactOptional(),
});

const setMirrorRoute = z.object({
  name: text.describe('Name of one of the managed routes.'),
  match: z
    .array(mirrorMatch)
    .exactOptional()
    .describe('Requests that are sent to the canary as well; without it the route is removed.'),
  percentage: int32.exactOptional().describe('How many of them; default 100.'),
});

const setCanaryScale = z.object({
  replicas: int32.exactOptional().describe('Number of pods.'),
  weight: int32.exactOptional().describe('Percentage of the replicas.'),
  matchTrafficWeight: z.boolean().exactOptional().describe('As many pods as the weight asks for.'),
});

const experimentTemplateStep = z.object({
  name: text,
  specRef: text.describe('`stable` or `canary`: whose pods it runs.'),
  replicas: int32.exactOptional().describe('Default 1.'),
  metadata: ephemeralMetadata.exactOptional().describe('Labels and annotations of its pods.'),
  selector: labelSelector.exactOptional(),
  weight: int32.exactOptional().describe('Percentage of the traffic that it gets.'),
  service: z.object({ name: text.exactOptional() }).exactOptional().describe('Makes a Service for its pods.'),
});

const experimentAnalysis = z.object({
  name: text,
  templateName: text,
  clusterScope: z.boolean().exactOptional(),
  args: z.array(analysisArgument).exactOptional(),
  requiredForCompletion: z.boolean().exactOptional().describe('The experiment ends when this analysis has.'),
});

const experimentStep = z.object({
  templates: z.array(experimentTemplateStep),
  duration: text.exactOptional().describe('How long its pods run, such as `10m`; default: until its analyses end.'),
  analyses: z.array(experimentAnalysis).exactOptional(),
  dryRun: z.array(dryRun).exactOptional(),
  analysisRunMetadata: ephemeralMetadata.exactOptional(),
  scaleDownDelaySeconds: int32.exactOptional(),
});

export const canaryStep = z
  .object({
    setWeight: int32.exactOptional().describe('Percentage of the traffic for the new version.'),
    pause: z
      .object({ duration: intOrText.exactOptional().describe('Seconds, or a text such as `5m`.') })
      .exactOptional()
      .describe('Waits for the duration, or until a user goes on.'),
    setCanaryScale: setCanaryScale.exactOptional().describe('Pods of the new version, apart from its traffic.'),
    setHeaderRoute: setHeaderRoute.exactOptional().describe('Requests with a header go to the new version.'),
    setMirrorRoute: setMirrorRoute.exactOptional().describe('Requests are sent to the new version as well.'),
    analysis: rolloutAnalysis.exactOptional().describe('Waits for the verdict of an AnalysisRun.'),
    experiment: experimentStep.exactOptional().describe('Waits for the end of an Experiment.'),
    plugin: z
      .object({ name: text, config: anyObject.exactOptional() })
      .exactOptional()
      .describe('A step that a plugin does.'),
  })
  .describe('One of them.');

export type StringMatch = Readable<z.output<typeof stringMatch>>;
export type SetHeaderRoute = Readable<z.output<typeof setHeaderRoute>>;
export type SetMirrorRoute = Readable<z.output<typeof setMirrorRoute>>;
export type SetCanaryScale = Readable<z.output<typeof setCanaryScale>>;
export type ExperimentStep = Readable<z.output<typeof experimentStep>>;
export type ExperimentTemplateStep = Readable<z.output<typeof experimentTemplateStep>>;
export type CanaryStep = Readable<z.output<typeof canaryStep>>;
