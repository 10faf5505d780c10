/** The kinds of scalers that the engine keeps for the primary. */
import type { Canary } from '#api/canary.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { scaledObject } from './scaled-object.ts';
import type { ScalerKind } from './scaler-kind.ts';

export const scalerKinds = {
  HorizontalPodAutoscaler: horizontalPodAutoscaler,
  ScaledObject: scaledObject,
} satisfies Record<string, ScalerKind>;

/** `undefined` without a scaler. */
export function scalerKindOf({ spec }: Canary): ScalerKind | undefined {
  return spec.autoscalerRef === undefined ? undefined : scalerKinds[spec.autoscalerRef.kind];
}
