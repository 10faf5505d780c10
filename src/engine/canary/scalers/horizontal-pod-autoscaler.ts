/** HorizontalPodAutoscalers: they rest by themselves while their target has no pods. */
import type { KubeObject } from '#api/kubernetes.ts';
import type { ScalerKind } from './scaler-kind.ts';

const followed = ['minReplicas', 'maxReplicas', 'metrics', 'behavior'] as const;

export const horizontalPodAutoscaler: ScalerKind = {
  kind: 'HorizontalPodAutoscaler',
  apiVersion: 'autoscaling/v2',
  plural: 'horizontalpodautoscalers.autoscaling',
  minimumField: 'minReplicas',
  followed,
  primarySpec({ canary, names }, target) {
    const spec = specOf(target);
    const { minReplicas, maxReplicas } = canary.spec.autoscalerRef?.primaryScalerReplicas ?? {};
    return {
      ...Object.fromEntries(followed.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]]))),
      ...(minReplicas === undefined ? {} : { minReplicas }),
      ...(maxReplicas === undefined ? {} : { maxReplicas }),
      scaleTargetRef: { ...spec.scaleTargetRef, name: names.primary },
    };
  },
  annotations: () => ({}),
  pause: [],
  resume: [],
};

type Spec = Readonly<Record<string, unknown>> & { readonly scaleTargetRef?: object };

function specOf(scaler: KubeObject): Spec {
  return (scaler['spec'] ?? {}) as Spec; // of a HorizontalPodAutoscaler of autoscaling/v2
}
