/** The interface that every kind of scaler implements: how the primary's is made from the target's, and how the target's is paused. One file a kind. */
import type { FieldChange } from '#api/field-change.ts';
import type { KubeObject } from '#api/kubernetes.ts';
import type { WrittenKind } from '../effects.ts';
import type { Pass } from '../snapshot.ts';

export interface ScalerKind {
  readonly kind: WrittenKind;
  readonly apiVersion: string;
  /** As errors of the API server name the kind. */
  readonly plural: string;
  /** Field of the spec with the least pods; absent or below 2 it is 1. */
  readonly minimumField: string;
  /** What the primary's spec should be by the target's. */
  primarySpec(pass: Pass, target: KubeObject): Readonly<Record<string, unknown>>;
  /** Fields of the spec that follow the target's with each promotion. */
  readonly followed: readonly string[];
  /** Annotations that the primary's gets when it is made. */
  annotations(target: KubeObject): Readonly<Record<string, string>>;
  /** Keeps the scaler from starting pods of a parked target; none where Kubernetes does by itself. */
  readonly pause: readonly FieldChange[];
  readonly resume: readonly FieldChange[];
}
