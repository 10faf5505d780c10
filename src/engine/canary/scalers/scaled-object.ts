/** ScaledObjects of KEDA: they start pods of a parked target again, and are paused until it is needed. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { Pass } from '../snapshot.ts';
import { withoutFluxKeys } from '../labels.ts';
import type { ScalerKind } from './scaler-kind.ts';

const followed = [
  'pollingInterval',
  'cooldownPeriod',
  'idleReplicaCount',
  'minReplicaCount',
  'maxReplicaCount',
  'advanced',
  'triggers',
  'fallback',
] as const;

const pauseKey = 'autoscaling.keda.sh/paused-replicas';
const pausePath = ['metadata', 'annotations', pauseKey];

export const scaledObject: ScalerKind = {
  kind: 'ScaledObject',
  apiVersion: 'keda.sh/v1alpha1',
  plural: 'scaledobjects.keda.sh',
  minimumField: 'minReplicaCount',
  followed,
  primarySpec(pass, target) {
    const spec = specOf(target);
    const { minReplicas, maxReplicas } = pass.canary.spec.autoscalerRef?.primaryScalerReplicas ?? {};
    return {
      ...Object.fromEntries(followed.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]]))),
      ...(minReplicas === undefined ? {} : { minReplicaCount: minReplicas }),
      ...(maxReplicas === undefined ? {} : { maxReplicaCount: maxReplicas }),
      advanced: primaryAdvanced(spec.advanced),
      triggers: (spec.triggers ?? []).map((trigger) => primaryTrigger(pass, trigger)),
      scaleTargetRef: { ...spec.scaleTargetRef, name: pass.names.primary },
    };
  },
  // The primary's must not be born paused.
  annotations({ metadata: { annotations } }) {
    const { [pauseKey]: _paused, ...others } = withoutFluxKeys(annotations);
    return others;
  },
  pause: [{ path: pausePath, value: '0' }],
  resume: [{ path: pausePath, value: undefined }],
};

interface Trigger {
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

interface Spec extends Readonly<Record<string, unknown>> {
  readonly advanced?: Readonly<Record<string, unknown>> & {
    readonly horizontalPodAutoscalerConfig?: { readonly name?: string };
  };
  readonly triggers?: readonly Trigger[];
  readonly scaleTargetRef?: object;
}

/** Two autoscalers of one name would be one. */
function primaryAdvanced(advanced: Spec['advanced'] = {}): object {
  const { horizontalPodAutoscalerConfig: config = {} } = advanced;
  const named = config.name === undefined ? {} : { name: `${config.name}-primary` };
  return { ...advanced, horizontalPodAutoscalerConfig: { ...config, ...named } };
}

/** The query that the Canary's user gives for the trigger, else the target's with the primary's name in it. */
function primaryTrigger({ canary, names }: Pass, trigger: Trigger): Trigger {
  const queries = canary.spec.autoscalerRef?.primaryScalerQueries;
  const { metadata = {} } = trigger;
  if (queries !== undefined) {
    const query = trigger.name === undefined ? undefined : queries[trigger.name];
    return query === undefined ? trigger : { ...trigger, metadata: { ...metadata, query } };
  }
  const { query } = metadata;
  if (query === undefined) return trigger;
  // In one go: what has become the primary's name must not be replaced again.
  const renamed = query.replaceAll(
    new RegExp(`${escaped(names.target)}-canary|${escaped(names.target)}`, 'g'),
    () => names.primary,
  );
  return { ...trigger, metadata: { ...metadata, query: renamed } };
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

function specOf(scaler: KubeObject): Spec {
  return (scaler['spec'] ?? {}) as Spec; // of a ScaledObject of keda.sh/v1alpha1
}
