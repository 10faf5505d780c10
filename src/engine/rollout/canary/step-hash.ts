/** The hash of the steps of a canary: when it changes, an update starts again at its first step. */
import type { CanaryStep } from '#api/rollout.ts';
import { fnv1a, safeDigits } from '#engine/safe-hash.ts';
import { goJson, structsOf, type StructWords } from '../pod-template/go-json.ts';

/** The fields of steps in the order in which Argo Rollouts declares them; `go-json.ts` says how to read the words. */
const stepFieldOrder: StructWords = {
  CanaryStep: `
    setWeight* pause:RolloutPause experiment:Experiment analysis:Analysis setCanaryScale:SetCanaryScale
    setHeaderRoute:SetHeaderRoute setMirrorRoute:SetMirrorRoute plugin:Plugin`,
  RolloutPause: 'duration*',
  SetCanaryScale: 'weight* replicas* matchTrafficWeight',
  SetHeaderRoute: 'name match:HeaderMatch[]',
  HeaderMatch: 'headerName="" headerValue:StringMatch=null',
  SetMirrorRoute: 'name="" match:RouteMatch[] percentage*',
  RouteMatch: 'method:StringMatch path:StringMatch headers:StringMatch{}',
  StringMatch: 'exact prefix regex',
  Plugin: 'name="" config:Raw',
  Analysis: `
    templates:TemplateRef[] args:Argument[] dryRun:DryRun[] measurementRetention:MeasurementRetention[]
    analysisRunMetadata:Metadata`,
  TemplateRef: 'templateName="" clusterScope*',
  Argument: 'name="" value valueFrom:ArgumentSource',
  ArgumentSource: 'podTemplateHashValue* fieldRef:FieldRef',
  FieldRef: 'fieldPath=""',
  DryRun: 'metricName=""',
  MeasurementRetention: 'metricName="" limit=0',
  Metadata: 'labels{} annotations{}',
  Experiment: `
    templates:ExperimentTemplate[]=null duration analyses:ExperimentAnalysis[] dryRun:DryRun[]
    analysisRunMetadata:Metadata= scaleDownDelaySeconds*`,
  ExperimentTemplate: `
    name="" specRef="" replicas* metadata:Metadata= selector:LabelSelector weight* service:TemplateService`,
  TemplateService: 'name',
  LabelSelector: 'matchLabels{} matchExpressions:LabelSelectorRequirement[]',
  LabelSelectorRequirement: 'key="" operator="" values[]',
  ExperimentAnalysis: 'name="" templateName="" clusterScope* args:Argument[] requiredForCompletion',
};

const structs = structsOf(stepFieldOrder);

/** Absent and empty are two different things. */
export function stepHash(steps: readonly CanaryStep[] | undefined): string {
  const text = steps === undefined ? 'null' : `[${steps.map((step) => goJson(structs, 'CanaryStep', step)).join(',')}]`;
  return safeDigits(fnv1a(text));
}
